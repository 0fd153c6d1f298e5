"""The local Worker: its contract, and what is its own."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from tests.worker_contract import WorkerContract, rows, run, trial_of

from sweep import resident
from sweep.evaluate.exam import Exam
from sweep.train.engine import NoRoom
from sweep.train.packed import Packed
from sweep.trial import Done, Failed, Trial
from sweep.worker import Worker


class TestPacked(WorkerContract):
    @pytest.fixture
    def worker(self) -> Any:
        return Worker()


class TestOneAtATime(WorkerContract):
    overrides = ("executor.slots=1",)

    @pytest.fixture
    def worker(self) -> Any:
        return Worker()


class TestReference(WorkerContract):
    overrides = ("training.engine=reference",)

    @pytest.fixture
    def worker(self) -> Any:
        return Worker()


def together(worker: Worker, *trials: Any) -> list[Any]:
    """All events of trials that run side by side."""
    for trial in trials:
        worker.start(trial)
    events: list[Any] = []
    while sum(isinstance(event, Done | Failed) for event in events) < len(trials):
        events += worker.advance()
    return events


def test_trials_side_by_side_give_what_each_gives_alone(tmp_path: Path) -> None:
    """Different targets, ranks, epochs and questions; one that fails in between."""
    kinds = (
        ("lora.targets=attention",),
        ("lora.rank=4", "training.epochs=3"),
        ("training.batch_size=2", "evaluation.questions=1"),
    )
    bad = trial_of(
        tmp_path / "pack", "training.learning_rate=1e30", "training.max_grad_norm=0", "training.warmup_ratio=0", number=3
    )
    worker = Worker()
    pack = [trial_of(tmp_path / "pack", "executor.slots=4", *one, number=at) for at, one in enumerate(kinds)]
    events = together(worker, *pack, bad)
    assert worker.loads == 1
    assert [event.trial.number for event in events if isinstance(event, Failed)] == [3]
    for at, one in enumerate(kinds):
        alone = trial_of(tmp_path / "alone", "executor.slots=1", *one, number=at)
        run(Worker(), alone)
        assert rows(pack[at].folder / "predictions.jsonl") == rows(alone.folder / "predictions.jsonl")
        losses = [
            [row["train/loss"] for row in rows(t.folder / "metrics.jsonl") if "train/loss" in row] for t in (pack[at], alone)
        ]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_a_trial_that_wants_another_base_waits_for_the_others(tmp_path: Path) -> None:
    worker = Worker()
    first, other = trial_of(tmp_path), trial_of(tmp_path, "quantization=nf4", number=1)
    worker.start(first)
    assert worker.free > 1
    worker.start(other)
    assert worker.free == 0, "nobody may overtake the trial that waits"
    assert [(one.name, one.doing) for one in worker.snapshot().slots] == [("0000", "training"), ("0001", "waiting")]
    events: list[Any] = []
    while sum(isinstance(event, Done) for event in events) < 2:
        events += worker.advance()
    assert [event.trial.number for event in events if isinstance(event, Done)] == [0, 1]
    assert worker.loads == 2


def test_a_trial_that_waits_can_be_stopped(tmp_path: Path) -> None:
    worker = Worker()
    worker.start(trial_of(tmp_path))
    waiting = trial_of(tmp_path, "quantization=nf4", number=1)
    worker.start(waiting)
    worker.stop(waiting)
    assert worker.free > 0
    assert [one.name for one in worker.snapshot().slots] == ["0000"]
    assert not (waiting.folder / "result.json").exists()


def test_a_trial_that_finds_no_room_waits_until_somebody_has_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again when there is new room, not at every epoch, and a person is told why it waits."""
    start, tried, said = Packed.start, list[str](), list[str]()

    def full(self: Packed, key: str, *rest: Any) -> None:
        tried.append(key)
        if self._slots:
            raise NoRoom("the GPU has no memory for another trial")
        start(self, key, *rest)

    monkeypatch.setattr(Packed, "start", full)
    worker = Worker(say=said.append)
    events = together(worker, *(trial_of(tmp_path, "executor.slots=2", "training.epochs=3", number=at) for at in (0, 1)))
    assert [event.trial.number for event in events if isinstance(event, Done)] == [0, 1]
    assert tried == ["0000", "0001", "0001"]
    assert said == ["trial 0001 waits: the GPU has no memory for another trial"]


def test_trials_that_cannot_be_asked_together_are_asked_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adapted, said = Packed.adapted, list[str]()

    def alone(self: Packed, *keys: str) -> Any:
        if len(keys) > 1:
            raise ValueError("not together")
        return adapted(self, *keys)

    monkeypatch.setattr(Packed, "adapted", alone)
    trials = [trial_of(tmp_path, "executor.slots=2", number=at) for at in (0, 1)]
    events = together(Worker(say=said.append), *trials)
    assert sum(isinstance(event, Done) for event in events) == 2
    assert said[0] == "2 trials could not be asked together (ValueError: not together); each is asked by itself"


def test_what_keeps_right_answers_from_being_read_is_the_failure_of_that_trial_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Exam.likelihood

    def unreadable(self: Exam, sitting: Any, model: Any) -> Any:
        if any(trial.number == 1 for trial, _ in sitting):
            raise ValueError("no answer can be read")
        return real(self, sitting, model)

    monkeypatch.setattr(Exam, "likelihood", unreadable)
    signals = ("log_likelihood", "log_likelihood", "objective")
    pack = [trial_of(tmp_path, "executor.slots=3", f"search.signal={one}", number=at) for at, one in enumerate(signals)]
    ends = {event.trial.number: event for event in together(Worker(), *pack) if isinstance(event, Done | Failed)}
    assert {number: type(event) for number, event in ends.items()} == {0: Done, 1: Failed, 2: Done}
    assert "no answer can be read" in (ends[1].outcome.error or "")


