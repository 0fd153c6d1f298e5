"""Writes one study's runs into MLflow, each thing once: what a run holds already is not written to it again.

Raises whatever MLflow raises. Its callers say what a failure means: `sweep.track.mirror` while a study runs, and
`sweep.track.rebuild` and `sweep.track.later` when it is over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sweep.track import runs
from sweep.track.folder import PREDICTION_FIELDS, json_text

MAX_METRICS, MAX_PARAMS = 1000, 100  # a batch; MLflow's limits
TAG_LENGTH = 8000  # characters; MLflow's limit
NONFINITE = "sweep.nonfinite"
NAME = "sweep.name"  # the tag that holds what a run of a trial, seed or arm was called at first
TABLES = "mlflow.loggedArtifacts"  # the tag by which MLflow's pages find tables

Key = tuple[str, str, str]  # of a run: its kind (study, trial, seed, arm), its name, its trial key
T = TypeVar("T")


@dataclass
class Run:
    """A run that is being written, and what it holds already."""

    run_id: str
    params: set[str] = field(default_factory=set)
    points: set[runs.Point] = field(default_factory=set)
    bad: dict[str, int] = field(default_factory=dict)  # metric -> first step without a finite value
    epoch: int = 0  # of the last rung
    ended_as: str | None = None  # its status, where it has ended and MLflow knows when


class Writer:
    """The runs of one study in one experiment."""

    def __init__(self, client: Any, experiment_id: str, study_id: str) -> None:
        self.client = client
        self.experiment_id = experiment_id
        self.study_id = study_id
        self._clock = 0  # of the last metric, ms since 1970

    @property
    def wanted(self) -> str:
        """What to search for to find what is this study's."""
        return f"tags.`sweep.id` = '{self.study_id}'"

    def there(self) -> dict[Key, Any]:
        """The runs of this study that are there already, as MLflow has them."""
        return {key_of(run): run for run in self._search()}

    def create(self, name: str, tags: Mapping[str, str], started: int | None = None) -> Run:
        """A new run, begun at `started`, ms since 1970, else now. What it is called may be changed in MLflow; its tags stay."""
        made = self.client.create_run(self.experiment_id, start_time=started, tags=dict(tags), run_name=name)
        return Run(made.info.run_id)

    def resume(self, earlier: Any, tags: Mapping[str, str], *, again: bool) -> Run:
        """Go on with a run that is there. `again`: it runs once more; else one that has ended only gets what it lacks."""
        run = self.held(earlier)
        if again:
            self.client.update_run(run.run_id, status="RUNNING")
            run.ended_as = None
        self.log(run, tags=tags)
        return run

    def end(self, run: Run, status: str, ended: int | None = None) -> None:
        """End a run at `ended`, ms since 1970, else now; one that has ended so keeps its time."""
        if run.ended_as != status:
            self.client.set_terminated(run.run_id, status, ended)
            run.ended_as = status

    def held(self, earlier: Any, names: Iterable[str] | None = None) -> Run:
        """What a run holds; of its metrics only these, where some are named."""
        data = earlier.data
        run = Run(earlier.info.run_id, params=set(data.params))
        run.ended_as = earlier.info.status if earlier.info.end_time else None
        wanted = [name for name in data.metrics if names is None or name in names]
        history = [point for name in wanted for point in self.client.get_metric_history(run.run_id, name)]
        run.points = {(point.key, point.step, point.value) for point in history}
        run.epoch = max((point.step for point in history if point.key.endswith("/acc")), default=0)
        said = [entry.rsplit("@", 1) for entry in data.tags.get(NONFINITE, "").split(", ") if "@" in entry]
        run.bad = {metric: int(step) for metric, step in said}
        return run

    def log(
        self,
        run: Run,
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
        for part in parts([Param(name, value) for name, value in new_params.items()], MAX_PARAMS):
            self.client.log_batch(run.run_id, params=part)
        for part in parts(metrics, MAX_METRICS):
            self.client.log_batch(run.run_id, metrics=part)
        if tag_list:
            self.client.log_batch(run.run_id, tags=tag_list)
        run.points.update(new)
        run.params.update(new_params)

    def add(self, found: Mapping[Key, Sequence[runs.Point]]) -> int:
        """Add points to runs that are there, whatever their state; how many of them were meant."""
        told = 0
        for key, run in self.there().items():
            if points := found.get(key):
                told += 1
                self.log(self.held(run, {name for name, _, _ in points}), points)
        return told

    def log_inputs(self, run: Run, inputs: Iterable[tuple[Mapping[str, str], str]]) -> None:
        """Data sets, as `runs.dataset_inputs` gives them."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        described = [DatasetInput(Dataset(**fields), [InputTag("mlflow.data.context", name)]) for fields, name in inputs]
        if described:
            self.client.log_inputs(run.run_id, described)

    def log_predictions(self, run: Run, rows: Sequence[Mapping[str, Any]]) -> None:
        """A table as `log_table` writes one; that call itself would append to the table of an earlier attempt."""
        if rows:
            columns = list(dict.fromkeys([*PREDICTION_FIELDS, *(name for row in rows for name in row)]))
            table = {"columns": columns, "data": [[row.get(name) for name in columns] for row in rows]}
            self.client.log_text(run.run_id, json_text(table), "predictions.json")
            self.client.set_tag(run.run_id, TABLES, json.dumps([{"path": "predictions.json", "type": "table"}]))

    def _search(self) -> Iterator[Any]:
        return every(lambda token: self.client.search_runs([self.experiment_id], self.wanted, page_token=token))


def key_of(run: Any) -> Key:
    """The key of a run of ours, from its tags, since MLflow's pages let anybody rename it; only a trial's run of an older version
    has no name in its tags. Of a study's own run the name is its id, and the last part is empty."""
    tags = run.data.tags
    kind = tags.get("sweep.kind", "")
    name = tags["sweep.id"] if kind == "study" else tags.get(NAME, run.info.run_name)
    return kind, name, tags.get("sweep.trial_key", "")


def every(search: Callable[[str | None], Any]) -> Iterator[Any]:
    """All that a search finds, page by page; `search` takes the token of a page."""
    page = search(None)
    yield from page
    while page.token:
        page = search(page.token)
        yield from page


def parts(values: Sequence[T], size: int) -> list[Sequence[T]]:
    """What goes into one call after another."""
    return [values[start : start + size] for start in range(0, len(values), size)]
