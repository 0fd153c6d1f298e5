"""Figures that are found when a study's runs are closed already, added to them in MLflow. The folders stay the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sweep.track import store

HIDDEN = "***"  # what stands in a recorded address in the place of a password

Key = tuple[str, str, str]  # of a run: its kind (trial, seed, arm), its name, its trial key


def add(
    uri: str | None, experiment: str, study_id: str, found: Mapping[Key, Mapping[str, float]], warn: Callable[[str], None]
) -> int:
    """Log these metrics to the runs that a study has; how many got some. Nothing is created.

    Whatever goes wrong is told and ends nothing.
    """
    where, rest = store.absolute_uri(uri), "the study folder has them"
    file = store.database_file(where)
    if file is not None and not file.is_file():
        return 0
    if HIDDEN in where:
        warn(f"MLflow ({store.shown(where)}) gets no figures of the judge: its password is not recorded; {rest}")
        return 0
    try:
        with store.quiet():
            store.reach(where)
            return _add(store.open_client(where), experiment, study_id, found)
    except Exception as cause:  # MLflow raises many kinds, and no training or grading fails for any
        first = next(iter(str(cause).strip().splitlines()), "")[:300]
        warn(f"MLflow ({store.shown(where)}) got no figures of the judge: {type(cause).__name__}: {first}; {rest}")
        return 0


def _add(client: Any, experiment: str, study_id: str, found: Mapping[Key, Mapping[str, float]]) -> int:
    known = client.get_experiment_by_name(experiment)
    told = 0
    for run in _runs(client, known.experiment_id, study_id) if known is not None else ():
        tags = run.data.tags
        figures = found.get((tags.get("sweep.kind", ""), run.info.run_name, tags.get("sweep.trial_key", "")), {})
        told += bool(figures)
        for name, value in figures.items():
            client.log_metric(run.info.run_id, name, value)
    return told


def _runs(client: Any, experiment_id: str, study_id: str) -> Iterator[Any]:
    token, pages = None, 0
    while token or not pages:
        page = client.search_runs([experiment_id], f"tags.`sweep.id` = '{study_id}'", page_token=token)
        token, pages = page.token, pages + 1
        yield from page
