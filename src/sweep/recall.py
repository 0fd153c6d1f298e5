"""What the folders know: how a trial ended in this study, whose process may have died since, or in another study."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from sweep.config import Config
from sweep.search.objective import judged
from sweep.search.study import Result
from sweep.track import folder
from sweep.trial import Again, Done, State, Trial

COPIED = (folder.METRICS, folder.PREDICTIONS)


def ending(place: Path) -> Result | None:
    """How the trial of this folder ended; None where it did not."""
    found = folder.read_result(place)
    if found is None:
        return None
    told = folder.outcome(found)
    return Result(told.state, told.values, told.constraints, final=told.again is Again.NEVER)


def last_value(place: Path) -> float | None:
    """The objective at a trial's last rung."""
    values = [row["objective"] for row in folder.read_rows(place / folder.METRICS) if row.get("objective") is not None]
    return values[-1] if values else None


class Known:
    """Trials, and seeds of trials, that need not be run."""

    def __init__(
        self,
        output_dir: Path,
        root: Path,
        elsewhere: bool = True,
        costs: Callable[[Config], Sequence[str]] = lambda config: (),
    ) -> None:
        """`elsewhere`: also those that the other studies in one folder completed. `costs`: the figures of what training cost that
        a configuration asks for, as far as its data set has questions for them."""
        self._output_dir = output_dir
        self._root = root
        self._elsewhere = elsewhere
        self._costs = costs

    def result(self, trial: Trial) -> Done | None:
        """How it ended before. Where the same experiment was completed elsewhere, that result is copied into this trial's folder,
        judged by this study's own objective; the copy says whose it is. One that lacks a cost which is asked for here is not
        taken: the trial is trained again. What this study itself completed stands as it is, and its table leaves the gap."""
        own = folder.read_result(trial.folder, folder.record(trial))
        if own is not None and own["state"] == State.COMPLETE and own["trial_key"] == trial.trial_key:
            return Done(trial, folder.outcome(own))
        found = self._elsewhere_found(trial) if self._elsewhere else None
        if found is None:
            return None
        body = json.loads(found.read_text(encoding="utf-8"))
        former = body.get("duplicate_of") or str(found.parent.relative_to(self._output_dir))
        levels, costs = (body["levels"], body["test_levels"], body["train"]), body.get("costs", {})
        told = judged(State.COMPLETE, trial.config.search, *levels, duplicate_of=former, costs=costs)
        trial.folder.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            if (found.parent / name).is_file():
                shutil.copyfile(found.parent / name, trial.folder / name)
        if (found.parent / "adapter").is_dir():
            shutil.copytree(found.parent / "adapter", trial.folder / "adapter", dirs_exist_ok=True)
        folder.write_result(trial.folder, folder.result_body(trial, told, body["provenance"]), folder.record(trial))
        return Done(trial, told)

    def _elsewhere_found(self, trial: Trial) -> Path | None:
        """The first result of the same experiment that has all the costs asked for."""
        if not (files := self._places.get(trial.trial_key, [])):
            return None
        wanted = set(self._costs(trial.config))
        measured = [(file, json.loads(file.read_text(encoding="utf-8")).get("costs", {})) for file in files]
        return next((file for file, costs in measured if wanted <= set(costs)), None)

    @cached_property
    def _places(self) -> dict[str, list[Path]]:
        """Files of results by trial key; looked up once, since a study does not see what others do meanwhile. Of this study only
        seeds count, of trials that failed for another seed's sake."""
        found: dict[str, list[Path]] = defaultdict(list)
        for study in sorted(file.parent for file in self._output_dir.glob(f"*/{folder.STUDY}")):
            for place in folder.trials(study):
                results = [] if study == self._root else [place / folder.RESULT]
                for file in [*results, *(part / folder.SEED for part in folder.parts(place))]:
                    body = folder.read_result(file.parent, file.name)
                    if body is not None and body["state"] == State.COMPLETE:
                        found[body["trial_key"]].append(file)
        return found
