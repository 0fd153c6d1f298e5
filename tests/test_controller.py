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
from sweep.controller import Controller, Rules
from sweep.search.samplers import SAMPLERS, plan
from sweep.search.space import Choice, Space
from sweep.search.storage import default_storage
from sweep.search.study import Proposal, Study
from sweep.trial import Again, Done, Event, Failed, Measurement, Outcome, Retried, Rung, State, Trial

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

    def start(self, trial: Trial, resume: Path | None = None) -> None:
        assert self.free > 0, "a trial was started without a free slot"
        self._running[trial.name] = (trial, 0)
        self.log.append(("start" if resume is None else f"start from {resume.name}", trial.name))

    def stop(self, trial: Trial) -> None:
        del self._running[trial.name]

    def prune(self, trial: Trial) -> Done:
        self.stop(trial)
        return Done(trial, Outcome(State.PRUNED, None, {}, {}, {}))

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
            return [Failed(trial, Outcome(State.FAILED, None, {}, {}, {}, error="it broke", again=Again.NOW))]
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

    def refused(self, number: int) -> None:
        self.log.append((f"{self._name}refused", f"{number:04d}"))

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
    Controller(study(storage), [Reckoner(slots)], [], to_trial(tmp_path), [Notes(log)], Rules(rungs=2)).run()
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
    assert opened.completed == 5
    Controller(study(storage), [Reckoner(slots)], [], to_trial(tmp_path), []).run()
    assert [trial.params["lora.rank"] for trial in stored(storage)[7:]] == [2, 7]


def test_a_study_whose_every_trial_fails_ends(storage: str, tmp_path: Path) -> None:
    opened = study(storage)
    Controller(opened, [Reckoner(3, breaking=RANKS)], [], to_trial(tmp_path), []).run()
    assert [trial.state for trial in stored(storage)] == [TrialState.FAIL] * 7
    assert opened.completed == 0


def test_a_point_that_is_no_configuration_takes_no_slot(storage: str, tmp_path: Path) -> None:
    worker, log = Reckoner(1), list[tuple[str, str]]()
    Controller(study(storage), [worker], [], to_trial(tmp_path, refused=(1, 2, 7)), [Notes(log)]).run()
    assert [trial.state for trial in stored(storage)] == [TrialState.FAIL] * 2 + [TrialState.COMPLETE] * 4 + [TrialState.FAIL]
    assert [name for _, name in worker.log] == ["0002", "0003", "0004", "0005"]
    assert [name for what, name in log if what in ("refused", "Done")] == [f"{number:04d}" for number in range(7)]


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

        def refused(self, number: int) -> None:
            seen.append(stored(storage)[number].state.name)

        def heard(self, event: Event) -> None:
            seen.append(stored(storage)[event.trial.number or 0].state.name)

    Controller(study(storage, 2), [Reckoner(1)], [], to_trial(tmp_path, refused=(2,)), [Looks()]).run()
    assert seen == ["RUNNING", "RUNNING", "RUNNING", "COMPLETE", "FAIL"]


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


@pytest.mark.parametrize("sampler", ["grid", *SAMPLERS])
def test_every_sampler_fills_its_study_with_different_trials(storage: str, tmp_path: Path, sampler: str) -> None:
    """Three at once: asked before anything is known of the others."""
    opened = Study("study", storage, SPACE, plan(SPACE, sampler, 7), 0)
    Controller(opened, [Reckoner(3)], [], to_trial(tmp_path), []).run()
    trials = stored(storage)
    assert [trial.number for trial in trials] == list(range(7))
    assert sorted(trial.params["lora.rank"] for trial in trials) == list(RANKS)
    assert [trial.values for trial in trials] == [[trial.params["lora.rank"] / 10] for trial in trials]


# ---- pruning --------------------------------------------------------------------------------------------------------------


def searched(storage: str, pruner: str, rungs: int = 4, sampler: str = "grid", **options: Any) -> Study:
    how = plan(SPACE, sampler, 7, pruner, None, options)
    return Study("study", storage, SPACE, how, 0, rungs=rungs)


def epochs(of: Any) -> Any:
    """Like `to_trial`, with as many epochs as `of` says for a rank."""

    def build(folder: Path) -> Any:
        plain = to_trial(folder)

        def made(proposal: Proposal) -> Trial:
            trial = plain(proposal)
            training = dataclasses.replace(trial.config.training, epochs=of(trial.config.lora.rank))
            return dataclasses.replace(trial, config=dataclasses.replace(trial.config, training=training))

        return made

    return build


