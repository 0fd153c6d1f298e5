"""The local Worker: its contract, and what is its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.worker_contract import WorkerContract, rows, run, trial_of

from sweep.trial import Done
from sweep.worker import Worker


class TestLocalWorker(WorkerContract):
    @pytest.fixture
    def worker(self) -> Any:
        return Worker()


def test_a_resumed_trial_ends_as_one_that_was_never_stopped(tmp_path: Path) -> None:
    whole = trial_of(tmp_path / "whole", "lora.dropout=0.1", "training.epochs=3")
    run(Worker(), whole)

    parted = trial_of(tmp_path / "parted", "lora.dropout=0.1", "training.epochs=3")
    first = Worker()
    first.start(parted)
    first.advance()  # then the process ends: nothing tells the Worker
    second = Worker()
    second.start(parted, resume=parted.folder / "ckpt")
    events: list[Any] = []
    while not events or not isinstance(events[-1], Done):
        events += second.advance()
    for name in ("predictions.jsonl", "metrics.jsonl"):
        assert rows(parted.folder / name) == rows(whole.folder / name)


def test_the_best_epoch_is_kept_when_asked_for(tmp_path: Path) -> None:
    """With a rate that falls to 0 late and rises early, the loss of a later epoch can be the worse one."""
    rate = ("training.learning_rate=0.03", "training.warmup_ratio=0")
    trial = trial_of(tmp_path, "training.keep=best_loss", "training.epochs=4", *rate)
    run(Worker(), trial)
    by_epoch: dict[int, list[float]] = {}
    for row in rows(trial.folder / "metrics.jsonl"):
        if "train/loss" in row:
            by_epoch.setdefault(row["epoch"], []).append(row["train/loss"])
    best = min(by_epoch, key=lambda epoch: sum(by_epoch[epoch]) / len(by_epoch[epoch]))
    assert json.loads((trial.folder / "result.json").read_text())["train"]["kept_epoch"] == best
    assert {row["epoch"] for row in rows(trial.folder / "predictions.jsonl")} == {best}


def test_test_is_read_where_an_experiment_asks_for_it(tmp_path: Path) -> None:
    trial = trial_of(tmp_path, "evaluation.splits=[dev,test]")
    run(Worker(), trial)
    result = json.loads((trial.folder / "result.json").read_text())
    assert set(result["test_levels"]) == set(result["levels"])
    assert {row["split"] for row in rows(trial.folder / "predictions.jsonl")} == {"dev", "test"}


@pytest.mark.parametrize("quantization", ["int8", "nf4"])
def test_quantised_bases_train_and_answer_on_the_cpu(quantization: str, tmp_path: Path) -> None:
    assert isinstance(run(Worker(), trial_of(tmp_path, f"quantization={quantization}"))[-1], Done)


def test_lm_head_trains_and_answers(tmp_path: Path) -> None:
    assert isinstance(run(Worker(), trial_of(tmp_path, "lora.lm_head=true"))[-1], Done)
