"""Several seeds of one configuration as one trial: what the study hears, what is recorded, what happens when a seed breaks."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from tests.composed import config

from sweep.config import Config
from sweep.controller import Controller, Rules
from sweep.recall import Known
from sweep.search.samplers import Plan
from sweep.search.space import Choice, Space
from sweep.search.storage import default_storage
from sweep.search.study import Proposal, Study
from sweep.seeds import Seeds
from sweep.track import folder
from sweep.track.identity import trial_key
from sweep.trial import Again, Done, Event, Failed, Measurement, Outcome, Rung, State, Trial

EPOCHS = 3
BASE = config("model=tiny", f"training.epochs={EPOCHS}", "search.seeds=[0,1,2]")
SPACE = Space((Choice("lora.rank", (1, 2)),))


def value(one: Config) -> float:
    """What a seed makes of a configuration."""
    return one.lora.rank / 10 + one.seed / 100


class Reckoner:
    """A Worker that computes instead of training and records as the real one does; a name in `breaking` fails in its second epoch
    as often as is said."""

    def __init__(self, slots: int, breaking: Mapping[str, int] | None = None) -> None:
        self._slots = slots
        self._breaking = dict(breaking or {})
        self._running: dict[str, tuple[Trial, int]] = {}
        self.started: list[str] = []
        self.stopped: list[str] = []

    @property
    def free(self) -> int:
        return self._slots - len(self._running)

    def start(self, trial: Trial, resume: Path | None = None) -> None:
        self._running[trial.name] = (trial, 0)
        self.started.append(trial.name)

    def stop(self, trial: Trial) -> None:
        if self._running.pop(trial.name, None) is not None:
            self.stopped.append(trial.name)

    def prune(self, trial: Trial) -> Done:
        _, epoch = self._running.pop(trial.name)
        return Done(trial, self._record(trial, State.PRUNED, epoch))

    def advance(self) -> list[Event]:
        return [event for name in list(self._running) for event in self._epoch(name)]

    def _epoch(self, name: str) -> Sequence[Event]:
        trial, epoch = self._running[name]
        self._running[name] = (trial, epoch + 1)
        if epoch == 1 and self._breaking.get(name, 0) > 0:
            self._breaking[name] -= 1
            del self._running[name]
            return [Failed(trial, self._record(trial, State.FAILED, epoch))]
        found = Measurement("objective", value(trial.config) * (epoch + 1) / EPOCHS, 5, None, "higher")
        rung = Rung(trial, epoch + 1, EPOCHS, ((epoch + 1, 1.0 + trial.config.seed),), (found,))
        if epoch + 1 < EPOCHS:
            return [rung]
        del self._running[name]
        return [rung, Done(trial, self._record(trial, State.COMPLETE, EPOCHS))]

    @staticmethod
    def _record(trial: Trial, state: State, epochs: int) -> Outcome:
        found = value(trial.config) * epochs / EPOCHS
        levels = {"L2": {"n": 10, "accuracy": found, "strict": found, "key_recall": found, "stderr": 0.1}}
        train = {"steps": epochs, "planned_steps": EPOCHS, "engine": "packed", "final_loss": 1.0 + trial.config.seed}
        costs = {"retain/kl": {"value": 0.1 * trial.config.seed, "n": 50, "stderr": 0.01}}
        outcome = Outcome(state, found, levels, {}, train, constraints={"L1": 0.5 - trial.config.seed}, costs=costs)
        if state is State.FAILED:
            outcome = Outcome(state, None, {}, {}, {}, error="Trouble: it broke", again=Again.NOW)
        folder.write_result(trial.folder, folder.result_body(trial, outcome, {"commit": "abc"}), folder.record(trial))
        return outcome


class Heard:
    """A listener that writes everything down."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def opened(self, trial: Trial) -> None:
        self.said.append(("opened", trial.name))

    def refused(self, number: int) -> None:
        self.said.append(("refused", f"{number:04d}"))

    def heard(self, event: Event) -> None:
        self.said.append((type(event).__name__, event.trial.name))


