"""MLflow's picture of a study: a parent run, a child for every trial and arm. A mirror of the folders, which are the record.

Only the controller's process uses it. It never stops training: whatever goes wrong here becomes a warning. All calls carry
explicit run ids, since MLflow's active run is one a thread while many trials run at once. `sweep.track.rebuild` tells it the
same from the folders alone, and there whatever goes wrong is a fault.
"""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeAlias

from sweep import goals
from sweep.address import masked
from sweep.config import plain
from sweep.errors import TrackingFault
from sweep.track import folder, models, recorded, runs, store, view
from sweep.track.ending import KILLED, Ending
from sweep.track.folder import json_text, read_rows, values, yaml_text
from sweep.track.identity import RULES
from sweep.track.writer import NAME, Key, Run, Writer
from sweep.trial import Outcome, Rung, State, Trial

STATUS = {State.COMPLETE: "FINISHED", State.PRUNED: "KILLED", State.FAILED: "FAILED"}
PATIENCE = 3  # failures in a row after which tracking ends: each may cost a time-out, and training waits meanwhile

P = ParamSpec("P")
Guarded: TypeAlias = "Callable[Concatenate[Mirror, P], None]"


def guarded(what: str, *, over: bool = False) -> Callable[[Guarded[P]], Guarded[P]]:
    """The one place where tracking fails: a warning with the cause, each cause once, and training goes on.

    `what`: how the warning goes on behind `MLflow (its address)`, in the words of who reads it; `over`: nothing trains any more.
    """

    def guard(method: Guarded[P]) -> Guarded[P]:
        def call(self: Mirror, /, *args: P.args, **kwargs: P.kwargs) -> None:
            if self.off:
                return
            reached = False
            try:
                with store.quiet():
                    store.reach(self.uri)
                    reached = True
                    method(self, *args, **kwargs)
                self._failures = 0
            except Exception as cause:
                silent = isinstance(cause, OSError) and not reached
                self._failed("does not answer" if silent else what, cause, over)

        functools.update_wrapper(call, method)
        return call

    return guard


