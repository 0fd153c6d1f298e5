"""The table at the end, from a study folder written here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sweep.report import table


def level(accuracy: float, n: int = 30) -> dict[str, Any]:
    return {"n": n, "accuracy": accuracy, "stderr": 0.1, "strict": accuracy / 2}


def put(root: Path, place: str, number: int | None, params: dict[str, Any], accuracy: float, **more: Any) -> None:
    seedless = {key: value for key, value in params.items() if key != "seed"}
    body = {
        "trial_key": json.dumps(params), "config_key": json.dumps(seedless), "number": number, "state": "COMPLETE",
        "objective": accuracy / 2, "params": params, "levels": {"L1": level(accuracy), "L2": level(accuracy / 2)},
        "test_levels": {}, "train": {"wall_seconds": 60.0}, **more,
    }  # fmt: skip
    (root / place).mkdir(parents=True)
    (root / place / ("result.json" if number is not None else "arm.json")).write_text(json.dumps(body))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "study.json").write_text(json.dumps({"tune": []}))
    put(tmp_path, "arms/base", None, {}, 0.1)
    return tmp_path


def test_trials_that_were_stopped_early_are_named_and_have_no_row(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"lora.rank": 4}, 0.8)
    put(root, "0001", 1, {"lora.rank": 8}, 0.2, state="PRUNED")
    table.show(root, fair=None, seconds=1)
    said = capsys.readouterr().out
    assert "Stopped early, and so without a row: 0001" in said
    assert "rank=8" not in said


def test_the_base_comes_first_and_every_cell_has_its_error_and_n(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"lora.targets": "mlp"}, 0.8)
    table.show(root, fair=("python -m sweep +experiment=x_tuned -m", 27), seconds=61)
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert "dev questions" in lines[0]
    assert "n=30" in said
    base, mlp = (next(at for at, line in enumerate(lines) if line.strip().startswith(name)) for name in ("base", "mlp"))
    assert base < mlp
    assert "0.80 ±.10" in lines[mlp]
    assert "Descriptive" in said
    assert "python -m sweep +experiment=x_tuned -m" in said
    assert "27 trials, about 27 min 00 s" in said
    assert str(root) in said.replace("\n", "")
    written = (root / "table.md").read_text().splitlines()
    assert written[2].startswith("| arm | L1 n=30 | L2 n=30 |")
    assert written[5].startswith("| mlp | 0.80 ±.10 |")


def test_test_is_shown_only_where_every_trial_read_it(root: Path) -> None:
    put(root, "0000", 0, {"a": 1}, 0.8, test_levels={"L1": level(0.7, 60)})
    assert table.read(root).split == "test"
    put(root, "0001", 1, {"a": 2}, 0.8)
    assert table.read(root).split == "dev"


def test_seeds_of_one_configuration_are_one_row(root: Path) -> None:
    for seed, accuracy in enumerate((0.4, 0.6, 0.8)):
        put(root, f"000{seed}", seed, {"a": 1, "seed": seed}, accuracy)
    row = table.read(root).rows[-1]
    assert (row.name, row.seeds) == ("a=1", 3)
    assert row.levels["L1"]["accuracy"] == pytest.approx(0.6)
    assert row.levels["L1"]["seed_sd"] == pytest.approx(0.2)


def test_a_tuned_axis_is_shown_at_its_best_value_on_dev(root: Path) -> None:
    (root / "study.json").write_text(json.dumps({"tune": ["training.learning_rate"]}))
    values = {("mlp", 1e-3): 0.5, ("mlp", 2e-3): 0.9, ("all", 1e-3): 0.7, ("all", 2e-3): 0.3}
    for number, ((targets, rate), accuracy) in enumerate(values.items()):
        put(root, f"000{number}", number, {"lora.targets": targets, "training.learning_rate": rate}, accuracy)
    rows = {row.name: row for row in table.read(root).rows[1:]}
    assert {name: row.chosen for name, row in rows.items()} == {
        "mlp": " @ learning_rate=0.002",
        "all": " @ learning_rate=0.001",
    }


def test_a_mean_over_survivors_does_not_win_against_a_whole_one(root: Path) -> None:
    (root / "study.json").write_text(json.dumps({"tune": ["lr"]}))
    for number, (rate, seed, accuracy) in enumerate([(1, 0, 0.5), (1, 1, 0.5), (9, 0, 0.9)]):
        put(root, f"000{number}", number, {"lora.targets": "mlp", "lr": rate, "seed": seed}, accuracy)
    (row,) = table.read(root).rows[1:]
    assert (row.chosen, row.seeds) == (" @ lr=1", 2)


def test_a_list_of_targets_is_shown_whole(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"lora.targets": "[q_proj,v_proj]"}, 0.8)
    table.show(root, fair=None, seconds=1)
    assert "[q_proj,v_proj]" in capsys.readouterr().out


def test_failed_trials_are_counted_and_not_averaged(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"a": 1}, 0.8)
    put(root, "0001", 1, {"a": 2}, 0.0, state="FAILED", levels={}, objective=None)
    table.show(root, fair=None, seconds=1)
    said = capsys.readouterr().out
    assert "Failed, with the traceback in its folder: 0001" in said
    assert "a=2" not in said
