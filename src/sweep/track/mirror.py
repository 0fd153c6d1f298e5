"""MLflow's picture of a study: a parent run, a child for every trial and arm. A mirror of the folders, which are the record.

Only the controller's process uses it. It never stops training: whatever goes wrong here becomes a warning. All calls carry
explicit run ids, since MLflow's active run is one a thread while many trials run at once.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from sweep import goals
from sweep.config import Config, plain
from sweep.track import runs, store, view
from sweep.track.folder import PREDICTION_FIELDS, PREDICTIONS, json_text, read_rows, values, yaml_text
from sweep.track.identity import RULES
from sweep.track.provenance import git_state
from sweep.trial import Outcome, Rung, State, Trial

if TYPE_CHECKING:
    from sweep.data.records import Dataset

STATUS = {State.COMPLETE: "FINISHED", State.PRUNED: "KILLED", State.FAILED: "FAILED"}
PATIENCE = 3  # failures in a row after which tracking ends: each may cost a time-out, and training waits meanwhile
MAX_METRICS, MAX_PARAMS = 1000, 100  # a batch; MLflow's limits
TAG_LENGTH = 8000  # characters; MLflow's limit
NONFINITE = "sweep.nonfinite"
TABLES = "mlflow.loggedArtifacts"  # the tag by which MLflow's pages find tables

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class _Run:
    """A run that is being written, and what it holds already."""

    run_id: str
    params: set[str] = field(default_factory=set)
    points: set[runs.Point] = field(default_factory=set)
    bad: dict[str, int] = field(default_factory=dict)  # metric -> first step without a finite value
    epoch: int = 0  # of the last rung


def guarded(method: Callable[Concatenate[Mirror, P], None]) -> Callable[Concatenate[Mirror, P], None]:
    """The one place where tracking fails: a warning with the cause, each cause once, and training goes on."""

    def call(self: Mirror, /, *args: P.args, **kwargs: P.kwargs) -> None:
        if self.off:
            return
        try:
            with store.quiet():
                store.reach(self.uri)
                method(self, *args, **kwargs)
            self._failures = 0
        except Exception as cause:
            self._failed(method.__name__, cause)

    functools.update_wrapper(call, method)
    return call


class Mirror:
    """The MLflow runs of one study. `uri` None: the database file mlruns/mlflow.db of the current folder."""

    def __init__(self, uri: str | None, experiment: str, warn: Callable[[str], None]) -> None:
        self.uri = store.absolute_uri(uri)
        self.experiment = experiment
        self.study_id = ""
        self.off = False  # it could not be opened, or failed too often
        self._warn = warn
        self._told: set[str] = set()
        self._failures = 0  # in a row
        self._client: Any = None
        self._experiment_id = ""
        self._study = _Run("")
        self._axes: tuple[str, ...] = ()
        self._earlier: dict[tuple[str, ...], Any] = {}  # runs of an interrupted study, to be continued
        self._open: dict[Path, _Run] = {}  # by trial folder
        self._clock = 0  # of the last metric, ms since 1970

    def open_study(self, study_id: str, folder: Path, base: Config, space: Mapping[str, Any], dataset: Dataset) -> None:
        """Create or continue the study's parent run; first of all calls. Whatever fails here ends tracking, not the study."""
        self.study_id = study_id
        self._open_study(folder, base, space, dataset)
        self._save_view(goals.names(base.search.objective), space)

    @guarded
    def _open_study(self, folder: Path, base: Config, space: Mapping[str, Any], dataset: Dataset) -> None:
        self._axes = tuple(key for key in space if key not in RULES)
        self._client = store.open_client(self.uri)
        self._experiment_id = store.experiment_id(self._client, self.uri, self.experiment)
        self._earlier = self._find_earlier()
        commit, dirty = git_state()
        tags = self._tags("study") | {"sweep.folder": str(folder), "mlflow.source.name": "sweep", "mlflow.source.type": "LOCAL"}
        if commit is not None:
            tags |= {"mlflow.source.git.commit": commit, "sweep.git_dirty": runs.text(dirty)}
        run = self._continue_or_create(("study",), self.study_id, tags)
        self._study = run
        self._client.log_text(run.run_id, yaml_text(plain(base)), "config.yaml")
        self._client.log_text(run.run_id, json.dumps(space, ensure_ascii=False, indent=2, default=str), "space.json")
        self._log_inputs(run.run_id, dataset)

    @guarded
    def _save_view(self, objectives: Sequence[str], space: Mapping[str, Any]) -> None:
        """A page of the trials over all axes; one that is there may have been changed by hand and stays."""
        axes = {runs.param_name(key): space[key] for key in self._axes}
        name, value = view.tag(self.study_id, self.compare_filter(), axes, runs.objective_metrics(objectives))
        if axes and name not in self._client.get_experiment(self._experiment_id).tags:
            self._client.set_experiment_tag(self._experiment_id, name, value)

    @guarded
    def open_trial(self, trial: Trial, trainable: int | None) -> None:
        """Create the run of a trial or arm, or continue the one that an interrupted study left.

        `trainable`: how many numbers are trained; None where only the outcome will tell (its `train["trainable"]`).
        """
        if trial.folder in self._open:  # it failed, and is tried again
            return
        kind = runs.kind(trial)
        tags = self._tags(kind) | {"sweep.trial_key": trial.trial_key, "sweep.config_key": trial.config_key}
        whole = self._open.get(trial.folder.parent) if trial.seed is not None else None
        tags["mlflow.parentRunId"] = (whole or self._study).run_id
        run = self._continue_or_create((kind, trial.trial_key, trial.name), trial.name, tags)
        self._open[trial.folder] = run
        self._log(run, params=runs.params(trial, trainable, self._axes))

    @guarded
    def rung(self, rung: Rung) -> None:
        """Losses since the former rung and what was measured at this one."""
        run = self._open.get(rung.trial.folder)
        if run is not None:
            run.epoch = rung.epoch
            self._log(run, runs.rung_points(rung))

    @guarded
    def close_trial(self, trial: Trial, outcome: Outcome) -> None:
        """Final figures, the trial's files, and how it ended. Calling it again changes nothing."""
        run = self._open.get(trial.folder)
        if run is None:
            return
        last = trial.config.training.epochs if outcome.state is State.COMPLETE and not trial.arm else run.epoch
        size = {name: runs.text(value) for name, value in runs.trainable_param(outcome.train.get("trainable")).items()}
        try:
            objectives = goals.names(trial.config.search.objective)
            self._log(run, runs.final_points(outcome, last, objectives), size, _ending(outcome))
            self._client.log_text(run.run_id, yaml_text(plain(trial.config)), "config.yaml")
            self._client.log_text(run.run_id, yaml_text(list(trial.overrides)), "overrides.yaml")
            self._log_predictions(run.run_id, read_rows(trial.folder / PREDICTIONS))
            if (trial.folder / "adapter").is_dir():
                self._client.log_artifacts(run.run_id, str(trial.folder / "adapter"), "adapter")
        finally:  # a file that could not be copied does not leave the run open
            self._client.set_terminated(run.run_id, STATUS[outcome.state])
            del self._open[trial.folder]
            for seed in [part.folder for part in trial.parts if part.folder in self._open]:  # they ended with their trial
                self._client.set_terminated(self._open.pop(seed).run_id, "KILLED")

    def left_running(self) -> list[tuple[str, str]]:
        """Kind (trial, seed, arm) and name of each run that a process which died left open, and that nobody has gone on with."""
        return [(key[0], key[2]) for key, run in self._earlier.items() if len(key) == 3 and run.info.status == "RUNNING"]

    @guarded
    def abandon(self) -> None:
        """The study ends at once: no run is left open."""
        self._kill_open()
        self._client.set_terminated(self._study.run_id, "KILLED")

    @guarded
    def close_study(
        self, best: Mapping[str, Any] | None, whole: bool = True, saved: float = 0.0, completed: bool = False
    ) -> None:
        """End the parent run, with the best trial where there is one (`number`, `objective`), and trials that never ended.

        `whole`: nothing is left to run; `saved`: share of the training that pruning saved; `completed`: a trial was, even where
        none is best.
        """
        self._kill_open()
        self._log(self._study, [("saved_share", 0, saved)])
        if best is not None:
            objective = [("best/objective", 0, float(value)) for value in values(best)[:1]]
            self._log(self._study, objective, tags={"sweep.best": runs.text(best.get("number"))})
            self._client.log_text(self._study.run_id, json_text(best, indent=2), "best.json")
        ended = "FINISHED" if best is not None or completed else "FAILED"
        self._client.set_terminated(self._study.run_id, ended if whole else "KILLED")

    def _kill_open(self) -> None:
        for run in self._open.values():
            self._client.set_terminated(run.run_id, "KILLED")
        for run in self._earlier.values():  # of a process that was killed: nobody goes on with them
            if run.info.status == "RUNNING":
                self._client.set_terminated(run.info.run_id, "KILLED")
        self._earlier.clear()
        self._open.clear()

    def ui_command(self) -> str:
        """What to type to see the runs."""
        return store.ui_command(self.uri)

    def view_address(self) -> str:
        """Where that command, or the tracking server itself, shows this study's trials over all axes."""
        return view.address(store.ui_address(self.uri), self._experiment_id, self.study_id)

    def compare_filter(self) -> str:
        """What to paste into MLflow's search field so that only this study's trials are compared."""
        return f"tags.`sweep.kind` = 'trial' and tags.`sweep.id` = '{self.study_id}'"

    def _failed(self, name: str, cause: Exception) -> None:
        first = next(iter(str(cause).strip().splitlines()), "")[:300]
        said = f"{type(cause).__name__}: {first}" if first else type(cause).__name__
        self._failures += 1
        self.off = name == "_open_study" or self._failures >= PATIENCE
        if said not in self._told or self.off:
            after = "this run is not tracked any further" if self.off else "it goes on without this entry"
            self._warn(
                f"MLflow ({store.shown(self.uri)}): {name.strip('_')} failed: {said}; {after}. The study folder keeps everything."
            )
        self._told.add(said)

    def _tags(self, kind: str) -> dict[str, str]:
        return {"sweep.kind": kind, "sweep.id": self.study_id}

    def _find_earlier(self) -> dict[tuple[str, ...], Any]:
        """The runs of this study that are there already: (study,), (kind of trial, trial key, name) -> run."""
        found: dict[tuple[str, ...], Any] = {}
        token, pages = None, 0
        while token or not pages:
            page = self._client.search_runs([self._experiment_id], f"tags.`sweep.id` = '{self.study_id}'", page_token=token)
            token, pages = page.token, pages + 1
            for run in page:
                kind, trial_key = run.data.tags.get("sweep.kind", ""), run.data.tags.get("sweep.trial_key", "")
                found[("study",) if kind == "study" else (kind, trial_key, run.info.run_name)] = run
        return found

    def _continue_or_create(self, key: tuple[str, ...], name: str, tags: dict[str, str]) -> _Run:
        earlier = self._earlier.pop(key, None)
        if earlier is None:
            return _Run(self._client.create_run(self._experiment_id, tags=tags, run_name=name).info.run_id)
        run = _Run(earlier.info.run_id, params=set(earlier.data.params))
        history = [m for metric in earlier.data.metrics for m in self._client.get_metric_history(run.run_id, metric)]
        run.points = {(m.key, m.step, m.value) for m in history}
        run.epoch = max((m.step for m in history if m.key.endswith("/acc")), default=0)
        said = [entry.rsplit("@", 1) for entry in earlier.data.tags.get(NONFINITE, "").split(", ") if "@" in entry]
        run.bad = {metric: int(step) for metric, step in said}
        self._client.update_run(run.run_id, status="RUNNING")
        self._log(run, tags=tags)
        return run

    def _log(
        self,
        run: _Run,
        points: Iterable[runs.Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Write in as few calls as MLflow allows, and only what the run does not hold: points would double, params clash."""
        from mlflow.entities import Metric, Param, RunTag

        finite, bad = runs.split_finite(points)
        new = [point for point in dict.fromkeys(finite) if point not in run.points]
        # of two values at one step MLflow shows the later one, and in the same millisecond the larger one
        self._clock = max(self._clock + 1, int(time.time() * 1000))
        metrics = [Metric(name, value, self._clock, step) for name, step, value in new]
        all_tags = dict(tags or {})
        if bad:
            run.bad = bad | run.bad
            all_tags[NONFINITE] = ", ".join(f"{name}@{step}" for name, step in run.bad.items())
        tag_list = [RunTag(name, value[:TAG_LENGTH]) for name, value in all_tags.items()]
        new_params = {name: value for name, value in (params or {}).items() if name not in run.params}
        for part in _parts([Param(name, value) for name, value in new_params.items()], MAX_PARAMS):
            self._client.log_batch(run.run_id, params=part)
        for part in _parts(metrics, MAX_METRICS):
            self._client.log_batch(run.run_id, metrics=part)
        if tag_list:
            self._client.log_batch(run.run_id, tags=tag_list)
        run.points.update(new)
        run.params.update(new_params)

    def _log_inputs(self, run_id: str, dataset: Dataset) -> None:
        from mlflow.entities import Dataset as Described
        from mlflow.entities import DatasetInput, InputTag

        inputs = [
            DatasetInput(Described(**fields), [InputTag("mlflow.data.context", context)])
            for fields, context in runs.dataset_inputs(dataset)
        ]
        self._client.log_inputs(run_id, inputs)

    def _log_predictions(self, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """A table as `log_table` writes one; that call itself would append to the table of an earlier attempt."""
        if rows:
            columns = list(dict.fromkeys([*PREDICTION_FIELDS, *(name for row in rows for name in row)]))
            table = {"columns": columns, "data": [[row.get(name) for name in columns] for row in rows]}
            self._client.log_text(run_id, json_text(table), "predictions.json")
            self._client.set_tag(run_id, TABLES, json.dumps([{"path": "predictions.json", "type": "table"}]))


def _ending(outcome: Outcome) -> dict[str, str]:
    """How a trial ended; of a traceback the last line, which names the cause."""
    tags = {"sweep.state": outcome.state.value}
    lines = (outcome.error or "").strip().splitlines()
    return tags | {"sweep.error": lines[-1]} if lines else tags


def _parts(values: Sequence[T], size: int) -> list[Sequence[T]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
