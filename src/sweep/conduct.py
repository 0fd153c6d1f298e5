"""Everything around one study: check it, open its folder, run it through the Controller, show what came out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sweep import arms, preflight
from sweep.assembly import SEED, Assembly
from sweep.config import Config, plain
from sweep.confirm import Listed, Stage, sides
from sweep.controller import Controller, Listener, Rules
from sweep.demands import read
from sweep.errors import ConfigFault, Fault, JudgeFault, raise_all
from sweep.followers import Mirrored, Record
from sweep.foresight import foresee
from sweep.interrupts import finishing
from sweep.judging import study as judging
from sweep.launch import local
from sweep.ownership import owned
from sweep.preflight import Ground
from sweep.recall import Known
from sweep.report import confirmed, ending, page, table, winner
from sweep.report.contents import IMPORTANCE
from sweep.report.live import View
from sweep.report.unasked import unasked
from sweep.request import Request
from sweep.scheme import Scheme, at_once, configurations, rungs, scheme
from sweep.search.claim import HOME, Claim
from sweep.search.objective import Objective
from sweep.search.samplers import Plan
from sweep.search.space import Choice
from sweep.search.spelling import show
from sweep.search.study import Study
from sweep.track import best as best_file
from sweep.track import ending as endings
from sweep.track import folder, identity, recorded
from sweep.track.mirror import Mirror
from sweep.track.provenance import git_state
from sweep.trial import Trial


def conduct(request: Request) -> bool:
    """Run the study to its end and print its table. False when no trial was completed.

    Raises: Fault with everything that is wrong, before anything is written.
    """
    raise_all(ConfigFault, [] if request.single else list(_astray(request)))
    search = scheme(request)
    configs = configurations(request, search.points)
    ground = preflight.check(configs)
    if request.base.search.dry_run:
        for note in _notes(request, search, ground):
            View.note(note)
        for line in foresee(request, search.how, ground, configs):
            View.say(line)
        return True
    root = _root(request, ground)
    _check_version(root)
    with owned(root, request.base.search.storage) as claim:
        _write_study(root, request, search.how, claim, ground)
        return _run(request, root, search, ground, configs, claim)


def _astray(request: Request) -> Iterator[str]:
    """What the search says of axes that this sweep does not have."""
    search, axes = request.base.search, {axis.key: axis for axis in request.space.axes}
    stray = [key for key in search.tune if key not in axes]
    if stray:
        yield f"search.tune: got {', '.join(stray)}, which is no axis of this sweep"
    if search.confirm.top and SEED in axes:
        top = search.confirm.top
        yield f"search.confirm.top: got {top}, but seed is an axis of this sweep; type search.seeds=[0,1,2] in its place"
    for key, pairs in search.contrasts.items():
        if not isinstance(axis := axes.get(key), Choice):
            yield f"search.contrasts.{key}: got {pairs}, but {key} is no axis of this sweep that lists its values"
            continue
        for pair in pairs:
            if sides(axis, pair[0]) == sides(axis, pair[1]) != []:
                yield f"search.contrasts.{key}: got {pair}, expected two different values"
        for value in (value for pair in pairs for value in pair if not sides(axis, value)):
            yield f"search.contrasts.{key}: got {show(value)}, expected one of {', '.join(map(show, axis.values))}"


def _run(request: Request, root: Path, search: Scheme, ground: Ground, configs: Sequence[Config], claim: Claim) -> bool:
    """Everything between an open folder and the table."""
    mirror = Mirror(request.base.tracking.uri, request.base.tracking.experiment, warn=View.warn)
    made = Assembly(request, root, ground)
    study = _study(request, search, made, configs, claim)
    study.settle(made.ending)
    beside = list(made.arms())
    begun = time.perf_counter()
    notes = _notes(request, search, ground)
    View.say(f"Base {request.base.model.name}: {ground.found_layers(request.base).describe()}")
    with View(root, request.question, notes, trials=study.remaining, arms=len(beside)) as view:
        mirror.open_study(root, folder.read_result(root, folder.STUDY) or {})
        mirrored = Mirrored(mirror, ground)
        _mend(root, mirror)
        workers = local.workers(view.warn, expected=configs, most=at_once(request, search))
        view.watch([worker.snapshot for worker in workers])
        reuse = request.base.search.reuse and not request.single
        known = Known(root.parent, root, elsewhere=reuse, costs=ground.costs)
        listeners: list[Listener] = [Record(request.hydra, ground), mirrored, view]
        wanted = request.base.search
        rules = Rules(wanted.retries, wanted.max_failures, wanted.signal, rungs(configs))
        controller = Controller(study, workers, beside, made.trial, listeners, rules, known.result)
        interrupted = _run_to_the_end(controller, mirror)
        if request.base.search.confirm.top and not (interrupted or controller.broke_off or study.remaining):
            stage = Stage(made, workers, listeners, rules, view.expect, lambda one: _run_to_the_end(one, mirror))
            interrupted = stage.confirm(Objective.of(request.base.search))
        if not (interrupted or controller.broke_off) and (adapted := _adapter_arms(made)):
            interrupted = _run_to_the_end(Controller(Listed([]), workers, adapted, made.trial, listeners, rules), mirror)
    seconds = time.perf_counter() - begun
    summary, completed = table.read(root), study.completed > 0
    about = folder.read_result(root, folder.STUDY) or {"config": plain(request.base)}
    waits, left = confirmed.outstanding(root, about), unasked(root, about)
    ended = ending.read(root, summary.best, whole=not (study.remaining or waits or left), completed=completed)
    endings.write(root, ended)
    mirror.close_study(ended)
    table.show(summary, fair=None if request.fair is None else (request.fair.command, request.fair.trials), seconds=seconds)
    _tell(request, root, study, mirror, summary.best, ended.saved_share)
    if waits and not study.remaining:
        View.say("The confirmation (search.confirm) is not over; the same command goes on with it")
    elif left and not study.remaining:
        View.say(f"Arms that are yet to be asked: {', '.join(left)}; the same command goes on with them")
    if not interrupted:
        _judge(request, root)
    if not request.single:
        _report(root)
        mirror.hang_report()
    if not completed and not controller.broke_off:
        View.warn("no trial was completed: all were stopped by the pruner, or failed")
    if controller.broke_off:
        most = request.base.search.max_failures
        View.warn(f"{most} trials failed in a row, so the sweep was ended; mend the cause, or raise search.max_failures")
    if interrupted:
        raise KeyboardInterrupt
    return completed and not controller.broke_off


def _adapter_arms(made: Assembly) -> list[Trial]:
    """What is asked of the best trial's adapter, where that was wanted and a trial is named best."""
    if not any(arms.KINDS[name].adapter for name in made.request.base.evaluation.arms):
        return []
    try:
        best = winner.find(made.root)
        doubt = best.doubt
    except Fault as fault:  # what was trained is shown all the same
        doubt = str(fault)
    if doubt is not None:
        View.say(f"The arms of the best adapter are left out: {doubt}")
        return []
    return list(made.adapter_arms(read(best.config), best.adapter))


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
        folder.write_atomically(root / IMPORTANCE, folder.json_text(importance, indent=2) + "\n")
    if saved:
        View.say(f"Pruning saved {100 * saved:.0f} % of the training of the trials that were begun.")
    if not mirror.off:
        View.say(f"Compare the runs:  {mirror.ui_command()}")
        if not request.single:
            View.say(f"  all axes at:     {mirror.view_address()}")
        View.say(f"  or filter by:    {mirror.compare_filter()}")


