"""`bench/packed.py` end to end on the tiny model: every part measures something, and the page tells it. No time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench import settings
from bench.settings import Measurement, Run
from bench.timing import Clock, Enough

ROOT = Path(__file__).resolve().parents[1]
SMALL = (
    "--model=tiny", "--parts=trl,solo,packed,answers,sweep", "--rows=equal,mixed", "--slots=2", "--steps=1", "--warmup=1",
    "--repeats=1", "--questions=1", "--asked=1", "--tokens=2", "--trials=2", "--sweep-args", "training.epochs=2", "data.facts=2",
    "data.kinds=[direct]", "evaluation.levels=[1]", "search.objective=L1", "evaluation.max_new_tokens=2", "evaluation.arms=[]",
)  # fmt: skip


def bench(*words: str) -> str:
    """Run the script; what it printed."""
    command = [sys.executable, str(ROOT / "bench/packed.py"), *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def module(name: str, *words: str) -> str:
    """Run a script that is a module; what it printed."""
    command = [sys.executable, "-m", f"bench.{name}", *words]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of one small run."""
    file = tmp_path_factory.mktemp("bench") / "tiny.json"
    bench("--out", str(file), *SMALL)
    return file


def test_every_part_is_measured(measured: Path) -> None:
    run = settings.read(measured)
    assert {(one.what, one.rows, one.k) for one in run.measurements} == {
        ("trl_load", "", 1), ("trl_step", "equal", 1), ("trl_start", "equal", 1), ("solo", "equal", 1), ("packed", "equal", 2),
        ("trl_step", "mixed", 1), ("trl_start", "mixed", 1), ("packed", "mixed", 2), ("answers_one", "", 1), ("answers", "", 1),
        ("answers", "", 2), ("sweep", "", 2),
    }  # fmt: skip
    assert all(one.fits for one in run.measurements)
    assert run.about["commit"]
    assert run.about["packages"]["trl"]
    assert run.about["product_rate"] > 0


def test_tokens_and_steps_are_counted_by_what_was_trained(measured: Path) -> None:
    run = settings.read(measured)
    packed, solo, sweep = run.find("packed", "equal"), run.find("solo", "equal"), run.find("sweep")
    assert packed is not None
    assert solo is not None
    assert sweep is not None
    assert (packed.trial_steps, packed.tokens) == (2, [2 * 2 * 24])  # 2 trials of 2 rows of 24 tokens
    assert (solo.trial_steps, solo.tokens) == (1, [2 * 24])
    assert sweep.more["complete"] == 2
    assert sweep.trial_steps == 2 * sweep.more["steps_a_trial"]
    # a trial is asked its dev questions at its end, and up to six a level at the one epoch's end before
    assert sweep.answers > 2


def test_the_page_tells_every_figure_and_its_origin(measured: Path, tmp_path: Path) -> None:
    page = tmp_path / "deep" / "page.md"
    bench("--page", str(page), str(measured))
    text = page.read_text(encoding="utf-8")
    about: dict[str, Any] = json.loads(measured.read_text())["about"]
    for told in (about["commit"], about["device"], "TRL, load included", "ours, packed", "generate", "A sweep", "scaled:"):
        assert told in text, told
    assert "L4" not in text, "an estimate for a GPU on a CPU's page"


def test_a_pack_that_did_not_fit_is_told_and_not_timed(tmp_path: Path, measured: Path) -> None:
    run = settings.read(measured)
    run.measurements.append(Measurement("packed", "equal", 64, notes=["OutOfMemoryError: no room"]))
    run.write(tmp_path / "full.json")
    bench("--page", str(tmp_path / "page.md"), str(tmp_path / "full.json"))
    assert "| ours, packed | 64 | OutOfMemoryError: no room |" in (tmp_path / "page.md").read_text()


def test_an_l4_is_estimated_from_a_capped_h100_and_marked(tmp_path: Path, measured: Path) -> None:
    run: Run = settings.read(measured)
    run.about |= {"cuda": True, "device": "NVIDIA H100 80GB HBM3"}
    run.about["settings"]["cap_gb"] = 24.0
    run.write(tmp_path / "capped.json")
    bench("--page", str(tmp_path / "page.md"), str(tmp_path / "capped.json"))
    text = (tmp_path / "page.md").read_text()
    assert "What an L4 would get: an estimate, not measured" in text
    assert "within 24 GB" in text


def test_the_clock_hears_rounds_of_all_trials() -> None:
    clock = Clock(trials=2, rounds=3, cuda=False)
    for step, key in ((1, "a"), (1, "b"), (2, "b"), (2, "a"), (3, "a")):
        clock(key, step, 9, 1.0)
    with pytest.raises(Enough):
        clock("b", 3, 9, 1.0)
    assert len(clock.at) == 3
    assert clock.windows(warmup=1, steps=1, repeats=2) == [clock.at[1] - clock.at[0], clock.at[2] - clock.at[1]]


def test_a_misspelt_part_is_refused() -> None:
    ended = subprocess.run(
        [sys.executable, str(ROOT / "bench/packed.py"), "--parts", "trll"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "got trll, expected some of trl,solo" in ended.stderr


def test_the_kinds_of_kernels_share_a_step_among_them() -> None:
    said = module("kernels", "--model=tiny", "--trials=2", "--warmup=1", "--steps=1").splitlines()
    at = next(number for number, line in enumerate(said) if line.endswith("of the device a step of 2 trials"))
    spent = {line[:20].strip(): float(line[20:].split()[0]) for line in said[at + 1 :]}
    assert spent["products"] > 0
    assert sum(spent.values()) == pytest.approx(float(said[at].split()[0]), abs=0.1 * len(spent))


def test_every_round_of_a_long_training_is_timed() -> None:
    (line,) = (line for line in module("compiling", "--model=tiny", "--trials=2", "--rounds=3").splitlines() if "round" in line)
    assert len(line.removeprefix("seconds a round: ").split()) == 3


def test_the_overhead_of_a_trial_is_told_by_whose_it_is(tmp_path: Path) -> None:
    page = tmp_path / "overhead.md"
    module("overhead", "--trials=3", f"--page={page}")
    row = next(line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| 1 to 3 |"))
    in_optuna, in_mlflow, ours, together = (float(cell) for cell in row.strip("| ").split(" | ")[1:])
    assert min(in_optuna, in_mlflow, ours) > 0
    assert max(in_optuna, in_mlflow, ours) < together


def test_the_time_of_a_report_is_told(tmp_path: Path) -> None:
    page = tmp_path / "report_time.md"
    module("report_time", "--trials=4", "--repeats=2", f"--page={page}")
    text = page.read_text()
    assert "4 trials and the untouched base, 156 questions each" in text
    assert "with 780 answers" in text
    for name in ("whole command", "processors"):
        (line,) = (line for line in text.splitlines() if line.startswith(f"| {name} |"))
        median, fastest, slowest = (float(cell) for cell in line.split("|")[2:5])
        assert 0 < fastest <= median <= slowest