def test_slots_are_those_asked_for(tmp_path: Path) -> None:
    worker = Worker()
    worker.start(trial_of(tmp_path, "executor.slots=3"))
    assert worker.free == 2


def test_auto_slots_heed_the_limit_of_the_search(tmp_path: Path) -> None:
    worker = Worker(most=2)
    worker.start(trial_of(tmp_path))
    assert worker.free == 1


def assert_resumed_is(parted: Trial, whole: Trial, kept: tuple[float, int] | None = None) -> None:
    """Another Worker takes the parted trial from its checkpoint to its end, and leaves what the whole one left. `kept`: of the
    adapter that the first Worker had set aside."""
    assert list(parted.checkpoints.iterdir()), "no checkpoint to go on from"
    worker = Worker()
    worker.start(parted, resume=parted.checkpoints)
    assert worker._running[parted.name].kept == kept
    while not any(isinstance(event, Done) for event in worker.advance()):
        pass
    for name in ("predictions.jsonl", "metrics.jsonl"):
        assert rows(parted.folder / name) == rows(whole.folder / name)


def test_a_resumed_trial_ends_as_one_that_was_never_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "Packed", functools.partial(Packed, checkpoint_seconds=0))
    whole = trial_of(tmp_path / "whole", "lora.dropout=0.1", "training.epochs=3")
    run(Worker(), whole)

    parted = trial_of(tmp_path / "parted", "lora.dropout=0.1", "training.epochs=3")
    first = Worker()
    first.start(parted)
    first.advance()  # then the process ends: nothing tells the Worker
    assert_resumed_is(parted, whole)


@pytest.mark.parametrize(
    ("measured", "word"),
    [(0, "lora.dropout=0.1"), (1, "training.keep=best_loss"), (2, "training.keep=best_dev"), (2, "training.engine=reference")],
)
def test_a_trial_killed_while_an_epoch_was_measured_is_measured_there(
    measured: int, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checkpoint is of an epoch of which nothing is recorded; behind the last one there is nothing left to train."""
    monkeypatch.setattr(resident, "Packed", functools.partial(Packed, checkpoint_seconds=0))
    words = (word, "training.epochs=3")
    whole, parted = trial_of(tmp_path / "whole", *words), trial_of(tmp_path / "parted", *words)
    run(Worker(), whole)
    first = Worker()
    first.start(parted)
    for _ in range(measured):
        first.advance()
    first._engine.advance()  # trained and written down; then the process ends
    kept = first._running[parted.name].kept
    assert_resumed_is(parted, whole, kept)


def test_what_a_killed_process_spent_on_a_trial_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "Packed", functools.partial(Packed, checkpoint_seconds=0))
    trial = trial_of(tmp_path, "training.epochs=2")
    first = Worker()
    first.start(trial)
    first.advance()
    spent = first._running[trial.name].seconds
    file = trial.folder / "spent.json"
    assert json.loads(file.read_text())[0] == spent
    file.write_text("[1000.0, 2000.0]")
    worker = Worker()
    worker.start(trial, resume=trial.checkpoints)
    while not isinstance(done := worker.advance()[-1], Done):
        pass
    assert 1000 < done.outcome.train["seconds"] < 2000 < done.outcome.train["wall_seconds"] < 3000
    assert not file.exists()


def test_a_checkpoint_that_nobody_can_use_is_told_of(tmp_path: Path) -> None:
    heard = list[str]()
    trial = trial_of(tmp_path, "training.engine=reference", "training.epochs=1")
    (trial.checkpoints / "checkpoint-1").mkdir(parents=True)  # torn: without the state that is written last
    worker = Worker(heard.append)
    worker.start(trial, resume=trial.checkpoints)
    assert isinstance(worker.advance()[-1], Done)
    assert [line for line in heard if line.startswith(f"trial {trial.name} begins anew: ")]


def test_a_trial_killed_behind_its_checkpoint_writes_no_epoch_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints are written seldom: epochs behind the last one are trained again."""
    monkeypatch.setattr(resident, "Packed", functools.partial(Packed, checkpoint_seconds=0))
    words = ("training.epochs=4", "training.keep=best_loss")
    whole, parted = trial_of(tmp_path / "whole", *words), trial_of(tmp_path / "parted", *words)
    run(Worker(), whole)
    first = Worker()
    first.start(parted)
    first.advance()
    monkeypatch.setattr(resident, "Packed", functools.partial(Packed, checkpoint_seconds=1e9))
    first._engine._checkpoint_seconds = 1e9  # type: ignore[attr-defined]
    first.advance()
    first.advance()  # three epochs are recorded, the checkpoint is of the first; then the process ends
    kept = first._running[parted.name].kept
    assert kept is not None
    assert_resumed_is(parted, whole, kept)


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


def test_trials_with_the_same_rows_share_them_and_others_do_not(tmp_path: Path) -> None:
    worker = Worker()
    for number, change in enumerate(("lora.rank=4", "lora.rank=8", "seed=1", "data.kinds=[direct]")):
        worker.start(trial_of(tmp_path, change, number=number))
    first, same, other_seed, others = (worker._running[f"{number:04d}"].plan.rows for number in range(4))
    assert same is first
    assert other_seed is not first
    assert len(others) != len(first)
