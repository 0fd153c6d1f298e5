"""Everything around one study: check it, open its folder, run it through the Controller, show what came out."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweep import preflight
from sweep.config import Config, plain
from sweep.controller import Controller, Rules
from sweep.errors import ConfigFault, Fault, raise_all
from sweep.followers import Mirrored, Record
from sweep.foresight import foresee
from sweep.interrupts import finishing
from sweep.launch import local
from sweep.preflight import Ground
from sweep.recall import Elsewhere, ending, last_value, outcome
from sweep.report import table
from sweep.report.live import View
from sweep.request import Request
from sweep.search import design
from sweep.search.objective import Objective
from sweep.search.samplers import Plan, most_at_once, plan
from sweep.search.space import Point, overrides
from sweep.search.storage import default_storage
from sweep.search.study import Proposal, Result, Study
from sweep.track import best as best_file
from sweep.track import folder, identity
from sweep.track.lock import alone
from sweep.track.mirror import Mirror
from sweep.trial import Done, Failed, State, Trial

CHECKED_POINTS = 1000  # a discrete space up to this size is composed whole before anything runs


@dataclass(frozen=True)
class _Search:
    """How a space is searched."""

    how: Plan
    baseline: Point | None  # what everything is compared with, where it is a point of the space
    points: list[Point] | None  # of a grid, in their order; None: a sampler draws them


def conduct(request: Request) -> bool:
    """Run the study to its end and print its table. False when no trial was completed.

    Raises: Fault with everything that is wrong, before anything is written.
    """
    stray = [key for key in request.base.search.tune if key not in request.space.keys]
    if stray and not request.single:
        raise ConfigFault(f"search.tune: got {', '.join(stray)}, which is no axis of this sweep")
    search = _search(request)
    configs = _configs(request, search.points)
    ground = preflight.check(configs)
    if request.base.search.dry_run:
        for line in foresee(request, search.how, ground, configs):
            View.say(line)
        return True
    root = _root(request, ground)
    _check_version(root)
    root.mkdir(parents=True, exist_ok=True)
    with alone(root):
        _write_study(root, request, search.how)
        return _run(request, root, search, ground, configs)


def _run(request: Request, root: Path, search: _Search, ground: Ground, configs: Sequence[Config]) -> bool:
    """Everything between an open folder and the table."""
    mirror = Mirror(request.base.tracking.uri, request.base.tracking.experiment, warn=View.warn)
    study = _study(request, root, search, ground, configs)
    study.settle(lambda number, point, pruned: _ending(root, number, point, pruned))
    arms = list(_arms(request, root, ground))
    begun = time.perf_counter()
    notes = [*request.notes, *ground.notes, *_about_the_floor(request), *_about_the_baseline(search)]
    View.say(f"Base {request.base.model.name}: {ground.found_layers(request.base).describe()}")
    with View(root, request.question, notes, trials=study.remaining, arms=len(arms)) as view:
        mirror.open_study(root.name, root, request.base, request.space.plain(), ground.dataset(request.base))
        mirrored = Mirrored(mirror, ground)
        _mend(request, root, ground, mirror, mirrored)
        workers = local.workers(view.step, view.phase, view.warn, expected=configs, most=most_at_once(search.how))
        former = Elsewhere(root.parent, root) if request.base.search.reuse and not request.single else None
        controller = Controller(
            study,
            workers,
            arms,
            _to_trial(request, root, ground),
            [Record(request.hydra), mirrored, view],
            Rules(request.base.search.retries, request.base.search.max_failures, _rungs(configs)),
            known=former.result if former is not None else lambda trial: None,
        )
        interrupted = _run_to_the_end(controller, mirror)
    seconds = time.perf_counter() - begun
    summary, saved = table.read(root), _saved(root)
    best, completed = summary.verdict.best, study.completed > 0
    named = None if best is None else _best(root, best)
    mirror.close_study(named, whole=not study.remaining, saved=saved, completed=completed)
    table.show(summary, fair=None if request.fair is None else (request.fair.command, request.fair.trials), seconds=seconds)
    _tell(request, root, study, mirror, best, saved)
    if controller.broke_off:
        most = request.base.search.max_failures
        View.warn(f"{most} trials failed in a row, so the sweep was ended; mend the cause, or raise search.max_failures")
    if interrupted:
        raise KeyboardInterrupt
    return completed and not controller.broke_off


def _tell(request: Request, root: Path, study: Study, mirror: Mirror, best: int | None, saved: float) -> None:
    """What stands below the table."""
    if best is not None and not request.single:
        try:
            best_file.write(root, best)
            View.say(f"Run the best again:  python -m sweep +best={root.name}")
        except OSError as error:
            View.warn(f"the best configuration cannot be run by name: {error}; it is in {root / f'{best:04d}'}")
    if importance := study.importance():
        told = " · ".join(f"{key} {share:.2f}" for key, share in importance.items())
        View.say(f"What moved the objective (PED-ANOVA, shares): {told}")
    if saved:
        View.say(f"Pruning saved {100 * saved:.0f} % of the training of the trials that were begun.")
    if not mirror.off:
        View.say(f"Compare the runs:  {mirror.ui_command()}")
        View.say(f"  and filter by:   {mirror.compare_filter()}")


def _run_to_the_end(controller: Controller, mirror: Mirror) -> bool:
    """True where the study was asked to end early. Whatever ends it at once, no run is left open in MLflow."""
    heard: list[bool] = []

    def finish() -> None:
        heard.append(True)
        controller.finish()
        View.say(f"Stopping: {controller.running} running are finished first; once more stops now, and the same command goes on")

    try:
        with finishing(finish):
            controller.run()
    except BaseException:
        mirror.abandon()
        raise
    return bool(heard)


def _search(request: Request) -> _Search:
    """Raises: ConfigFault for a search that cannot be made."""
    objectives = len(Objective.of(request.base.search).goals)
    if request.single:
        return _Search(Plan("grid", 1, objectives=objectives), {}, [{}])
    wanted, baseline = request.base.search, request.space.baseline(plain(request.base))
    lists = wanted.design != "full"
    if lists and wanted.sampler not in ("auto", "grid"):
        raise ConfigFault(f"search.sampler: got {wanted.sampler}, but search.design={wanted.design} lists its points; type grid")
    sampler = "grid" if lists else wanted.sampler
    options = wanted.pruner, wanted.sampler_options, wanted.pruner_options, objectives
    how = plan(request.space, sampler, wanted.n_trials, *options)
    if how.sampler != "grid":
        return _Search(how, baseline, None)
    points = design.points(request.space, wanted.design, baseline)
    return _Search(replace(how, n_trials=min(how.n_trials, len(points))), baseline, points)


def _study(request: Request, root: Path, search: _Search, ground: Ground, configs: Sequence[Config]) -> Study:
    return Study(
        root.name,
        request.base.search.storage or default_storage(root),
        request.space,
        search.how,
        request.base.search.seed,
        points=search.points,
        first=[] if search.baseline is None else [search.baseline],
        rungs=_rungs(configs),
        identity=lambda point: _identity(request, ground, point),
    )


def _identity(request: Request, ground: Ground, point: Point) -> str:
    """Two points that make one configuration are one experiment; a point that makes none stands for itself."""
    try:
        config = request.compose(overrides(point))
        return identity.trial_key(config, ground.digest(config), ground.revision(config))
    except Fault:
        return repr(sorted(point.items()))


def _rungs(configs: Sequence[Config]) -> int:
    """Steps by which trials of different length are compared: the epochs of the longest."""
    return max(config.training.epochs for config in configs)


def _saved(root: Path) -> float:
    """Share of the planned optimizer steps that pruned trials were spared, of all trials that ended well or were pruned."""
    trained = [
        one["train"] for one in folder.results(root).values() if one["state"] != State.FAILED and "planned_steps" in one["train"]
    ]
    planned = sum(one["planned_steps"] for one in trained)
    return 1 - sum(one["steps"] for one in trained) / planned if planned else 0.0


def _mend(request: Request, root: Path, ground: Ground, mirror: Mirror, mirrored: Mirrored) -> None:
    """Close the MLflow runs of trials that ended just before their process died."""
    for kind, name in mirror.left_running():
        place = root / "arms" / name if kind == "arm" else root / name
        found = folder.read_result(place, folder.ARM if kind == "arm" else folder.RESULT)
        if found is None:
            continue
        words = overrides(found["params"])
        fields = {"arm": name} if kind == "arm" else {"number": found["number"], "params": found["params"]}
        trial = _trial(request.compose(words), place, ground, (*request.overrides, *words), **fields)
        told = outcome(found)
        mirrored.opened(trial)
        mirrored.heard(Failed(trial, told) if told.state is State.FAILED else Done(trial, told))


def _configs(request: Request, listed: Sequence[Point] | None) -> list[Config]:
    """Every configuration that will run, as far as they can be counted; else each value of each axis by itself."""
    space = request.space
    few = len(listed) <= CHECKED_POINTS if listed is not None else space.discrete and space.size <= CHECKED_POINTS
    points = (listed if listed is not None else space.points()) if few else space.edges()
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
    keys = [key for key in request.space.keys if key.startswith(changing)]
    if not keys or not request.base.evaluation.arms:
        return []
    return [
        f"the untouched base is measured with this study's default only, though {', '.join(keys)} changes what it would answer"
    ]


def _about_the_baseline(search: _Search) -> list[str]:
    """The configuration that everything is compared with runs first, where it is a point of the space."""
    if search.baseline is not None:
        return []
    return ["the configuration without any swept value is no point of this space, so it is not run as a baseline"]


def _root(request: Request, ground: Ground) -> Path:
    """The study's folder; a single run is named after its trial."""
    digest, revision = ground.digest(request.base), ground.revision(request.base)
    if request.single:
        name = f"single-{identity.trial_key(request.base, digest, revision)}"
    else:
        name = identity.study_id(request.experiment, request.space.plain(), request.base, digest, model_revision=revision)
    return Path(request.base.output_dir).resolve() / name


