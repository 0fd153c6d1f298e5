"""The README's commands run as they stand there (smaller), and what it says exists."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALL = (
    "model=tiny",
    "training.epochs=1",
    "data.kinds=[multi]",
    "evaluation.questions=1",
    "evaluation.max_new_tokens=4",
    "evaluation.arms=[]",
)


def commands() -> list[list[str]]:
    """Every `python -m sweep` line of the README, as words."""
    lines = re.findall(r"^    (python -m sweep(?: .*)?)$", README, re.MULTILINE)
    return [shlex.split(line, comments=True)[3:] for line in lines]


def test_the_readme_has_the_commands_this_file_is_about() -> None:
    assert len(commands()) >= 4
    assert "+experiment=layer_ablation -m" in (ROOT / "Makefile").read_text()


@pytest.mark.system
@pytest.mark.parametrize("words", [words for words in commands() if "--help" not in words], ids=" ".join)
def test_a_command_runs(words: list[str], tmp_path: Path) -> None:
    trials = ["search.n_trials=2"] if any("search.n_trials" in word for word in words) else []
    kept = [word for word in words if not word.startswith(("search.n_trials", "training.epochs"))]
    ended = subprocess.run(
        [sys.executable, "-m", "sweep", *kept, *SMALL, *trials], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    if "search.dry_run=true" in words:
        assert not list(tmp_path.iterdir())
        return
    (study,) = (tmp_path / "multirun").iterdir()
    results = [json.loads(path.read_text()) for path in study.glob("[0-9]*/result.json")]
    assert results
    assert {result["state"] for result in results} == {"COMPLETE"}
    assert "\n    python -m sweep.status  " in README
    status = subprocess.run([sys.executable, "-m", "sweep.status"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "The study is finished." in status.stdout, status.stdout + status.stderr


def test_every_experiment_is_named_and_every_name_exists() -> None:
    shipped = {path.stem for path in (ROOT / "conf" / "experiment").glob("*.yaml")}
    named = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))
    assert named == shipped


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_table_is_the_committed_one() -> None:
    """The README shows what docs/results says, to the letter."""
    shown = re.search(r"<!-- result -->\n(.*)<!-- /result -->", README, re.DOTALL)
    assert shown is not None
    table = [line for line in shown[1].splitlines() if line.startswith("|")]
    assert len(table) >= 6, "no table in the README"
    page = (ROOT / "docs" / "results" / "layer_ablation.md").read_text(encoding="utf-8").splitlines()
    assert all(line in page for line in table)
