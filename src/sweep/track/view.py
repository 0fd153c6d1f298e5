"""A saved view of MLflow's runs page: a study's trials with every swept axis and the objective, drawn as soon as the page opens.

MLflow's own choice of axes is the first three names of the alphabet. A saved view is a tag of the experiment; the page lists it
under Views and opens it by the key in the address. Its fields are those that MLflow 3.17 writes on "Save view".
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

TAG = "mlflow.sharedViewState."
SHOWN = 500  # trials in a chart
MANY, ALONE = 30, 8  # axes drawn together, and each in a chart of its own; a tag holds 20,000 characters
WORDS = ("targets", "layers", "model", "quant", "data", "lm_head", "seed")  # params that are no sizes, whatever values were swept
WIDE = {"columns": 1, "cardHeight": 420}  # px; the parallel coordinates of many axes need the page's width


def tag(study_id: str, trials: str, space: Mapping[str, Any], metrics: Sequence[str]) -> tuple[str, str]:
    """Key and value of the experiment's tag. `trials`: a filter; `space`: param -> its values; `metrics`: the objectives."""
    params = list(space)[:MANY]
    numeric = [name for name in params if name not in WORDS and _numbers(space[name])]
    charts = [_chart("PARALLEL", "axes", selectedParams=params, selectedMetrics=list(metrics))]
    if len(numeric) > 1:
        first, second, *_ = map(_param, numeric)
        charts.append(_chart("CONTOUR", "rest", xaxis=first, yaxis=second, zaxis=_metric(metrics[0])))
    charts += [_chart("SCATTER", "rest", name, xaxis=_param(name), yaxis=_metric(metrics[0])) for name in params[:ALONE]]
    charts += [_chart("BAR", "rest", name, metricKey=name, displayName=name) for name in metrics]
    state = {
        "searchFilter": trials, "orderByKey": f"metrics.`{metrics[0]}`", "orderByAsc": False, "runsHiddenMode": "SHOW_ALL",
        "selectedColumns": [f"params.`{name}`" for name in params] + [f"metrics.`{name}`" for name in metrics],
        "compareRunCharts": charts, "isAccordionReordered": True,
        "compareRunSections": [_section("axes", "All axes", **WIDE), _section("rest", "Axis by axis")],
    }  # fmt: skip
    now = int(time.time() * 1000)
    return f"{TAG}{study_id}", json.dumps({"name": study_id, "createdAt": now, "updatedAt": now, "state": json.dumps(state)})


def address(server: str, experiment_id: str, study_id: str) -> str:
    """Where a server shows it."""
    return f"{server}/#/experiments/{experiment_id}/runs?viewStateShareKey={quote(study_id)}&compareRunsMode=CHART"


def _numbers(values: Any) -> bool:
    """Whether all values are numbers; a span, which is no list, has only such."""
    return not isinstance(values, list | tuple) or all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )


def _chart(kind: str, section: str, of: str = "", **more: Any) -> dict[str, Any]:
    about = {"uuid": f"{kind} {of}".strip(), "type": kind, "metricSectionId": section}
    return about | {"runsCountToCompare": SHOWN, "deleted": False, "isGenerated": False} | more


def _section(name: str, title: str, **more: int) -> dict[str, Any]:
    return {"uuid": name, "name": title, "display": True, "isReordered": True, "deleted": False, "isGenerated": False} | more


def _param(name: str) -> dict[str, str]:
    return {"key": name, "type": "PARAM"}


def _metric(name: str) -> dict[str, str]:
    return {"key": name, "type": "METRIC"}
