"""A sweep as a real process on the tiny model, and what a study must be when all is over. For tests that break it in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage

WORDS = (
    "model=tiny", "training.epochs=3", "data.kinds=[multi]", "evaluation.questions=1", "evaluation.rung_questions=1",
    "evaluation.max_new_tokens=4", "executor.slots=2", "lora.rank=2,4,8", "seed=0,1,2", "-m",
)  # fmt: skip
TRIALS = 9


def begin(folder: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    """A sweep of these words in a folder; `variables`: of its environment, beside ours."""
    command = [sys.executable, "-m", "sweep", *words]
    env = {**os.environ, **variables}
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)


def end(process: subprocess.Popen[str], seconds: float = 300) -> tuple[int, str]:
    """The exit code, and what was said since somebody last listened."""
    said, _ = process.communicate(timeout=seconds)
    return process.returncode, said


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read until a line has these words."""
    assert process.stdout is not None
    while words not in (line := process.stdout.readline()):
        assert line or process.poll() is None, f"the sweep ended before it said {words!r}"


def results(study: Path) -> list[dict[str, Any]]:
    """Of the trials that ended."""
    return [json.loads(path.read_text()) for path in sorted(study.glob("[0-9]*/result.json"))]


def tracked_runs(folder: Path, study: Path) -> list[Any]:
    """What MLflow has of a study."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{folder}/mlruns/mlflow.db")
    ids = [one.experiment_id for one in client.search_experiments()]
    return list(client.search_runs(ids, f"tags.`sweep.id` = '{study.name}'"))


def assert_whole(folder: Path, study: Path, storage: BaseStorage | None = None, trials: int = TRIALS) -> None:
    """Every number once and complete, no experiment twice; Optuna, the folders and MLflow agree, and no run is open."""
    found = results(study)
    assert [result["number"] for result in found] == list(range(trials))
    assert {result["state"] for result in found} == {"COMPLETE"}
    assert len({result["trial_key"] for result in found}) == trials
    kept = f"sqlite:///{study}/study.db" if storage is None else storage
    stored = optuna.load_study(study_name=study.name, storage=kept).get_trials()
    assert [trial.values for trial in stored] == [[result["objective"]] for result in found]
    for number in range(trials):
        rows = [json.loads(line) for line in (study / f"{number:04d}/metrics.jsonl").read_text().splitlines()]
        losses = [row["step"] for row in rows if "train/loss" in row]
        assert losses == list(range(1, len(losses) + 1)), f"steps of trial {number}: {losses}"
        assert not (study / f"{number:04d}/ckpt").exists()
    runs = tracked_runs(folder, study)
    assert Counter(run.data.tags["sweep.kind"] for run in runs) == {"study": 1, "arm": 1, "trial": trials}
    assert {run.info.status for run in runs} == {"FINISHED"}
    tracked = {run.info.run_name: run.data.metrics["objective"] for run in runs if run.data.tags["sweep.kind"] == "trial"}
    assert tracked == {f"{result['number']:04d}": result["objective"] for result in found}