def _judge(request: Request, root: Path) -> None:
    """A second opinion on what was answered, where one is wanted; without it the results stand as they are."""
    wanted, tracking = request.base.evaluation.judge, request.base.tracking
    if wanted.url is None:
        return
    try:
        judging.grade(root, wanted, tracking.uri, tracking.experiment, View.warn)
    except JudgeFault as fault:
        View.warn(f"the answers were not all judged: {fault}; the results stand, and python -m sweep.judge {root} goes on")


def _report(root: Path) -> None:
    """The page about the study. Whatever keeps it from being written, the sweep is over and its exit code stands."""
    try:
        View.say(f"Report:  {page.write(root)}")
    except Exception as error:
        again = f"python -m sweep.report {root} tries again"
        View.warn(f"the report could not be written: {type(error).__name__}: {error}; {again}")


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


def _study(request: Request, search: Scheme, made: Assembly, configs: Sequence[Config], claim: Claim) -> Study:
    return Study(
        claim.study,
        claim.storage,
        request.space,
        search.how,
        request.base.search.seed,
        points=search.points,
        first=[] if search.baseline is None else [search.baseline],
        rungs=rungs(configs),
        identity=made.identity,
        claim=claim,
    )


def _mend(root: Path, mirror: Mirror) -> None:
    """Close the MLflow runs of trials that ended just before their process died."""
    for kind, name in mirror.left_running():
        found = recorded.at(root, recorded.place_of(root, kind, name))
        if found is not None and found.outcome is not None:
            mirror.open_trial(found.trial, found.trainable)
            mirror.close_trial(found.trial, found.outcome, found.ended)


def _notes(request: Request, search: Scheme, ground: Ground) -> list[str]:
    """What a user should know before it begins, of a study that runs and of one that is only foretold."""
    return [*request.notes, *ground.notes, *_about_the_floor(request), *_about_the_baseline(search)]


def _about_the_floor(request: Request) -> list[str]:
    """The base is measured once; an axis that changes the base, or what it is asked, has values without a floor of their own."""
    changing = ("model", "quantization", "data", "prompt", "evaluation", "training.precision")
    keys = [key for key in request.space.keys if key.startswith(changing)]
    if not keys or not request.base.evaluation.arms:
        return []
    return [
        f"the untouched base is measured with this study's default only, though {', '.join(keys)} changes what it would answer"
    ]


def _about_the_baseline(search: Scheme) -> list[str]:
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


def _write_study(root: Path, request: Request, how: Plan, claim: Claim, ground: Ground) -> None:
    """study.json: what was asked, of which data and by which code, for whoever reads the folder later."""
    data, (commit, dirty) = ground.dataset(request.base), git_state()
    endings.reopen(root)
    body = {
        "schema": identity.SCHEMA_VERSION,
        HOME: claim.home.id,
        "experiment": request.experiment,
        "question": request.question,
        "space": request.space.plain(),
        "tune": list(request.base.search.tune),
        "sampler": how.sampler,
        "n_trials": how.n_trials,
        "overrides": list(request.overrides),
        "config": plain(request.base),
        "dataset": {"name": data.name, "digest": data.digest, "rows": {"train": len(data.train), "eval": len(data.eval)}},
        "code": {"git_commit": commit, "git_dirty": dirty},
    }
    folder.write_atomically(root / folder.STUDY, json.dumps(body, ensure_ascii=False, indent=2) + "\n")
