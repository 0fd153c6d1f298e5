"""What MLflow has, without what no two stores share: ids, times and places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlflow import MlflowClient

Picture = dict[tuple[str, str], dict[str, Any]]  # (kind, name) -> what the run holds


def picture(uri: str) -> Picture:
    """All runs of a store."""
    client = MlflowClient(uri)
    runs = [run for each in client.search_experiments() for run in client.search_runs([each.experiment_id], max_results=1000)]
    names = {run.info.run_id: run.info.run_name for run in runs}
    found: Picture = {}
    for run in runs:
        tags = dict(run.data.tags)
        if (parent := tags.pop("mlflow.parentRunId", None)) is not None:
            tags["parent"] = names[parent]
        key = tags["sweep.kind"], run.info.run_name
        assert key not in found, f"two runs of {key}"
        points = sorted(_points(client, run))
        assert len(points) == len(set(points)), f"points of {key} are doubled"
        found[key] = {
            "status": run.info.status,
            "params": dict(run.data.params),
            "tags": tags,
            "points": points,
            "files": sorted(_files(client, run.info.run_id)),
            "inputs": [(one.dataset.name, one.dataset.digest, one.dataset.source) for one in run.inputs.dataset_inputs],
        }
    return found


def models(uri: str) -> list[dict[str, Any]]:
    """The models of a store, by name and the run that they are of."""
    client = MlflowClient(uri)
    found = []
    for each in client.search_experiments():
        for one in client.search_logged_models([each.experiment_id]):
            tags = {name: value for name, value in one.tags.items() if name != "sweep.adapter"}
            metrics = sorted((point.key, point.step, point.value) for point in one.metrics or ())
            run = client.get_run(one.source_run_id)
            found.append({
                "name": one.name, "status": str(one.status), "tags": tags, "params": one.params, "metrics": metrics,
                "run": run.info.run_name, "files": [file.path for file in client.list_logged_model_artifacts(one.model_id)],
            })  # fmt: skip
    return sorted(found, key=lambda one: (one["name"], one["run"]))


def _points(client: MlflowClient, run: Any) -> Iterator[tuple[str, int, float]]:
    for name in run.data.metrics:
        yield from ((name, point.step, point.value) for point in client.get_metric_history(run.info.run_id, name))


def _files(client: MlflowClient, run_id: str, path: str | None = None) -> Iterator[tuple[str, int]]:
    for file in client.list_artifacts(run_id, path):
        if file.is_dir:
            yield from _files(client, run_id, file.path)
        else:
            yield file.path, file.file_size
