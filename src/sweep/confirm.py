"""After the search: the best configurations are retrained with fresh seeds and one is chosen by its mean on dev; then test is
read, for that one and for the contrasts that were declared beforehand.

The best of many on the same questions looks better than it is; seeds and questions that had no part in the choice do not flatter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sweep.assembly import Assembly
from sweep.config import Config
from sweep.controller import Controller, Listener, Rules, Worker
from sweep.recall import Known
from sweep.report.confirmed import OVER, RECORD, STAGE
from sweep.report.names import swept
from sweep.report.standing import standings
from sweep.search import choice
from sweep.search.choice import Standing
from sweep.search.objective import Objective
from sweep.search.space import Axis, Point, Value, overrides
from sweep.search.spelling import means
from sweep.search.study import Proposal, Result
from sweep.track import folder
from sweep.trial import State, Trial


@dataclass(frozen=True)
class Finals:
    """Who is retrained, by the numbers of the search."""

    best: tuple[int, ...]  # of whom one is chosen, the best of the search first
    contrasts: Mapping[str, int]  # "lora.targets=mlp" -> the best trial with that value
    seeds: tuple[int, ...]  # fresh ones

    @property
    def numbers(self) -> list[int]:
        """Each once."""
        return list(dict.fromkeys([*self.best, *self.contrasts.values()]))


class Listed:
    """A list of trials in the place of a study: each is run, and nothing is learnt from how it ended."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._left = deque(numbers)

    def ask(self) -> Proposal | None:
        """The next one."""
        return Proposal(self._left.popleft(), {}) if self._left else None

    def note(self, number: int, attributes: Mapping[str, Any]) -> None:
        """Their folders say all of it."""

    def report(self, number: int, value: float, step: int) -> bool:
        """Finalists are trained to their end."""
        return False

    def tell(self, number: int, result: Result) -> None:
        """Their folders say all of it."""


@dataclass(frozen=True)
class Stage:
    """Everything that the confirmation of one study needs."""

    made: Assembly
    workers: Sequence[Worker]
    listeners: Sequence[Listener]
    rules: Rules
    expect: Callable[[int], None]  # hears how many trials more there are
    run: Callable[[Controller], bool]  # to its end; True where it was asked to end early

    def confirm(self, objective: Objective) -> bool:
        """Retrain, choose, read test; what was done before is not done again. True where it was asked to end early."""
        finals = self._finals(standings(self.made.root, objective))
        wholes = {number: self._whole(number, finals.seeds) for number in finals.numbers}
        todo = [number for number, whole in wholes.items() if not _done(whole)]
        known = Known(self.made.root.parent, self.made.root, elsewhere=False)
        self.expect(len(todo))
        if todo and self.run(self._controller(todo, wholes, known=known.result)):
            return True
        again = standings(self.made.root / STAGE, objective)
        chosen = choice.best(one for one in again if one.number in finals.best)
        read = [*([] if chosen is None else [chosen.number]), *finals.contrasts.values()]
        self._record(finals, chosen)
        readings = [arm for arm in self._readings([wholes[number] for number in dict.fromkeys(read)]) if not _done(arm)]
        if readings and self.run(self._controller([], wholes, arms=readings)):
            return True
        self._record(finals, chosen, over=True)
        return False

    def _controller(self, todo: Sequence[int], wholes: Mapping[int, Trial], **more: Any) -> Controller:
        return Controller(
            Listed(todo),
            self.workers,
            more.pop("arms", []),
            lambda proposal: wholes[proposal.number],
            self.listeners,
            replace(self.rules, max_failures=None),
            **more,
        )

    def _finals(self, found: Sequence[Standing]) -> Finals:
        search = self.made.request.base.search
        params = {body["number"]: body["params"] for body in folder.results(self.made.root).values()}
        axes, contrasts = {axis.key: axis for axis in self.made.request.space.axes}, {}
        for key, pairs in search.contrasts.items():
            for value in [own for pair in pairs for side in pair for own in sides(axes[key], side)]:
                if (best := choice.likeliest(one for one in found if params[one.number].get(key) == value)) is not None:
                    contrasts[swept({key: value})] = best.number
        fresh = max(search.seeds or (self.made.request.base.seed,)) + 1
        ranked = choice.ranked(found)[: search.confirm.top]
        return Finals(tuple(one.number for one in ranked), contrasts, tuple(range(fresh, fresh + search.confirm.seeds)))

    def _whole(self, number: int, seeds: tuple[int, ...]) -> Trial:
        """The trial of this number with fresh seeds. Those of them that a killed process trained go on from their checkpoints."""
        body = folder.read_result(self.made.root / f"{number:04d}")
        assert body is not None, f"trial {number} stood among those that ended"
        point: Point = body["params"]
        config = self.made.request.compose(overrides(point))
        config = replace(config, search=replace(config.search, seeds=seeds))
        return self.made.of(config, number, point, stage=STAGE, resumed=True)

    def _readings(self, wholes: Sequence[Trial]) -> list[Trial]:
        """Test, asked of the untouched base and of every adapter of these trials."""
        if not wholes:
            return []
        arms = [self.made.arm(f"{STAGE}/base", _on_test(self.made.request.base))]
        parts = [part for whole in wholes if _done(whole) for part in whole.parts]
        return arms + [
            self.made.arm(f"{part.name}/test", _on_test(part.config), adapter=part.folder / "adapter") for part in parts
        ]

    def _record(self, finals: Finals, chosen: Standing | None, *, over: bool = False) -> None:
        body = {
            "finalists": list(finals.best),
            "seeds": list(finals.seeds),
            "chosen": None if chosen is None else chosen.number,
            "contrasts": dict(finals.contrasts),
            OVER: over,
        }
        folder.write_atomically(self.made.root / RECORD, folder.json_text(body, indent=2) + "\n")


def sides(axis: Axis, typed: Any) -> list[Value]:
    """The value of an axis that one side of a contrast names, `[q_proj]` for a list with q_proj; empty where it has none."""
    return [own for own in axis.listed if means(own, typed)][:1]


def _done(trial: Trial) -> bool:
    """It is recorded as complete, with these seeds."""
    body = folder.read_result(trial.folder, folder.record(trial))
    return body is not None and body["state"] == State.COMPLETE and body["trial_key"] == trial.trial_key


def _on_test(config: Config) -> Config:
    return replace(config, evaluation=replace(config.evaluation, splits=("test",)))
