"""Everything around one study: check it, open its folder, run it through the Controller, show what came out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sweep import preflight
from sweep.config import Config, plain
from sweep.controller import Controller, Listener
from sweep.errors import ConfigFault, Fault, raise_all
from sweep.launch import local
from sweep.preflight import Ground
from sweep.report import table
from sweep.report.live import View
from sweep.request import Request
from sweep.search import study as search
from sweep.search.space import overrides
from sweep.search.study import Plan, Proposal, Study
from sweep.track import folder, identity
from sweep.track.mirror import Mirror
from sweep.trial import Done, Event, Failed, Rung, State, Trial

CHECKED_POINTS = 1000  # a discrete space up to this size is composed whole before anything runs


def conduct(request: Request) -> Path:
    """Run the study to its end and print its table. Returns the study folder.

    Raises: Fault with everything that is wrong, before anything is written.
    """
    how = (
        Plan("grid", 1)
        if request.single
        else search.plan(request.space, request.base.search.sampler, request.base.search.n_trials)
    )
    ground = preflight.check(_configs(request))
    dataset = ground.dataset(request.base)
    root = _root(request, dataset.digest)
    root.mkdir(parents=True, exist_ok=True)
    _write_study(root, request, how)

    mirror = Mirror(request.base.tracking.uri, request.base.tracking.experiment, warn=View.warn)
    storage = request.base.search.storage or search.default_storage(root)
    study = Study(root.name, storage, request.space, how, request.base.search.seed)
    study.settle(lambda number: _ending(root, number))
    arms = list(_arms(request, root, dataset.digest))
    begun = time.perf_counter()
    with View(root, request.question, [*request.notes], trials=study.remaining, arms=len(arms)) as view:
        mirror.open_study(root.name, root, request.base, request.space.plain(), dataset)
        workers = local.workers(view.step, view.phase)
        followers: list[Listener] = [_Record(request), _Mirrored(mirror, ground), view]
        Controller(study, workers, arms, _to_trial(request, root, dataset.digest), followers).run()
    seconds = time.perf_counter() - begun
    best = study.best()
    mirror.close_study(None if best is None else _best(root, best))
    table.show(root, fair=None if request.fair is None else (request.fair.command, request.fair.trials), seconds=seconds)
    View.say(f"Compare the runs:  {mirror.ui_command()}")
    View.say(f"  and filter by:   {mirror.compare_filter()}")
    return root


def _configs(request: Request) -> list[Config]:
    """Every configuration that will run, as far as they can be counted; else each value of each axis by itself."""
    whole = request.space.discrete and request.space.size <= CHECKED_POINTS
    points = request.space.points() if whole else request.space.edges()
    configs = [request.base]
    faults: list[str] = []
    for point in points:
        try:
            configs.append(request.compose(overrides(point)))
        except Fault as fault:
            faults += fault.faults
    raise_all(ConfigFault, list(dict.fromkeys(faults)))
    return configs


def _root(request: Request, digest: str) -> Path:
    """The study's folder; a single run is named after its trial."""
    if request.single:
        name = f"single-{identity.trial_key(request.base, digest, request.base.model.revision)}"
    else:
        name = identity.study_id(request.experiment, request.space.plain(), request.base, digest)
    return Path(request.base.output_dir).resolve() / name


def _write_study(root: Path, request: Request, how: Plan) -> None:
    """study.json: what was asked, for whoever reads the folder later."""
    body = {
        "experiment": request.experiment,
        "question": request.question,
        "space": request.space.plain(),
        "tune": list(request.base.search.tune),
        "sampler": how.sampler,
        "n_trials": how.n_trials,
        "overrides": list(request.overrides),
        "config": plain(request.base),
    }
    folder.write_atomically(root / "study.json", json.dumps(body, ensure_ascii=False, indent=2) + "\n")


def _arms(request: Request, root: Path, digest: str) -> Iterator[Trial]:
    """The arms that were not measured yet."""
    for arm in request.base.evaluation.arms:
        place = root / "arms" / arm
        if not (place / "arm.json").is_file():
            yield _trial(request.base, place, digest, request.overrides, arm=arm)


def _to_trial(request: Request, root: Path, digest: str) -> Callable[[Proposal], Trial | None]:
    def build(proposal: Proposal) -> Trial | None:
        place, words = root / f"{proposal.number:04d}", overrides(proposal.point)
        try:
            config = request.compose(words)
        except Fault as fault:
            place.mkdir(parents=True, exist_ok=True)
            folder.write_result(place, _no_result(proposal.number, proposal.point, str(fault)))
            View.warn(f"trial {proposal.number}: {fault}")
            return None
        both = (*request.overrides, *words)
        return _trial(config, place, digest, both, number=proposal.number, params=dict(proposal.point))

    return build


def _trial(config: Config, place: Path, digest: str, words: Sequence[str], **fields: Any) -> Trial:
    revision = config.model.revision
    keys = identity.trial_key(config, digest, revision), identity.config_key(config, digest, revision)
    return Trial(config, place, *keys, overrides=tuple(words), **fields)


def _ending(root: Path, number: int) -> tuple[State, float | None]:
    """How a trial ended whose process did not live to tell the study: as its folder says, else it failed with that process."""
    place = root / f"{number:04d}"
    result = folder.read_result(place)
    if result is None:
        place.mkdir(parents=True, exist_ok=True)
        result = _no_result(number, {}, "the process that ran this trial ended before it did; its point is tried again")
        folder.write_result(place, result)
    return State(result["state"]), result["objective"]


def _no_result(number: int, params: Mapping[str, Any], error: str) -> dict[str, Any]:
    """The result of a trial that was never measured."""
    empty: dict[str, Any] = {"levels": {}, "test_levels": {}, "train": {}, "provenance": {}}
    head = {"trial_key": None, "config_key": None, "number": number, "state": str(State.FAILED), "objective": None}
    return {**head, "params": dict(params), **empty, "error": error}


def _best(root: Path, number: int) -> dict[str, Any]:
    result = folder.read_result(root / f"{number:04d}")
    assert result is not None, f"the best trial {number} has no result"
    return {"number": number, "objective": result["objective"], "params": result["params"]}


class _Record:
    """Writes .hydra of each trial before it starts."""

    def __init__(self, request: Request) -> None:
        self._hydra = dict(request.hydra)

    def opened(self, trial: Trial) -> None:
        folder.write_hydra(trial.folder, plain(trial.config), trial.overrides, self._hydra)

    def heard(self, event: Event) -> None:
        """Results are the Worker's to write."""


class _Mirrored:
    """The MLflow mirror as a listener."""

    def __init__(self, mirror: Mirror, ground: Ground) -> None:
        self._mirror = mirror
        self._ground = ground

    def opened(self, trial: Trial) -> None:
        self._mirror.open_trial(trial, 0 if trial.arm else self._ground.trainable(trial.config))

    def heard(self, event: Event) -> None:
        match event:
            case Rung():
                self._mirror.rung(event)
            case Done(trial=trial, outcome=outcome) | Failed(trial=trial, outcome=outcome):
                self._mirror.close_trial(trial, outcome)
