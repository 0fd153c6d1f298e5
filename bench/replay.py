"""One search, replayed: the product's own Controller, study, samplers and pruners, over a Worker that reads a table.

Budgets are counted in epochs, which have the same tokens for every trial of a table. An epoch begins only while budget is left:
the trial whose last epoch crosses the end still counts, those that would go on do not, and what they were trained is spent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.reckoner import Reckoner
from bench.table import Row, Table
from tests.composed import config

from sweep.controller import Controller, Rules
from sweep.search.choice import Standing, best, standing
from sweep.search.objective import Objective, judged
from sweep.search.samplers import plan
from sweep.search.study import Proposal, Study
from sweep.trial import Again, Done, Event, Failed, Measurement, Outcome, Rung, State, Trial

SLOTS = 4  # trials at once: what the product allows a search of 16 to 19 trials
NOWHERE = Path("/nonexistent")  # trials have a folder, and nothing is written
MEMORY = "sqlite://"  # a database of this study alone


@dataclass(frozen=True)
class Arm:
    """How a space is searched."""

    sampler: str
    pruner: str

    @property
    def name(self) -> str:
        """As the page has it."""
        return self.sampler if self.pruner == "none" else f"{self.sampler} + {self.pruner}"

    @property
    def options(self) -> Mapping[str, Any]:
        """Of the sampler: as many random trials before TPE begins as the product sets for a search of up to 40 trials."""
        return {"n_startup_trials": 8} if self.sampler == "tpe" else {}


@dataclass(frozen=True)
class Chosen:
    """What a search names best, when its budget is spent."""

    row: Row
    standing: Standing
    feasible: bool  # it meets the constraints; else it is the best of those that do not


@dataclass(frozen=True)
class End:
    """How a trial of a search ended."""

    before: int  # epochs spent when its last one began
    number: int
    row: Row
    state: State
    epochs: int  # trained


@dataclass
class Search:
    """What one search did."""

    arm: Arm
    seed: int  # of the search
    training_seed: int
    budget: int  # epochs
    ends: list[End] = field(default_factory=list)

    def within(self, state: State, share: float = 1.0) -> list[End]:
        """Trials that ended so in this share of the budget."""
        return [end for end in self.ends if end.state is state and end.before < share * self.budget]

    def chosen(self, objective: Objective, share: float = 1.0) -> Chosen | None:
        """The best on dev by the product's rule of the trials that this share of the budget completed; where none meets the
        constraints, that with the highest objective. None where none was completed."""
        complete = {end.number: end.row for end in self.within(State.COMPLETE, share)}
        found = [standing(number, row.levels(row.epochs), objective) for number, row in complete.items()]
        standings = [one for one in found if one is not None]
        feasible = best(standings)
        named = feasible or best(replace(one, constraints={}) for one in standings)
        return None if named is None else Chosen(complete[named.number], named, feasible is not None)


def replay(table: Table, arm: Arm, seed: int, budget: int, training_seed: int) -> Search:
    """Search the table's space until the budget of epochs is spent. The training seed is that of all trials, as in a study."""
    longest = max(row.epochs for row in table.rows)
    how = plan(table.space, arm.sampler, int(table.space.size), arm.pruner, arm.options)
    study = Study(f"{arm.name} {seed}", MEMORY, table.space, how, seed, rungs=longest)
    run = _Run(table, Search(arm, seed, training_seed, budget))
    controller = Controller(study, [Reckoner(SLOTS, run.epoch, run.end)], [], run.to_trial, [run], Rules(rungs=longest))
    run.finish = controller.finish
    controller.run()
    return run.search


class _Run:
    """A search while it runs: its trials are rows, and it hears the Controller."""

    def __init__(self, table: Table, search: Search) -> None:
        self.search = search
        self.finish: Callable[[], None] = lambda: None
        self._table, self._base = table, config("model=smollm2_135m")
        self._rows: dict[str, Row] = {}
        self._before: dict[str, int] = {}  # epochs spent when a trial's last one began
        self._spent = 0  # epochs, also of trials that go on behind the end of the budget and no longer count

    def to_trial(self, proposal: Proposal) -> Trial:
        """The trial of a point."""
        row = self._table.row(proposal.point, self.search.training_seed)
        one = replace(self._base, training=replace(self._base.training, epochs=row.epochs))
        trial = Trial(one, NOWHERE, repr(row.key), repr(row.key), number=proposal.number, params=dict(proposal.point))
        self._rows[trial.name] = row
        return trial

    def epoch(self, trial: Trial, count: int) -> Rung | Failed:
        """What the table has of it. A trial that diverged did so in the epoch after its last rung, which is spent as a whole."""
        row = self._rows[trial.name]
        self._before[trial.name] = self._spent
        self._spent += 1
        if count > row.reached:
            self._ended(trial, State.FAILED, count)
            return Failed(trial, Outcome(State.FAILED, None, {}, {}, {}, error=row.error, again=Again.NEVER))
        values = Objective.of(trial.config.search).values(row.levels(count))
        found = () if values is None else (Measurement("objective", values[0], 1, None, "higher"),)
        return Rung(trial, count, row.epochs, ((count, 1.0),), found)

    def end(self, trial: Trial, state: State, count: int) -> Done:
        """Complete or pruned, judged by its last rung."""
        self._ended(trial, state, count)
        return Done(trial, judged(state, trial.config.search, self._rows[trial.name].levels(count), {}, {}))

    def opened(self, trial: Trial) -> None:
        """A trial begins."""

    def refused(self, number: int) -> None:
        """Every point makes a configuration here."""

    def heard(self, event: Event) -> None:
        """No more is asked for when the budget is spent."""
        if self._spent >= self.search.budget:
            self.finish()

    def _ended(self, trial: Trial, state: State, epochs: int) -> None:
        assert trial.number is not None
        self.search.ends.append(End(self._before[trial.name], trial.number, self._rows[trial.name], state, epochs))
