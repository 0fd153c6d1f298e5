"""The best adapter of a study in MLflow's Models tab: a LoggedModel with its params and metrics, and no pickle.

Its weights stay where they are, in PEFT's format beside the runs; the model says of which run they are an artifact.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sweep.track.folder import ADAPTER
from sweep.track.writer import MAX_METRICS, Key, Writer, every, parts

TYPE = "LoRA adapter"
BEST = "sweep.best"  # tag: whether the study names this one best, or did once
READY = "READY"


def register(writer: Writer, key: Key | None, title: str) -> None:
    """The run with this key is the best of its study: register its adapter, once. Models of former best runs stay, marked
    as such. Nothing where MLflow has no such run."""
    run = writer.there().get(key) if key is not None else None
    if run is None:
        return
    known = list(_models(writer))
    model = next((one for one in known if one.source_run_id == run.info.run_id), None) or _create(writer, run)
    tags = {
        "sweep.id": writer.study_id,
        "sweep.trial_key": run.data.tags["sweep.trial_key"],
        "sweep.title": title,
        "sweep.adapter": f"runs:/{run.info.run_id}/{ADAPTER}",
        BEST: "true",
    }
    writer.client.set_logged_model_tags(model.model_id, tags)
    _log_metrics(writer, run, model)
    if str(model.status) != READY:  # a process that died between the lines here leaves it PENDING
        _finish(writer, model)
    for former in known:
        if former.model_id != model.model_id and former.tags.get(BEST) == "true":
            writer.client.set_logged_model_tags(former.model_id, {BEST: "false"})


def _create(writer: Writer, run: Any) -> Any:
    """A model that is marked as not packaged by MLflow, which `mlflow.create_external_model` would make in the global store."""
    from mlflow.utils.mlflow_tags import MLFLOW_MODEL_IS_EXTERNAL

    name = writer.study_id.replace(".", "_")  # MLflow allows no dots in it
    return writer.client.create_logged_model(
        writer.experiment_id,
        name=f"{name}-best",
        source_run_id=run.info.run_id,
        tags={MLFLOW_MODEL_IS_EXTERNAL: "true", "sweep.id": writer.study_id},
        params=dict(run.data.params),
        model_type=TYPE,
    )


def _finish(writer: Writer, model: Any) -> None:
    """Its MLmodel file, which the registry asks for, and its state."""
    from mlflow.models.utils import get_external_mlflow_model_spec

    with tempfile.TemporaryDirectory() as room:
        get_external_mlflow_model_spec(model).save(str(Path(room) / "MLmodel"))
        writer.client.log_model_artifacts(model.model_id, room)
    writer.client.finalize_logged_model(model.model_id, READY)


def _log_metrics(writer: Writer, run: Any, model: Any) -> None:
    """The run's last value of every metric. They are written as the run has them, to the millisecond: MLflow logs a model's
    metrics to a run too, and keeps a point once that it has already."""
    from mlflow.entities import Metric

    known = {(one.key, one.step, one.value) for one in model.metrics or ()}
    latest = [_latest(writer.client.get_metric_history(run.info.run_id, name)) for name in run.data.metrics]
    new = [
        Metric(one.key, one.value, one.timestamp, one.step, model_id=model.model_id)
        for one in latest
        if (one.key, one.step, one.value) not in known
    ]
    for part in parts(new, MAX_METRICS):
        writer.client.log_batch(run.info.run_id, metrics=part)


def _latest(history: list[Any]) -> Any:
    """What MLflow shows of a metric."""
    return max(history, key=lambda point: (point.step, point.timestamp, point.value))


def _models(writer: Writer) -> Iterator[Any]:
    """Those of this study."""
    search = writer.client.search_logged_models
    return every(lambda token: search([writer.experiment_id], writer.wanted, page_token=token))