@pytest.mark.parametrize(
    ("pruner", "options", "slots"),
    [("median", {"n_startup_trials": 1}, 1), ("halving", {}, 3), ("hyperband", {}, 3), ("threshold", {"lower": 0.15}, 2)],
)
def test_trials_behind_are_stopped_and_their_slots_are_refilled(
    storage: str, tmp_path: Path, pruner: str, options: dict[str, Any], slots: int
) -> None:
    log: list[tuple[str, str]] = []
    worker = Reckoner(slots, log=log)
    build = epochs(lambda rank: 4)(tmp_path)

    def falling(proposal: Proposal) -> Trial:  # the best is asked first, so that the others are behind it
        rank = 8 - int(str(proposal.point["lora.rank"]))
        made: Trial = build(dataclasses.replace(proposal, point={"lora.rank": rank}))
        return made

    opened = searched(storage, pruner, **options)
    Controller(opened, [worker], [], falling, [Notes(log)], Rules(rungs=4)).run()
    trials = stored(storage)
    assert len(trials) == 7
    assert {trial.state for trial in trials} == {TrialState.COMPLETE, TrialState.PRUNED}
    assert trials[0].state is TrialState.COMPLETE, "the best was stopped"
    pruned = [trial for trial in trials if trial.state is TrialState.PRUNED]
    for trial in pruned:
        assert max(trial.intermediate_values) < 4
        assert trial.value == trial.intermediate_values[max(trial.intermediate_values)], "a trial's value is its last rung's"
    assert sum(what == "Rung" for what, _ in log) == sum(len(trial.intermediate_values) for trial in trials)
    assert worker.free == slots


def test_a_trial_that_only_gets_worse_loses_patience(storage: str, tmp_path: Path) -> None:
    class Falling(Reckoner):
        def _epoch(self, trial: Trial, epoch: int) -> list[Event]:
            events = super()._epoch(trial, epoch)
            less = (Measurement("objective", 1 / epoch, 5, None, "higher"),)
            return [dataclasses.replace(one, measurements=less) if isinstance(one, Rung) else one for one in events]

    opened = searched(storage, "patient", rungs=8, patience=2)
    Controller(opened, [Falling(2)], [], epochs(lambda rank: 8)(tmp_path), [], Rules(rungs=8)).run()
    assert [max(trial.intermediate_values) for trial in stored(storage)] == [4] * 7
    assert {trial.state for trial in stored(storage)} == {TrialState.PRUNED}


def test_trials_of_different_length_are_compared_at_equal_shares_of_their_epochs(storage: str, tmp_path: Path) -> None:
    """Halfway, two epochs of four stand beside four of eight."""
    build = epochs(lambda rank: 8 if rank % 2 else 4)(tmp_path)
    Controller(searched(storage, "none", rungs=8), [Reckoner(2)], [], build, [], Rules(rungs=8)).run()
    for trial in stored(storage):
        rank = trial.params["lora.rank"]
        assert trial.intermediate_values == pytest.approx(
            {step: rank / 10 * step / 8 for step in (range(1, 9) if rank % 2 else (2, 4, 6, 8))}
        )


def test_a_trial_is_not_stopped_at_its_last_rung(storage: str, tmp_path: Path) -> None:
    opened = searched(storage, "threshold", rungs=1, lower=0.9)
    Controller(opened, [Reckoner(2)], [], epochs(lambda rank: 1)(tmp_path), [], Rules(rungs=1)).run()
    assert {trial.state for trial in stored(storage)} == {TrialState.COMPLETE}


# ---- failures and early ends ------------------------------------------------------------------------------------------------


class Shaky(Reckoner):
    """Trials of these ranks fail that often before they succeed."""

    def __init__(self, slots: int, failing: dict[int, int], again: Again = Again.NOW) -> None:
        super().__init__(slots)
        self._failing = failing
        self._again = again

    def _epoch(self, trial: Trial, epoch: int) -> list[Event]:
        rank = trial.config.lora.rank
        if self._failing.get(rank, 0) > 0:
            self._failing[rank] -= 1
            self.stop(trial)
            return [Failed(trial, Outcome(State.FAILED, None, {}, {}, {}, error="it broke", again=self._again))]
        return super()._epoch(trial, epoch)


def test_a_failed_trial_is_tried_again_under_its_number(storage: str, tmp_path: Path) -> None:
    log: list[tuple[str, str]] = []
    rules = Rules(retries=2)
    Controller(study(storage), [Shaky(3, {2: 2, 5: 3})], [], to_trial(tmp_path), [Notes(log)], rules).run()
    states = {trial.params["lora.rank"]: trial.state for trial in stored(storage)}
    assert [rank for rank, state in states.items() if state is TrialState.FAIL] == [5]
    assert len(stored(storage)) == 7
    assert [name for what, name in log if what == "Retried"] == ["0001", "0001", "0004", "0004"]
    assert [name for what, name in log if what == "Failed"] == ["0004"]


@pytest.mark.parametrize(("again", "trials"), [(Again.NEVER, 7), (Again.LATER, 8)])
def test_a_trial_that_would_fail_again_is_not_tried_again(storage: str, tmp_path: Path, again: Again, trials: int) -> None:
    """One that diverged never; one with a fault that a person mends by the next run."""
    log: list[tuple[str, str]] = []
    shaky = Shaky(1, {2: 1}, again)
    Controller(study(storage), [shaky], [], to_trial(tmp_path), [Notes(log)], Rules(retries=2)).run()
    assert [what for what, name in log if name == "0001"] == ["opened", "Failed"]
    Controller(study(storage), [Reckoner(1)], [], to_trial(tmp_path), []).run()
    assert len(stored(storage)) == trials


