"""The Controller between a real study and Workers that compute instead of training."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from tests.composed import config

from sweep.config import Config
from sweep.controller import Controller
from sweep.search.space import Choice, Space
from sweep.search.study import Proposal, Study, default_storage, plan
from sweep.trial import Done, Event, Failed, Measurement, Outcome, Rung, State, Trial

RANKS = (1, 2, 3, 4, 5, 6, 7)
SPACE = Space((Choice("lora.rank", RANKS),))
BASE = config("model=tiny", "training.epochs=2")


def value(one: Config) -> float:
    """What these Workers make of a configuration."""
    return one.lora.rank / 10


class Reckoner:
    """A Worker whose trials take as many epochs as their configuration says; a rank in `breaking` fails after its first."""

    def __init__(self, slots: int, breaking: Sequence[int] = (), log: list[tuple[str, str]] | None = None) -> None:
        self._slots = slots
        self._breaking = breaking
        self._running: dict[str, tuple[Trial, int]] = {}
        self.log = [] if log is None else log
        self.free_seen: list[int] = []  # empty slots at each advance

    @property
    def free(self) -> int:
        return self._slots - len(self._running)

    def start(self, trial: Trial) -> None:
        assert self.free > 0, "a trial was started without a free slot"
        self._running[trial.name] = (trial, 0)
        self.log.append(("start", trial.name))

    def stop(self, trial: Trial) -> None:
        del self._running[trial.name]

    def advance(self) -> list[Event]:
        self.free_seen.append(self.free)
        events: list[Event] = []
        for name, (trial, epoch) in list(self._running.items()):
            events += self._epoch(trial, epoch + 1)
            if name in self._running:
                self._running[name] = (trial, epoch + 1)
        return events

    def _epoch(self, trial: Trial, epoch: int) -> list[Event]:
        epochs = trial.config.training.epochs
        found = value(trial.config)
        if trial.arm is not None:
            self.stop(trial)
            return [Done(trial, Outcome(State.COMPLETE, 0.0, {}, {}, {}))]
        if trial.config.lora.rank in self._breaking and epoch > 1:
            self.stop(trial)
            return [Failed(trial, Outcome(State.FAILED, None, {}, {}, {}, error="it broke"))]
        rung = Rung(trial, epoch, epochs, ((epoch, 1.0),), (Measurement("objective", found * epoch / epochs, 5, None, "higher"),))
        if epoch < epochs:
            return [rung]
        self.stop(trial)
        return [rung, Done(trial, Outcome(State.COMPLETE, found, {}, {}, {}))]


class Notes:
    """A listener that writes down what it hears, into a list that others may share."""

    def __init__(self, log: list[tuple[str, str]], name: str = "") -> None:
        self.log = log
        self._name = name

    def opened(self, trial: Trial) -> None:
        self.log.append((f"{self._name}opened", trial.name))

    def heard(self, event: Event) -> None:
        self.log.append((f"{self._name}{type(event).__name__}", event.trial.name))


@pytest.fixture
def storage(tmp_path: Path) -> str:
    return default_storage(tmp_path)


def study(storage: str, n_trials: int | None = None) -> Study:
    return Study("study", storage, SPACE, plan(SPACE, "grid", n_trials), 0)


def arm(name: str, folder: Path) -> Trial:
    return Trial(BASE, folder / name, "key", "key", arm=name)


def to_trial(folder: Path, refused: Sequence[int] = ()) -> Any:
    def build(proposal: Proposal) -> Trial | None:
        rank = proposal.point["lora.rank"]
        if rank in refused:
            return None
        assert isinstance(rank, int)
        one = dataclasses.replace(BASE, lora=dataclasses.replace(BASE.lora, rank=rank))
        name = f"{proposal.number:04d}"
        return Trial(one, folder / name, f"trial {rank}", f"config {rank}", number=proposal.number, params=dict(proposal.point))

    return build


def stored(storage: str) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name="study", storage=storage).get_trials()


@pytest.mark.parametrize("slots", [1, 3])
def test_every_number_is_told_once_with_its_own_value(storage: str, tmp_path: Path, slots: int) -> None:
    log: list[tuple[str, str]] = []
    Controller(study(storage), [Reckoner(slots)], [], to_trial(tmp_path), [Notes(log)]).run()
    trials = stored(storage)
    assert [trial.number for trial in trials] == list(range(7))
    assert [trial.values for trial in trials] == [[rank / 10] for rank in RANKS]
    assert [trial.intermediate_values for trial in trials] == [{1: rank / 20, 2: rank / 10} for rank in RANKS]
    assert [trial.user_attrs for trial in trials] == [
        {"trial_key": f"trial {rank}", "config_key": f"config {rank}"} for rank in RANKS
    ]
    assert sorted(name for what, name in log if what == "Done") == [f"{number:04d}" for number in range(7)]


@pytest.mark.parametrize("slots", [1, 3])
def test_arms_come_first_and_have_no_number(storage: str, tmp_path: Path, slots: int) -> None:
    worker = Reckoner(slots)
    arms = [arm("base", tmp_path), arm("retrieval", tmp_path)]
    Controller(study(storage), [worker], arms, to_trial(tmp_path), []).run()
    started = [name for what, name in worker.log if what == "start"]
    assert started == ["base", "retrieval", *(f"{number:04d}" for number in range(7))]
    assert len(stored(storage)) == 7


def test_a_freed_slot_is_filled_before_the_others_go_on(storage: str, tmp_path: Path) -> None:
    worker = Reckoner(3)
    Controller(study(storage), [worker], [arm("base", tmp_path)], to_trial(tmp_path), []).run()
    # The arm ends after one step, its two neighbours after two: a Controller that waits for the wave would show a free slot.
    assert worker.free_seen == [0, 0, 0, 0, 1, 2]  # empty only when nothing is left to start


@pytest.mark.parametrize("slots", [1, 3])
def test_a_failing_trial_is_recorded_and_the_sweep_goes_on(storage: str, tmp_path: Path, slots: int) -> None:
    opened = study(storage)
    Controller(opened, [Reckoner(slots, breaking=(2, 7))], [], to_trial(tmp_path), []).run()
    states = {trial.params["lora.rank"]: trial.state for trial in stored(storage)}
    assert [rank for rank, state in states.items() if state is TrialState.FAIL] == [2, 7]
    assert [rank for rank, state in states.items() if state is TrialState.COMPLETE] == [1, 3, 4, 5, 6]
    assert opened.best() == 5
    Controller(study(storage), [Reckoner(slots)], [], to_trial(tmp_path), []).run()
    assert [trial.params["lora.rank"] for trial in stored(storage)[7:]] == [2, 7]


def test_a_study_whose_every_trial_fails_ends(storage: str, tmp_path: Path) -> None:
    opened = study(storage)
    Controller(opened, [Reckoner(3, breaking=RANKS)], [], to_trial(tmp_path), []).run()
    assert [trial.state for trial in stored(storage)] == [TrialState.FAIL] * 7
    assert opened.best() is None


def test_a_point_that_is_no_configuration_takes_no_slot(storage: str, tmp_path: Path) -> None:
    worker = Reckoner(1)
    Controller(study(storage), [worker], [], to_trial(tmp_path, refused=(1, 2, 7)), []).run()
    assert [trial.state for trial in stored(storage)] == [TrialState.FAIL] * 2 + [TrialState.COMPLETE] * 4 + [TrialState.FAIL]
    assert [name for _, name in worker.log] == ["0002", "0003", "0004", "0005"]


def test_listeners_hear_everything_in_order(storage: str, tmp_path: Path) -> None:
    log: list[tuple[str, str]] = []
    listeners = [Notes(log, "first "), Notes(log, "second ")]
    Controller(study(storage, 1), [Reckoner(1, log=log)], [arm("base", tmp_path)], to_trial(tmp_path), listeners).run()
    heard = [("opened", "base"), ("start", "base"), ("Done", "base"), ("opened", "0000"), ("start", "0000")]
    heard += [("Rung", "0000"), ("Rung", "0000"), ("Done", "0000")]
    both = [[(what, name)] if what == "start" else [(f"first {what}", name), (f"second {what}", name)] for what, name in heard]
    assert log == [pair for pairs in both for pair in pairs]


def test_the_study_knows_a_result_before_the_listeners_hear_of_it(storage: str, tmp_path: Path) -> None:
    seen: list[str] = []

    class Looks:
        def opened(self, trial: Trial) -> None:
            seen.append(stored(storage)[trial.number or 0].state.name)

        def heard(self, event: Event) -> None:
            seen.append(stored(storage)[event.trial.number or 0].state.name)

    Controller(study(storage, 1), [Reckoner(1)], [], to_trial(tmp_path), [Looks()]).run()
    assert seen == ["RUNNING", "RUNNING", "RUNNING", "COMPLETE"]


def test_several_workers_share_one_study(storage: str, tmp_path: Path) -> None:
    workers = [Reckoner(2), Reckoner(1)]
    Controller(study(storage), workers, [], to_trial(tmp_path), []).run()
    started = [{name for what, name in worker.log if what == "start"} for worker in workers]
    assert started[0].isdisjoint(started[1])
    assert started[0] | started[1] == {f"{number:04d}" for number in range(7)}
    assert all(started)


def test_a_finished_study_starts_nothing(storage: str, tmp_path: Path) -> None:
    Controller(study(storage), [Reckoner(3)], [], to_trial(tmp_path), []).run()
    before = json.dumps([trial.params for trial in stored(storage)])
    worker = Reckoner(3)
    Controller(study(storage), [worker], [], to_trial(tmp_path), []).run()
    assert worker.log == []
    assert json.dumps([trial.params for trial in stored(storage)]) == before