class Bench:
    """A study of two ranks with three seeds each, in a folder."""

    def __init__(self, root: Path, pruner: str = "none") -> None:
        self.root = root
        options = {"threshold": {"lower": 0.1}}.get(pruner, {})  # rank 1 has 0.037 at its first rung, rank 2 0.07
        how = Plan("grid", 2, pruner, pruner_options=options)
        self.study = Study("study", default_storage(root), SPACE, how, 0, rungs=EPOCHS)
        self.heard = Heard()

    def run(self, worker: Reckoner, rules: Rules | None = None) -> Controller:
        self.study.settle(lambda number, point, pruned: None)
        rules = rules or Rules(rungs=EPOCHS)
        known = Known(self.root.parent, self.root, elsewhere=False).result
        controller = Controller(self.study, [worker], [], self.trial, [self.heard], rules, known)
        controller.run()
        return controller

    def trial(self, proposal: Proposal) -> Trial:
        rank = proposal.point["lora.rank"]
        assert isinstance(rank, int)
        one = dataclasses.replace(BASE, lora=dataclasses.replace(BASE.lora, rank=rank))
        fields: dict[str, Any] = {"number": proposal.number, "resumed": proposal.resumed}
        place = self.root / f"{proposal.number:04d}"
        parts = tuple(self._part(one, place / f"s{seed}", seed, fields) for seed in BASE.search.seeds or ())
        return Trial(one, place, trial_key(one, "", None), "c", params=dict(proposal.point), parts=parts, **fields)

    @staticmethod
    def _part(one: Config, place: Path, seed: int, fields: Mapping[str, Any]) -> Trial:
        own = dataclasses.replace(one, seed=seed, search=dataclasses.replace(one.search, seeds=None))
        return Trial(own, place, trial_key(own, "", None), "c", params={"seed": seed}, seed=seed, **fields)

    @property
    def stored(self) -> list[optuna.trial.FrozenTrial]:
        return optuna.load_study(study_name="study", storage=default_storage(self.root)).get_trials()

    def result(self, number: int) -> dict[str, Any]:
        found = folder.read_result(self.root / f"{number:04d}")
        assert found is not None
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("slots", [1, 2, 3, 7])
def test_the_study_hears_of_means(bench: Bench, slots: int) -> None:
    worker = Reckoner(slots)
    bench.run(worker)
    assert worker.started == [f"000{number}/s{seed}" for number in (0, 1) for seed in (0, 1, 2)]
    assert [trial.values for trial in bench.stored] == [[pytest.approx(0.11)], [pytest.approx(0.21)]]
    first = bench.result(0)
    assert first["seeds"] == [0, 1, 2]
    assert first["objective"] == pytest.approx(0.11)
    assert first["costs"]["retain/kl"] == pytest.approx({"value": 0.1, "n": 50, "stderr": 0.01, "seed_sd": 0.1})
    assert first["levels"]["L2"] == pytest.approx(
        {"n": 10, "accuracy": 0.11, "strict": 0.11, "key_recall": 0.11, "stderr": 0.1, "seed_sd": 0.01}
    )
    assert first["train"] == {"steps": 9, "planned_steps": 9, "engine": "packed", "final_loss": 2.0}
    assert first["constraints"] == {"L1": -0.5}


@pytest.mark.parametrize(("slots", "by"), [(3, (0, 1, 2)), (2, (0, 1)), (1, (0,))])
def test_a_rung_is_the_mean_of_the_seeds_that_began_together(bench: Bench, slots: int, by: tuple[int, ...]) -> None:
    """Nobody waits with a decision for a seed that had no slot."""
    bench.run(Reckoner(slots))
    mean = 0.1 + sum(by) / len(by) / 100
    assert bench.stored[0].intermediate_values == pytest.approx({epoch: mean * epoch / EPOCHS for epoch in (1, 2, 3)})
    rows = folder.read_rows(bench.root / "0000" / folder.METRICS)
    assert all(folder.LOSS in row or "objective" in row for row in rows)
    measured = [row for row in rows if "objective" in row]
    assert [(row["epoch"], row["objective"]) for row in measured] == [(e, pytest.approx(mean * e / EPOCHS)) for e in (1, 2, 3)]
    assert [what for what, name in bench.heard.said if name == "0000"] == ["opened", "Rung", "Rung", "Rung", "Done"]


def test_an_epoch_that_a_resumed_seed_has_behind_it_keeps_the_mean_that_was_told(bench: Bench) -> None:
    """One seed goes on from its checkpoint at epoch 2, another has none and begins anew."""
    trial = bench.trial(Proposal(0, {"lora.rank": 1}))

    def rung(part: Trial, epoch: int, loss: float) -> Rung:
        return Rung(part, epoch, EPOCHS, ((epoch, loss),), (Measurement("objective", loss, 5, None, "higher"),))

    before = Seeds(trial)
    for part in trial.parts:
        before.started(part)
    told = [before.rung(rung(part, epoch, number)) for epoch in (1, 2) for number, part in enumerate(trial.parts)]
    assert [one.epoch for one in told if one is not None] == [1, 2]
    rows = folder.read_rows(trial.folder / folder.METRICS)

    after, (ahead, *others) = Seeds(trial), trial.parts
    for part in trial.parts:
        after.started(part)
    assert after.rung(rung(ahead, 2, 9.0)) is None
    assert [after.rung(rung(part, 1, 9.0)) for part in others] == [None, None]
    assert folder.read_rows(trial.folder / folder.METRICS) == rows, "the first epoch's mean is of all three"
    whole = [after.rung(rung(part, 2, 9.0)) for part in others][-1]
    assert whole is not None
    assert (whole.epoch, whole.losses) == (2, ((2, 9.0),))