def test_a_sweep_in_which_everything_fails_is_ended(storage: str, tmp_path: Path) -> None:
    worker = Shaky(1, dict.fromkeys(RANKS, 9))
    controller = Controller(study(storage), [worker], [], to_trial(tmp_path), [], Rules(max_failures=3))
    controller.run()
    assert controller.broke_off
    assert [trial.state for trial in stored(storage)] == [TrialState.FAIL] * 3


def test_failures_between_successes_end_nothing(storage: str, tmp_path: Path) -> None:
    worker = Shaky(1, {1: 9, 2: 9, 4: 9, 5: 9, 7: 9})
    controller = Controller(study(storage), [worker], [], to_trial(tmp_path), [], Rules(max_failures=3))
    controller.run()
    assert not controller.broke_off
    assert len(stored(storage)) == 7


class Stops:
    """A listener that asks the study to finish at the first event of this kind."""

    controller: Controller

    def __init__(self, at: type[Event]) -> None:
        self._at = at

    def opened(self, trial: Trial) -> None: ...

    def refused(self, number: int) -> None: ...

    def heard(self, event: Event) -> None:
        if isinstance(event, self._at):
            self.controller.finish()


def test_a_study_that_is_to_finish_starts_nothing_and_loses_nothing(storage: str, tmp_path: Path) -> None:
    stops = Stops(Done)
    controller = stops.controller = Controller(study(storage), [Reckoner(3)], [], to_trial(tmp_path), [stops])
    controller.run()
    assert controller.running == 0
    assert [trial.state for trial in stored(storage)] == [TrialState.COMPLETE] * 3
    Controller(study(storage), [Reckoner(3)], [], to_trial(tmp_path), []).run()
    assert [trial.number for trial in stored(storage)] == list(range(7))


def test_a_failed_trial_that_waits_for_another_attempt_is_told_when_the_study_is_to_finish(storage: str, tmp_path: Path) -> None:
    stops = Stops(Retried)
    stops.controller = Controller(study(storage), [Shaky(1, {1: 1})], [], to_trial(tmp_path), [stops], Rules(retries=1))
    stops.controller.run()
    assert [trial.state for trial in stored(storage)] == [TrialState.FAIL]


def test_a_result_of_another_study_takes_no_slot_and_says_whose_it_is(storage: str, tmp_path: Path) -> None:
    def known(trial: Trial) -> Done | None:
        found = Outcome(State.COMPLETE, 0.25, {}, {}, {}, duplicate_of="other/0003")
        return Done(trial, found) if trial.config.lora.rank in (1, 7) else None

    worker, log = Reckoner(1), list[tuple[str, str]]()
    Controller(study(storage), [worker], [], to_trial(tmp_path), [Notes(log)], known=known).run()
    trials = stored(storage)
    assert [trial.user_attrs.get("duplicate_of") for trial in trials] == ["other/0003", *[None] * 5, "other/0003"]
    assert trials[0].values == [0.25]
    assert [name for _, name in worker.log] == [f"{number:04d}" for number in range(1, 6)]
    assert ("Done", "0000") in log


def test_a_trial_of_a_dead_process_goes_on_from_its_checkpoint(storage: str, tmp_path: Path) -> None:
    dead = study(storage)
    assert dead.ask() is not None
    again = study(storage)
    again.settle(lambda number, point, pruned: None)
    worker, build = Reckoner(1), to_trial(tmp_path)

    def made(proposal: Proposal) -> Trial:
        trial: Trial = build(proposal)
        return dataclasses.replace(trial, resumed=proposal.resumed)

    Controller(again, [worker], [], made, []).run()
    assert worker.log[:2] == [("start from ckpt", "0000"), ("start", "0001")]


@pytest.mark.parametrize(("signal", "states"), [("objective", "COMPLETE"), ("log_likelihood", "PRUNED")])
def test_the_signal_that_is_named_decides(storage: str, tmp_path: Path, signal: str, states: str) -> None:
    """Answers become less likely with every trial, while the objective rises."""

    class Telling(Reckoner):
        def _epoch(self, trial: Trial, epoch: int) -> list[Event]:
            likely = Measurement("log_likelihood", -float(trial.config.lora.rank), 5, None, "higher")
            events = super()._epoch(trial, epoch)
            return [
                dataclasses.replace(event, measurements=(*event.measurements, likely)) if isinstance(event, Rung) else event
                for event in events
            ]

    how = plan(SPACE, "grid", None, "median", pruner_options={"n_startup_trials": 1})
    searched = Study("study", storage, SPACE, how, 0, rungs=2)
    Controller(searched, [Telling(1)], [], to_trial(tmp_path), [], Rules(signal=signal, rungs=2)).run()
    first, *rest = stored(storage)
    assert first.state is TrialState.COMPLETE
    assert {trial.state.name for trial in rest} == {states}
    told = [-1.0, -1.0] if signal == "log_likelihood" else [0.05, 0.1]
    assert list(first.intermediate_values.values()) == pytest.approx(told)
