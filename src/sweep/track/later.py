"""Figures that are found when a study's runs are closed already, added to them in MLflow. The folders stay the record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sweep.track import recorded, store
from sweep.track.writer import Writer


def add_judged(root: Path, uri: str | None, experiment: str, warn: Callable[[str], None]) -> int:
    """Log what a study's folder has of a second opinion to the runs that the study has; how many got some. Nothing is created.

    Whatever goes wrong is told and ends nothing.
    """
    where, rest = store.absolute_uri(uri), "the study folder has them"
    file = store.database_file(where)
    if file is not None and not file.is_file():
        return 0
    if store.HIDDEN in where:
        warn(f"MLflow ({store.shown(where)}) gets no figures of the judge: its password is not recorded; {rest}")
        return 0
    try:
        with store.quiet():
            store.reach(where)
            return _add(store.open_client(where), experiment, root)
    except Exception as cause:  # MLflow raises many kinds, and no training or grading fails for any
        warn(f"MLflow ({store.shown(where)}) got no figures of the judge: {store.said(cause)}; {rest}")
        return 0


def _add(client: Any, experiment: str, root: Path) -> int:
    known = client.get_experiment_by_name(experiment)
    return 0 if known is None else Writer(client, known.experiment_id, root.name).add(recorded.judged(root))