def test_a_pruned_trial_ends_all_its_seeds(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "threshold")
    worker = Reckoner(2)
    bench.run(worker)
    assert [trial.state for trial in bench.stored] == [TrialState.PRUNED, TrialState.PRUNED]
    assert worker.started == ["0000/s0", "0000/s1", "0001/s0", "0001/s1"], "the third seed waited, and is not needed"
    pruned = bench.result(0)
    assert pruned["state"] == "PRUNED"
    assert pruned["seeds"] == [0, 1]
    assert pruned["train"]["steps"] == 2
    assert worker.free == 2


def test_one_of_two_trials_is_pruned_beside_the_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "threshold")
    bench.study = Study(
        "study", default_storage(tmp_path), SPACE, Plan("grid", 2, "threshold", pruner_options={"lower": 0.05}), 0, rungs=EPOCHS
    )
    bench.run(Reckoner(6))
    assert [trial.state for trial in bench.stored] == [TrialState.PRUNED, TrialState.COMPLETE]
    assert bench.stored[1].values == [pytest.approx(0.21)]


def test_a_seed_that_fails_is_tried_again(bench: Bench) -> None:
    worker = Reckoner(3, {"0000/s1": 1})
    bench.run(worker, Rules(retries=1, rungs=EPOCHS))
    assert worker.started.count("0000/s1") == 2
    assert [trial.values for trial in bench.stored] == [[pytest.approx(0.11)], [pytest.approx(0.21)]]


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_a_seed_that_fails_for_good_fails_its_trial(bench: Bench, slots: int) -> None:
    """A mean over those that were lucky is no result of the configuration."""
    worker = Reckoner(slots, {"0000/s0": 5})
    bench.run(worker, Rules(retries=1, rungs=EPOCHS))
    assert [trial.state for trial in bench.stored] == [TrialState.FAIL, TrialState.COMPLETE]
    failed = bench.result(0)
    assert failed["error"] == "seed 0: Trouble: it broke"
    assert failed["again"] == "now"
    assert worker.free == slots
    for name in worker.stopped:
        assert not (bench.root / name / folder.SEED).exists(), "a seed that was not trained to its end has no result"


def test_what_a_seed_brought_in_the_same_moment_is_not_lost_or_heard_twice(bench: Bench) -> None:
    """Two seeds end and one fails in one batch of news: the trial ends once."""
    worker = Reckoner(3, {"0000/s0": 1, "0000/s2": 1})
    bench.run(worker)
    assert bench.heard.said.count(("Failed", "0000")) == 1
    assert bench.result(0)["error"] == "seed 0: Trouble: it broke\nseed 2: Trouble: it broke"
    assert [trial.state for trial in bench.stored] == [TrialState.FAIL, TrialState.COMPLETE]


def test_seeds_that_ended_before_a_crash_are_not_trained_again(tmp_path: Path) -> None:
    """The process died when one seed was done and another was being trained."""
    bench = Bench(tmp_path)
    bench.study.ask()
    trial = bench.trial(Proposal(0, {"lora.rank": 1}))
    Reckoner._record(trial.parts[0], State.COMPLETE, EPOCHS)
    worker = Reckoner(3)
    again = Bench(tmp_path)
    again.run(worker)
    assert worker.started == ["0000/s1", "0000/s2", "0001/s0", "0001/s1", "0001/s2"]
    told = [what for what, name in again.heard.said if name == "0000/s0"]
    assert told == ["Recalled"], "neither opened nor done: MLflow would get a second run of it"
    assert [trial.values for trial in again.stored] == [[pytest.approx(0.11)], [pytest.approx(0.21)]]


def test_a_trial_whose_seeds_all_ended_is_told_after_a_crash(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.study.ask()
    for part in bench.trial(Proposal(0, {"lora.rank": 1})).parts:
        Reckoner._record(part, State.COMPLETE, EPOCHS)
    worker = Reckoner(3)
    again = Bench(tmp_path)
    again.run(worker)
    assert worker.started == ["0001/s0", "0001/s1", "0001/s2"]
    assert again.result(0)["objective"] == pytest.approx(0.11)


def test_a_trial_that_runs_is_finished_with_all_its_seeds_when_asked_to_stop(bench: Bench) -> None:
    worker = Reckoner(1)
    controllers: list[Controller] = []

    class Stops(Heard):
        def heard(self, event: Event) -> None:
            super().heard(event)
            if isinstance(event, Rung):
                controllers[0].finish()

    bench.heard = Stops()
    bench.study.settle(lambda number, point, pruned: None)
    controllers.append(Controller(bench.study, [worker], [], bench.trial, [bench.heard], Rules(rungs=EPOCHS)))
    controllers[0].run()
    assert worker.started == ["0000/s0", "0000/s1", "0000/s2"]
    assert bench.stored[0].values == [pytest.approx(0.11)]


def test_results_are_json_that_anybody_reads(bench: Bench) -> None:
    bench.run(Reckoner(3))
    text = (bench.root / "0001" / folder.RESULT).read_text(encoding="utf-8")
    assert json.loads(text)["params"] == {"lora.rank": 2}
    assert "NaN" not in text