def _check_version(root: Path) -> None:
    """Raises: ConfigFault for the folder of a version that wrote other records."""
    known = folder.read_result(root, folder.STUDY)
    schema = (known or {}).get("schema", identity.SCHEMA_VERSION)
    if schema != identity.SCHEMA_VERSION:
        raise ConfigFault(
            f"{root}: got a study of schema {schema}, expected {identity.SCHEMA_VERSION}: another version of sweep wrote it; "
            "move it away, or type output_dir=another_folder"
        )


def _write_study(root: Path, request: Request, how: Plan) -> None:
    """study.json: what was asked, for whoever reads the folder later."""
    body = {
        "schema": identity.SCHEMA_VERSION,
        "experiment": request.experiment,
        "question": request.question,
        "space": request.space.plain(),
        "tune": list(request.base.search.tune),
        "sampler": how.sampler,
        "n_trials": how.n_trials,
        "overrides": list(request.overrides),
        "config": plain(request.base),
    }
    folder.write_atomically(root / folder.STUDY, json.dumps(body, ensure_ascii=False, indent=2) + "\n")


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
        point = dict(proposal.point)
        return _trial(config, place, ground, both, number=proposal.number, params=point, resumed=proposal.resumed)

    return build


def _trial(config: Config, place: Path, ground: Ground, words: Sequence[str], **fields: Any) -> Trial:
    digest, revision = ground.digest(config), ground.revision(config)
    keys = identity.trial_key(config, digest, revision), identity.config_key(config, digest, revision)
    return Trial(config, place, *keys, overrides=tuple(words), **fields)


def _ending(root: Path, number: int, point: Point, pruned: bool) -> Result | None:
    """How a trial ended whose process did not live to tell the study; None where it did not end, and goes on. One that was to be
    pruned is."""
    place = root / f"{number:04d}"
    if (found := ending(place)) is None and pruned:
        body = _no_result(number, point, None) | {"state": str(State.PRUNED), "objective": last_value(place)}
        folder.write_result(place, body)
        for left in ("ckpt", "kept"):
            shutil.rmtree(place / left, ignore_errors=True)
        found = ending(place)
    return found


def _no_result(number: int, params: Mapping[str, Any], error: str | None) -> dict[str, Any]:
    """The result of a trial that was never wholly measured."""
    empty: dict[str, Any] = {"levels": {}, "test_levels": {}, "train": {}, "provenance": {}}
    head = {"trial_key": None, "config_key": None, "number": number, "state": str(State.FAILED), "objective": None}
    return {**head, "params": dict(params), **empty, "error": error}


def _best(root: Path, number: int) -> dict[str, Any]:
    """The best trial for the parent run; only its number where somebody took its folder away."""
    result = folder.read_result(root / f"{number:04d}") or {}
    return {"number": number, "objective": result.get("objective"), "params": result.get("params")}
