"""From a point of the space to a Trial with its keys and its folder, and back: how a trial in a folder ended."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweep import arms
from sweep.config import Config
from sweep.errors import Fault, raise_all
from sweep.preflight import Ground
from sweep.recall import ending, last_value
from sweep.report.live import View
from sweep.request import Request
from sweep.search.space import Point, overrides
from sweep.search.study import Proposal, Result
from sweep.track import folder, identity
from sweep.trial import State, Trial

SEED = "seed"  # the configuration key that `search.seeds` takes the place of


@dataclass(frozen=True)
class Assembly:
    """Makes the trials of one study."""

    request: Request
    root: Path  # the study's folder
    ground: Ground

    def trial(self, proposal: Proposal) -> Trial | None:
        """What a study proposes; None for a point that makes no configuration, which is recorded then."""
        place = self.root / f"{proposal.number:04d}"
        try:
            config = self.request.compose(overrides(proposal.point))
            raise_all(Fault, self.ground.faults(config))
        except Fault as fault:
            place.mkdir(parents=True, exist_ok=True)
            folder.write_result(place, _no_result(proposal.number, proposal.point, str(fault)))
            View.warn(f"trial {proposal.number}: {fault}")
            return None
        return self.of(config, proposal.number, proposal.point, resumed=proposal.resumed)

    def of(self, config: Config, number: int, point: Point, *, stage: str | None = None, resumed: bool = False) -> Trial:
        """The trial of a number, with a part for each of `search.seeds`."""
        words = (*self.request.overrides, *overrides(point))
        whole = self._made(config, words, number=number, params=dict(point), stage=stage, resumed=resumed)
        parts = tuple(self._part(whole, seed) for seed in config.search.seeds or ())
        return replace(whole, parts=parts)

    def _part(self, whole: Trial, seed: int) -> Trial:
        config = replace(whole.config, seed=seed, search=replace(whole.config.search, seeds=None))
        words = (*whole.overrides, f"{SEED}={seed}", "search.seeds=null")
        fields = {"number": whole.number, "stage": whole.stage, "seed": seed, "resumed": whole.resumed}
        return self._made(config, words, params={**whole.params, SEED: seed}, **fields)

    def arm(self, name: str, config: Config | None = None, adapter: Path | None = None) -> Trial:
        """An arm of this name; without more, the untouched base as the study's configuration asks it."""
        config = config or self.request.base
        kind, retrieval = arms.KINDS.get(name, arms.Kind()), config.evaluation.retrieval
        params: dict[str, Any] = {"evaluation.retrieval.k": retrieval.k} if kind.retrieves else {}
        if kind.context and retrieval.template is not None:
            params["evaluation.retrieval.template"] = retrieval.template
        return self._made(config, self.request.overrides, arm=name, adapter=adapter, params=params)

    def arms(self) -> Iterator[Trial]:
        """The arms of the base that were not measured yet."""
        names = [name for name in self.request.base.evaluation.arms if not arms.KINDS[name].adapter]
        yield from (arm for arm in map(self.arm, names) if not _measured(arm))

    def adapter_arms(self, config: Config, adapter: Path) -> Iterator[Trial]:
        """The arms of the best trial, which has this configuration and adapter, that were not measured yet. They read the splits
        that the trial read: where test is kept for the confirmation, they are measured on dev."""
        retrieval = self.request.base.evaluation.retrieval
        config = replace(config, evaluation=replace(config.evaluation, retrieval=retrieval))
        names = [name for name in self.request.base.evaluation.arms if arms.KINDS[name].adapter]
        yield from (arm for name in names if not _measured(arm := self.arm(name, config, adapter)))

    def _made(self, config: Config, words: Sequence[str], **fields: Any) -> Trial:
        digest, revision = self.ground.digest(config), self.ground.revision(config)
        keys = identity.trial_key(config, digest, revision), identity.config_key(config, digest, revision)
        trial = Trial(config, self.root, *keys, overrides=tuple(words), **fields)
        own = ("arms", trial.name) if trial.arm is not None and "/" not in trial.name else (trial.name,)
        return replace(trial, folder=self.root.joinpath(*own))

    def identity(self, point: Point) -> str:
        """Two points that make one configuration are one experiment; a point that makes none stands for itself."""
        try:
            config = self.request.compose(overrides(point))
            return identity.trial_key(config, self.ground.digest(config), self.ground.revision(config))
        except Fault:
            return repr(sorted(point.items()))

    def ending(self, number: int, point: Point, pruned: bool) -> Result | None:
        """How a trial ended whose process did not live to tell the study; None where it did not end, and goes on. One that was to
        be pruned is."""
        place = self.root / f"{number:04d}"
        if (found := ending(place)) is None and pruned:
            body = _no_result(number, point, None) | {"state": str(State.PRUNED), "objective": last_value(place)}
            folder.write_result(place, body)
            for left in (*place.rglob("ckpt"), *place.rglob("kept")):
                shutil.rmtree(left, ignore_errors=True)
            found = ending(place)
        return found


def _measured(arm: Trial) -> bool:
    """It is recorded as complete, of this configuration and with these texts in its prompt."""
    body = folder.read_result(arm.folder, folder.ARM)
    if body is None or body["state"] != State.COMPLETE:
        return False
    return bool(body["trial_key"] == arm.trial_key and body["params"] == arm.params)


def _no_result(number: int, params: Mapping[str, Any], error: str | None) -> dict[str, Any]:
    """The result of a trial that was never wholly measured."""
    empty: dict[str, Any] = {"levels": {}, "test_levels": {}, "train": {}, "provenance": {}}
    head = {"trial_key": None, "config_key": None, "number": number, "state": str(State.FAILED), "objective": None}
    return {**head, "params": dict(params), **empty, "error": error}
