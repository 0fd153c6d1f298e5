"""Several seeds of one configuration as one trial of the study: its value is their mean, at rungs and at the end.

Each seed's run is a trial of its own to a Worker, in `<number>/s<seed>/`; nobody else sees all of them, so what the trial itself
leaves is written here.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sweep.track import folder
from sweep.track.folder import outcome
from sweep.trial import Again, Done, Failed, Measurement, Outcome, Rung, State, Trial

SUMS = ("steps", "planned_steps", "tokens", "seconds", "wall_seconds")  # of `train`: what all seeds took


class Seeds:
    """A trial while its seeds are trained."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self._running: dict[str, Trial] = {}  # in slots
        self._left = {part.name for part in trial.parts}
        self._reached: dict[str, int] = {}  # epochs done by the seeds that began before any had news: the trial is judged by them
        self._rungs: dict[int, list[Rung]] = defaultdict(list)  # that not all of them have reached
        self._news = False

    def started(self, part: Trial) -> None:
        """A seed went into a slot."""
        self._running[part.name] = part
        if not self._news:
            self._reached[part.name] = 0

    def rung(self, rung: Rung) -> Rung | None:
        """The trial's own rung once every seed it is judged by has come this far, else None. A seed that got its slot later than
        the others counts at the end only: nobody waits for it with a decision."""
        self._news = True
        if rung.trial.name not in self._reached:
            return None
        self._reached[rung.trial.name] = rung.epoch
        self._rungs[rung.epoch].append(rung)
        if min(self._reached.values()) < rung.epoch:
            return None
        same = self._rungs.pop(rung.epoch)
        if len(same) < len(self._reached):  # of an epoch that a seed had behind it, in an earlier process, which told of it
            return None
        found = _mean_rung(self.trial, same)
        folder.cut_metrics(self.trial.folder, found.epoch)  # what an earlier process recorded
        folder.append_metrics(self.trial.folder, folder.rung_rows(found))
        return found

    def has_result(self, part: Trial) -> bool:
        """Whether a running seed can be ended with what was measured: it has been at a rung."""
        return self._reached.get(part.name, 0) > 0

    def withdrew(self, part: Trial) -> None:
        """A seed left its slot and will begin anew: nobody waits for it either."""
        self._running.pop(part.name, None)
        self._reached.pop(part.name, None)

    def ended(self, part: Trial) -> None:
        """A seed's run is over, whatever its end."""
        self._running.pop(part.name, None)
        self._left.discard(part.name)

    @property
    def running(self) -> list[Trial]:
        """Seeds in slots."""
        return list(self._running.values())

    @property
    def over(self) -> bool:
        """Every seed's run is over."""
        return not self._left


def gather(trial: Trial) -> Done | Failed:
    """Write the result of a trial from what is recorded of its seeds, and tell it."""
    found = [folder.read_result(part.folder, folder.SEED) for part in trial.parts]
    bodies = [body for body in found if body is not None]
    assert bodies, f"trial {trial.name} ended, but nothing is recorded of any of its seeds"
    whole = _outcome(bodies)
    body = folder.result_body(trial, whole, bodies[0]["provenance"])
    folder.write_result(trial.folder, body | {"seeds": [one["params"]["seed"] for one in bodies]})
    return Failed(trial, whole) if whole.state is State.FAILED else Done(trial, whole)


def _outcome(bodies: Sequence[Mapping[str, Any]]) -> Outcome:
    """FAILED where a seed failed: a mean over those that did not is no result of this configuration."""
    found = [outcome(body) for body in bodies]
    failed = [(body["params"]["seed"], one) for body, one in zip(bodies, found, strict=True) if one.state is State.FAILED]
    if failed:
        error = "\n".join(f"seed {seed}: {one.error}" for seed, one in failed)
        never = any(one.again is Again.NEVER for _, one in failed)
        return Outcome(State.FAILED, None, {}, {}, {}, error=error, again=Again.NEVER if never else failed[0][1].again)
    state = State.PRUNED if any(one.state is State.PRUNED for one in found) else State.COMPLETE
    values = [sum(column) / len(column) for column in zip(*(one.values for one in found if one.values), strict=True)]
    copied = {one.duplicate_of for one in found}
    return Outcome(
        state,
        values[0] if values else None,
        _mean_of([one.levels for one in found], "accuracy"),
        _mean_of([one.test_levels for one in found], "accuracy"),
        _mean(([one.train for one in found]), sums=SUMS),
        duplicate_of=", ".join(str(one) for one in copied) if None not in copied else None,
        further=tuple(values[1:]),
        constraints=_mean([one.constraints for one in found]),
        costs=_mean_of([one.costs for one in found], "value"),
    )


def _mean_rung(trial: Trial, rungs: Sequence[Rung]) -> Rung:
    """Losses and measurements over the seeds that reached this epoch; a figure's n stays that of one seed's questions."""
    losses = tuple(
        (at[0][0], sum(loss for _, loss in at) / len(at)) for at in zip(*(rung.losses for rung in rungs), strict=False)
    )
    same: dict[str, list[Measurement]] = defaultdict(list)
    for rung in rungs:
        for one in rung.measurements:
            same[one.name].append(one)
    found = []
    for name, ones in same.items():
        errors = [one.stderr for one in ones if one.stderr is not None]
        stderr = sum(errors) / len(errors) if errors else None
        found.append(Measurement(name, sum(one.value for one in ones) / len(ones), ones[0].n, stderr, ones[0].better))
    return Rung(trial, rungs[0].epoch, rungs[0].epochs, losses, tuple(found))


def _mean_of(runs: Sequence[Mapping[str, Mapping[str, Any]]], figure: str) -> dict[str, dict[str, Any]]:
    """Means over the runs of levels or costs, and the spread of their `figure`: `seed_sd`, one standard deviation."""
    found = {}
    for name in dict.fromkeys(name for run in runs for name in run):
        same = [run[name] for run in runs if name in run]
        spread = statistics.stdev(run[figure] for run in same) if len(same) > 1 else None
        found[name] = _mean(same) | {"seed_sd": spread}
    return found


def _mean(rows: Sequence[Mapping[str, Any]], sums: Sequence[str] = ()) -> dict[str, Any]:
    """Figure by figure: means, or sums where asked for; words are the first row's that has them."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row[name] for row in rows if row.get(name) is not None]
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        if not values or len(numbers) < len(values):
            found[name] = values[0] if values else None
        elif name in sums:
            found[name] = sum(numbers)
        else:  # n stays a whole number
            found[name] = numbers[0] if len(set(numbers)) == 1 else sum(numbers) / len(numbers)
    return found
