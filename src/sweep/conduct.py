"""Everything around one study: check it, open its folder, run it through the Controller, show what came out."""

from __future__ import annotations

import json
import shutil
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
from sweep.track.lock import alone
from sweep.track.mirror import Mirror
from sweep.trial import Done, Event, Failed, Rung, State, Trial

CHECKED_POINTS = 1000  # a discrete space up to this size is composed whole before anything runs


def conduct(request: Request) -> bool:
    """Run the study to its end and print its table. False when no trial was completed.

    Raises: Fault with everything that is wrong, before anything is written.
    """
    stray = [key for key in request.base.search.tune if key not in {axis.key for axis in request.space.axes}]
    if stray and not request.single:
        raise ConfigFault(f"search.tune: got {', '.join(stray)}, which is no axis of this sweep")
    how = (
        Plan("grid", 1)
        if request.single
        else search.plan(request.space, request.base.search.sampler, request.base.search.n_trials)
    )
    configs = _configs(request)
    ground = preflight.check(configs)
    root = _root(request, ground)
    root.mkdir(parents=True, exist_ok=True)
    with alone(root):
        _write_study(root, request, how)
        return _run(request, root, how, ground, configs)


def _run(request: Request, root: Path, how: Plan, ground: Ground, configs: Sequence[Config]) -> bool:
    """Everything between an open folder and the table."""
    mirror = Mirror(request.base.tracking.uri, request.base.tracking.experiment, warn=View.warn)
    storage = request.base.search.storage or search.default_storage(root)
    study = Study(root.name, storage, request.space, how, request.base.search.seed)
    study.settle(lambda number, point: _ending(root, number, point))
    arms = list(_arms(request, root, ground))
    begun = time.perf_counter()
    notes = [*request.notes, *ground.notes, *_about_the_floor(request)]
    View.say(f"Base {request.base.model.name}: {ground.found_layers(request.base).describe()}")
    with View(root, request.question, notes, trials=study.remaining, arms=len(arms)) as view:
        mirror.open_study(root.name, root, request.base, request.space.plain(), ground.dataset(request.base))
        most = search.most_at_once(how)
        workers = local.workers(view.step, view.phase, view.warn, expected=configs, most=most)
        followers: list[Listener] = [_Record(request), _Mirrored(mirror, ground), view]
        Controller(study, workers, arms, _to_trial(request, root, ground), followers).run()
    seconds = time.perf_counter() - begun
    best = study.best()
    mirror.close_study(None if best is None else _best(root, best))
    table.show(root, fair=None if request.fair is None else (request.fair.command, request.fair.trials), seconds=seconds)
    if not mirror.off:
        View.say(f"Compare the runs:  {mirror.ui_command()}")
        View.say(f"  and filter by:   {mirror.compare_filter()}")
    return best is not None


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


def _about_the_floor(request: Request) -> list[str]:
    """The base is measured once; an axis that changes the base, or what it is asked, has values without a floor of their own."""
    changing = ("model", "quantization", "data", "prompt", "evaluation", "training.precision")
    keys = [axis.key for axis in request.space.axes if axis.key.startswith(changing)]
    if not keys or not request.base.evaluation.arms:
        return []
    return [
        f"the untouched base is measured with this study's default only, though {', '.join(keys)} changes what it would answer"
    ]


def _root(request: Request, ground: Ground) -> Path:
    """The study's folder; a single run is named after its trial."""
    digest, revision = ground.digest(request.base), ground.revision(request.base)
    if request.single:
        name = f"single-{identity.trial_key(request.base, digest, revision)}"
    else:
        name = identity.study_id(request.experiment, request.space.plain(), request.base, digest, model_revision=revision)
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


def _arms(request: Request, root: Path, ground: Ground) -> Iterator[Trial]:
    """The arms that were not measured yet."""
    for arm in request.base.evaluation.arms:
        place = root / "arms" / arm
        measured = folder.read_result(place, folder.ARM)
        if measured is None or measured["state"] != State.COMPLETE:
            yield _trial(request.base, place, ground, request.overrides, arm=arm)


def _to_trial(request: Request, root: Path, ground: Ground) -> Callable[[Proposal], Trial | None]:
    def build(proposal: Proposal) -> Trial | None:
        place, words = root / f"{proposal.number:04d}", overrides(proposal.point)
        try:
            config = request.compose(words)
            raise_all(Fault, ground.faults(config))
        except Fault as fault:
            place.mkdir(parents=True, exist_ok=True)
            folder.write_result(place, _no_result(proposal.number, proposal.point, str(fault)))
            View.warn(f"trial {proposal.number}: {fault}")
            return None
        both = (*request.overrides, *words)
        return _trial(config, place, ground, both, number=proposal.number, params=dict(proposal.point))

    return build


def _trial(config: Config, place: Path, ground: Ground, words: Sequence[str], **fields: Any) -> Trial:
    digest, revision = ground.digest(config), ground.revision(config)
    keys = identity.trial_key(config, digest, revision), identity.config_key(config, digest, revision)
    return Trial(config, place, *keys, overrides=tuple(words), **fields)


def _ending(root: Path, number: int, point: Mapping[str, Any]) -> tuple[State, float | None]:
    """How a trial ended whose process did not live to tell the study: as its folder says, else it failed with that process."""
    place = root / f"{number:04d}"
    result = folder.read_result(place)
    if result is None:
        place.mkdir(parents=True, exist_ok=True)
        for left in ("ckpt", "kept"):
            shutil.rmtree(place / left, ignore_errors=True)
        result = _no_result(number, point, "the process that ran this trial ended before it did; its point is tried again")
        folder.write_result(place, result)
    return State(result["state"]), result["objective"]


def _no_result(number: int, params: Mapping[str, Any], error: str) -> dict[str, Any]:
    """The result of a trial that was never measured."""
    empty: dict[str, Any] = {"levels": {}, "test_levels": {}, "train": {}, "provenance": {}}
    head = {"trial_key": None, "config_key": None, "number": number, "state": str(State.FAILED), "objective": None}
    return {**head, "params": dict(params), **empty, "error": error}


def _best(root: Path, number: int) -> dict[str, Any]:
    """The best trial for the parent run; only its number where somebody took its folder away."""
    result = folder.read_result(root / f"{number:04d}") or {}
    return {"number": number, "objective": result.get("objective"), "params": result.get("params")}


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
