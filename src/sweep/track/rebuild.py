"""`python -m sweep.track.rebuild STUDY [--uri URI]`: a study's runs in MLflow once more, from its folders alone.

For a database that was lost, or another one. What is there already stays, and only what it lacks is added, so that the command
may be typed again. STUDY is a study's folder, or its name or the beginning of it under multirun/; default: the one begun last.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sweep.errors import ConfigFault, exit_code
from sweep.track import ending, folder, recorded, runs, store
from sweep.track.identity import SCHEMA_VERSION
from sweep.track.lock import alone
from sweep.track.mirror import Mirror
from sweep.track.named import find


def main(argv: Sequence[str] | None = None) -> int:
    """Rebuild, and return the exit code: 0, 2 where there is no such study, it runs right now, or MLflow cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m sweep.track.rebuild", description="A study's MLflow runs from its folders.")
    parser.add_argument("study", nargs="?", help="its folder, its name, or the beginning of it; default: the last one begun")
    parser.add_argument("--uri", help="of MLflow, such as sqlite:///mlruns/mlflow.db; default: the study's tracking.uri")
    parser.add_argument("--experiment", help="its name in MLflow; default: the study's tracking.experiment")
    parser.add_argument("--output-dir", default="multirun", help="where studies are looked for by name")
    args = parser.parse_args(argv)
    return exit_code(
        lambda: rebuild(find(args.study, Path(args.output_dir)), args.uri, args.experiment),
        "the same command goes on from there",
    )


def rebuild(root: Path, uri: str | None = None, experiment: str | None = None) -> Mirror:
    """Write all runs of a study, and say how many. Raises: ConfigFault for a study that runs, or that this version cannot read;
    TrackingFault for an MLflow that cannot be had."""
    root = root.resolve()
    study = _study(root)
    tracking = study["config"]["tracking"]
    if uri is None and store.HIDDEN in (tracking["uri"] or ""):
        raise ConfigFault(
            f"tracking.uri: got {tracking['uri']}, whose password is not recorded; type --uri with the whole address"
        )
    with alone(root):
        everything, ended = list(recorded.everything(root)), ending.read(root)
        mirror = Mirror(uri or tracking["uri"], experiment or tracking["experiment"], warn=None)
        mirror.open_study(root, study, min(_known(one.started for one in everything), default=None))
        for one in everything:
            mirror.open_trial(one.trial, one.trainable, one.started)
        for one in sorted(everything, key=lambda one: one.trial.seed is None):  # a trial closes what is left of its seeds
            mirror.catch_up(one.trial)
            if one.outcome is not None:
                mirror.close_trial(one.trial, one.outcome, one.ended)
        mirror.add_judged()
        mirror.close_study(ended, max(_known(one.ended for one in everything), default=None))
        mirror.hang_report()
    kinds = Counter(runs.kind(one.trial.name) for one in everything)
    told = ", ".join(f"{count} of kind {kind}" for kind, count in sorted(kinds.items())) or "no trial"
    print(f"{root.name} in {store.shown(mirror.uri)}, experiment {mirror.experiment}: its own run, {told}")
    if ended is None:
        print(
            f"How the study ended is not recorded ({ending.FILE} is missing): its own run keeps its end, or is KILLED without one"
        )
    print(f"Compare the runs:  {mirror.ui_command()}")
    print(f"  all axes at:     {mirror.view_address()}")
    print(f"  or filter by:    {mirror.compare_filter()}")
    return mirror


def _study(root: Path) -> dict[str, Any]:
    """Its study.json. Raises: ConfigFault for another version's."""
    study: dict[str, Any] = json.loads((root / folder.STUDY).read_text(encoding="utf-8"))
    schema = study.get("schema", SCHEMA_VERSION)
    if schema != SCHEMA_VERSION or "config" not in study:
        raise ConfigFault(
            f"{root}: got a study of schema {schema}, expected {SCHEMA_VERSION} with a config: another version wrote it"
        )
    return study


def _known(times: Iterable[int | None]) -> list[int]:
    return [time for time in times if time is not None]


if __name__ == "__main__":
    sys.exit(main())