class Mirror:
    """The MLflow runs of one study. `uri` None: the database file mlruns/mlflow.db of the current folder."""

    def __init__(self, uri: str | None, experiment: str, warn: Callable[[str], None] | None) -> None:
        """`warn` None: a study that is over is told of. What goes wrong is raised, as TrackingFault, and no run that has ended is
        opened again."""
        self.uri = store.absolute_uri(uri)
        self.experiment = experiment
        self.study_id = ""
        self.off = False  # it could not be opened, or failed too often
        self._warn = warn
        self._told: set[str] = set()
        self._failures = 0  # in a row
        self._opened = False
        self._client: Any = None
        self._writer: Writer
        self._root = Path()
        self._study = Run("")
        self._axes: tuple[str, ...] = ()
        self._earlier: dict[Key, Any] = {}  # runs of an interrupted study, to be continued
        self._open: dict[Path, Run] = {}  # by trial folder

    def open_study(self, root: Path, study: Mapping[str, Any], started: int | None = None) -> None:
        """Create or continue the study's parent run; first of all calls. Whatever fails here ends tracking, not the study.

        `study`: the body of its study.json; `started`: ms since 1970, of a run that is not there yet.
        """
        self.study_id, self._root = root.name, root
        self._open_study(study, started)
        self._save_view(study)

    @guarded("cannot be opened")
    def _open_study(self, study: Mapping[str, Any], started: int | None) -> None:
        self._axes = tuple(key for key in study["space"] if key not in RULES)
        self._client = store.open_client(self.uri)
        experiment_id = store.experiment_id(self._client, self.uri, self.experiment)
        self._writer = Writer(self._client, experiment_id, self.study_id)
        self._earlier = self._writer.there()
        tags = self._tags("study") | {"mlflow.source.name": "sweep", "mlflow.source.type": "LOCAL"}
        tags["sweep.folder"] = str(self._root)
        code = study.get("code", {})
        if code.get("git_commit") is not None:
            tags |= {"mlflow.source.git.commit": code["git_commit"], "sweep.git_dirty": runs.text(code["git_dirty"])}
        self._study = self._continue_or_create(("study", self.study_id, ""), tags, started)
        self._client.log_text(self._study.run_id, yaml_text(study["config"]), "config.yaml")
        self._client.log_text(
            self._study.run_id, json.dumps(study["space"], ensure_ascii=False, indent=2, default=str), "space.json"
        )
        self._writer.log_inputs(self._study, runs.dataset_inputs(study))
        self._opened = True

    @guarded("did not take the page that compares the trials")
    def _save_view(self, study: Mapping[str, Any]) -> None:
        """A page of the trials over all axes; one that is there may have been changed by hand and stays."""
        axes = {runs.param_name(key): study["space"][key] for key in self._axes}
        objectives = goals.names(study["config"]["search"]["objective"])
        name, value = view.tag(self.study_id, self.compare_filter(), axes, runs.objective_metrics(objectives))
        if axes and name not in self._client.get_experiment(self._writer.experiment_id).tags:
            self._client.set_experiment_tag(self._writer.experiment_id, name, value)

    @guarded("did not take the beginning of a trial")
    def open_trial(self, trial: Trial, trainable: int | None, started: int | None = None) -> None:
        """Create the run of a trial or arm, or continue the one that an interrupted study left.

        `trainable`: how many numbers are trained; None where only the outcome will tell (its `train["trainable"]`).
        """
        if trial.folder in self._open:  # it failed, and is tried again
            return
        kind = runs.kind(trial.name)
        tags = self._tags(kind) | {NAME: trial.name, "sweep.trial_key": trial.trial_key, "sweep.config_key": trial.config_key}
        key = (kind, trial.name, trial.trial_key)
        whole = self._open.get(trial.folder.parent) if trial.seed is not None else None
        if trial.seed is None or whole is not None or key not in self._earlier:  # else it has its parent, which goes on later
            tags["mlflow.parentRunId"] = (whole or self._study).run_id
        run = self._continue_or_create(key, tags, started)
        self._open[trial.folder] = run
        self._writer.log(run, params=runs.params(trial, trainable, self._axes))

    @guarded("did not take the figures of an epoch")
    def rung(self, rung: Rung) -> None:
        """Losses since the former rung and what was measured at this one."""
        run = self._open.get(rung.trial.folder)
        if run is not None:
            self._log_rows(run, folder.rung_rows(rung))

    @guarded("did not take the figures of earlier epochs")
    def catch_up(self, trial: Trial) -> None:
        """Whatever the trial's folder has of its epochs and its run has not."""
        run = self._open.get(trial.folder)
        if run is not None:
            self._log_rows(run, read_rows(trial.folder / folder.METRICS))

    @guarded("did not take the result of a trial")
    def close_trial(self, trial: Trial, outcome: Outcome, ended: int | None = None) -> None:
        """Final figures, the trial's files, and how it ended. Calling it again changes nothing. What its folder has of
        epochs that nobody told of, since its result is another trial's, or its process died, is written too."""
        run = self._open.get(trial.folder)
        if run is None:
            return
        size = {name: runs.text(value) for name, value in runs.trainable_param(outcome.train.get("trainable")).items()}
        try:
            self._log_rows(run, read_rows(trial.folder / folder.METRICS))
            last = trial.config.training.epochs if outcome.state is State.COMPLETE and not trial.arm else run.epoch
            objectives = goals.names(trial.config.search.objective)
            self._writer.log(run, runs.final_points(outcome, last, objectives), size, _ending(outcome))
            self._client.log_text(run.run_id, yaml_text(plain(trial.config)), "config.yaml")
            self._client.log_text(run.run_id, yaml_text(list(trial.overrides)), "overrides.yaml")
            self._writer.log_predictions(run, read_rows(trial.folder / folder.PREDICTIONS))
            if (trial.folder / folder.ADAPTER).is_dir():
                self._client.log_artifacts(run.run_id, str(trial.folder / folder.ADAPTER), folder.ADAPTER)
        finally:  # a file that could not be copied does not leave the run open
            self._writer.end(run, STATUS[outcome.state], ended)
            del self._open[trial.folder]
            for seed in [part.folder for part in trial.parts if part.folder in self._open]:  # they ended with their trial
                self._writer.end(self._open.pop(seed), KILLED)

    def left_running(self) -> list[tuple[str, str]]:
        """Kind (trial, seed, arm) and name of each run that a process which died left open, and that nobody has gone on with."""
        return [(kind, name) for (kind, name, _), run in self._earlier.items() if kind != "study" and _runs_still(run)]

    @guarded("did not take the end of the study", over=True)
    def abandon(self) -> None:
        """The study ends at once: no run is left open."""
        self._kill_open()
        self._writer.end(self._study, KILLED)

    @guarded("did not take the end of the study", over=True)
    def close_study(self, ending: Ending | None, ended: int | None = None) -> None:
        """End the parent run, and trials that never ended; hang the best adapter on it, and register that as a model.

        `ending` None: how the study ended is not recorded. A parent run that has ended then stays as it is.
        """
        self._kill_open()
        if ending is None:
            self._writer.end(self._study, self._study.ended_as or KILLED, ended)
            return
        try:
            self._writer.add(self._propagated(ending))
            self._writer.log(self._study, [("saved_share", 0, ending.saved_share)])
            if (best := ending.best) is not None:
                objective = [("best/objective", 0, float(value)) for value in values(best)[:1]]
                self._writer.log(self._study, objective, tags={"sweep.best": runs.text(best.get("number"))})
                self._client.log_text(self._study.run_id, json_text(best, indent=2), "best.json")
            if (winner := ending.winner) is not None:
                place = self._root / winner.place
                self._client.log_artifacts(self._study.run_id, str(place / folder.ADAPTER), folder.ADAPTER)
                models.register(self._writer, recorded.key(self._root, place), winner.title)
        finally:
            self._writer.end(self._study, ending.status, ended)

    @guarded("did not take the report", over=True)
    def hang_report(self) -> None:
        """The report of the study on its parent run, as far as it was written."""
        for file in (self._root / name for name in folder.REPORTS):
            if file.is_file():
                self._client.log_artifact(self._study.run_id, str(file))

    @guarded("did not take the figures of the judge", over=True)
    def add_judged(self) -> None:
        """What the study's folder has of a second opinion."""
        self._writer.add(recorded.judged(self._root))

    def _kill_open(self) -> None:
        for run in self._open.values():
            self._writer.end(run, KILLED)
        for run in self._earlier.values():  # of a process that was killed: nobody goes on with them
            if _runs_still(run):
                self._client.set_terminated(run.info.run_id, KILLED)
        self._earlier.clear()
        self._open.clear()

    def ui_command(self) -> str:
        """What to type to see the runs."""
        return store.ui_command(self.uri)

    def view_address(self) -> str:
        """Where that command, or the tracking server itself, shows this study's trials over all axes."""
        return view.address(store.ui_address(self.uri), self._writer.experiment_id, self.study_id)

    def compare_filter(self) -> str:
        """What to paste into MLflow's search field so that only this study's trials are compared."""
        return f"tags.`sweep.kind` = 'trial' and tags.`sweep.id` = '{self.study_id}'"

    def _failed(self, what: str, cause: Exception, over: bool) -> None:
        said = store.said(cause)
        told = f"MLflow ({store.shown(self.uri)}) {what}: {said}"
        self._failures += 1
        if self._warn is None:
            raise TrackingFault(told) from cause
        self.off = not self._opened or self._failures >= PATIENCE
        if said not in self._told or self.off:
            goes_on = "training goes on and is not tracked any further" if self.off else "training goes on without this entry"
            after = "the results stand" if over else goes_on
            self._warn(f"{told}; {after}. The study folder keeps everything: {self._rebuild_command()} writes it later")
        self._told.add(said)

    def _rebuild_command(self) -> str:
        """What to type to write the study's runs later; its folder does not record a password."""
        address = ["--uri", "ADDRESS"] if store.HIDDEN in masked(self.uri) else []
        return shlex.join(["python", "-m", "sweep.track.rebuild", str(self._root), *address])

    def _log_rows(self, run: Run, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of a `metrics.jsonl`."""
        run.epoch = max([run.epoch, *(row["epoch"] for row in rows)])
        self._writer.log(run, runs.rung_points(rows))

    def _propagated(self, ending: Ending) -> dict[Key, list[runs.Point]]:
        """How far each trial and arm came from the floor to the ceiling, by run."""
        found = {recorded.key(self._root, self._root / place): levels for place, levels in ending.propagation.items()}
        return {key: [(name, 0, value) for name, value in levels.items()] for key, levels in found.items() if key is not None}

    def _tags(self, kind: str) -> dict[str, str]:
        return {"sweep.kind": kind, "sweep.id": self.study_id}

    def _continue_or_create(self, key: Key, tags: Mapping[str, str], started: int | None) -> Run:
        earlier = self._earlier.pop(key, None)
        if earlier is None:
            return self._writer.create(key[1], tags, started)
        return self._writer.resume(earlier, tags, again=self._warn is not None)


def _runs_still(run: Any) -> bool:
    """As MLflow has it; its process may be gone."""
    return bool(run.info.status == "RUNNING")


def _ending(outcome: Outcome) -> dict[str, str]:
    """How a trial ended; of a traceback the last line, which names the cause."""
    tags = {"sweep.state": outcome.state.value}
    lines = (outcome.error or "").strip().splitlines()
    return tags | {"sweep.error": lines[-1]} if lines else tags
