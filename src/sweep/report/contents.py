"""Everything that a report shows, read once from a study's folder: who was measured, what they answered, how they trained.

One tree of frozen records: `read` touches files, everything above it (comparison, decision, plots, page, Markdown) does not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sweep.report import answers, confirmed, table
from sweep.report.answers import Answer, Marker, Question
from sweep.report.names import swept
from sweep.report.rows import Row
from sweep.report.standing import runs as seeds_of
from sweep.report.table import Summary
from sweep.search import choice
from sweep.search.objective import Objective
from sweep.track import folder
from sweep.track.folder import LOSS
from sweep.trial import State

IMPORTANCE = "importance.json"  # of a study's folder: what moved the objective
CHOSEN = "chosen"  # what the confirmed trial is called among those that were read on test


@dataclass(frozen=True)
class Run:
    """One paper that was answered: by an arm, a trial, or one of a trial's seeds."""

    place: str  # its folder, below the study's
    title: str
    body: Mapping[str, Any]  # of its result.json, seed.json or arm.json
    answers: Mapping[str, Answer]  # by qid
    losses: tuple[tuple[int, float], ...] = ()  # optimizer step, mean nats an answer token
    epochs: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)  # measure -> epoch, value

    @property
    def params(self) -> Mapping[str, Any]:
        """Swept values."""
        found: Mapping[str, Any] = self.body["params"]
        return found

    @property
    def train(self) -> Mapping[str, Any]:
        """What its training, or an arm's answering, took."""
        found: Mapping[str, Any] = self.body["train"]
        return found


@dataclass(frozen=True)
class Candidate:
    """One line of the tables: an arm, or a configuration with its seeds."""

    row: Row
    runs: tuple[Run, ...]  # by seed

    @property
    def name(self) -> str:
        """As the table at the end of a sweep calls it."""
        return f"{self.row.name}{self.row.chosen}"

    @property
    def trained(self) -> bool:
        """It is no arm."""
        return bool(self.row.numbers)

    @property
    def params(self) -> Mapping[str, Any]:
        """Swept values without the seed."""
        return {key: value for key, value in self.runs[0].params.items() if key != "seed"} if self.runs else {}

    @property
    def price(self) -> float:
        """What decides who is cheaper: trained parameters times tokens, as the arithmetic of a training goes."""
        return self.mean("trainable") * self.mean("tokens")

    def mean(self, name: str) -> float:
        """Of a figure of the trainings; 0 where none has it."""
        found = [float(run.train[name]) for run in self.runs if run.train.get(name) is not None]
        return sum(found) / len(found) if found else 0.0


@dataclass(frozen=True)
class Contents:
    """A study."""

    root: Path
    study: Mapping[str, Any]  # its study.json
    summary: Summary
    objective: Objective | None  # None: from before a study recorded its measure
    arms: tuple[Candidate, ...]
    trained: tuple[Candidate, ...]  # the best on dev first
    finalists: tuple[Candidate, ...]  # trained again with fresh seeds, the chosen one first
    tested: Mapping[str, Candidate]  # after the confirmation, by what they are called there: base, chosen, sides of contrasts
    runs: tuple[Run, ...]  # all that answered something
    bodies: Mapping[str, Mapping[str, Any]]  # every trial's result, by folder
    questions: Mapping[str, Question]
    marker: Marker
    importance: Mapping[str, float]  # share of the objective's variance, by axis; empty: not recorded

    @property
    def config(self) -> Mapping[str, Any]:
        """The base configuration of all trials."""
        found: Mapping[str, Any] = self.study.get("config", {})
        return found

    @property
    def measure(self) -> str:
        """The figure that counts in this study."""
        return self.objective.measure if self.objective is not None else "accuracy"

    @property
    def margin(self) -> float | None:
        """`search.margin`; None where the study was begun before there was one."""
        found: float | None = self.config.get("search", {}).get("margin")
        return found

    @cached_property
    def axes(self) -> dict[str, list[Any]]:
        """Swept key -> the values of complete trials, sorted where they are numbers; without seeds."""
        found: dict[str, dict[str, Any]] = {}
        complete = [body for body in self.bodies.values() if body["state"] == State.COMPLETE]
        for body in complete:
            for key, value in body["params"].items():
                found.setdefault(key, {})[json.dumps(value)] = value
        found.pop("seed", None)
        return {key: sorted(values.values(), key=_order) for key, values in found.items() if len(values) > 1}

    @property
    def best(self) -> Candidate | None:
        """By fresh seeds where there were any, else of the search; None where none is named."""
        if self.summary.confirmed is not None:
            return self.finalists[0] if self.summary.confirmed.chosen is not None and self.finalists else None
        named = [one for one in self.trained if self.summary.verdict.best in one.row.numbers]
        return named[0] if named else None

    def setting(self, candidate: Candidate, key: str) -> Any:
        """The value of a config key that a candidate was trained with."""
        if key in candidate.params:
            return candidate.params[key]
        node: Any = self.config
        for name in key.split("."):
            node = node.get(name, {}) if isinstance(node, Mapping) else {}
        return None if node == {} else node


def read(root: Path) -> Contents:
    """A study's folder."""
    about, summary = json.loads((root / folder.STUDY).read_text(encoding="utf-8")), table.read(root)
    objective, bodies = Objective.recorded(about), folder.results(root)
    questions: dict[str, Question] = {}
    found = [_run(root, place, body, questions) for place, body in _papers(root, bodies)]
    by_place = {run.place: run for run in found}
    trained = [Candidate(row, tuple(_of(row, found))) for row in summary.rows if row.numbers]
    arms = [Candidate(row, (by_place[f"arms/{row.name}"],)) for row in summary.rows if not row.numbers]
    marker = Marker.of(about.get("config", {}).get("data", {}).get("path"))
    finalists, tested = _confirmed(root, summary, found)
    return Contents(
        root, about, summary, objective, tuple(arms), tuple(_ranked(trained)), finalists, tested,
        runs=tuple(found), bodies=bodies,
        questions={one.qid: marker.keyed(one) for one in answers.ordered(questions.values())},
        marker=marker, importance=_importance(root),
    )  # fmt: skip


def _papers(root: Path, bodies: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Folder and record of everybody who was measured to the end."""
    stage = confirmed.STAGE
    for file in [*sorted(root.glob(f"arms/*/{folder.ARM}")), *sorted(root.glob(f"{stage}/**/{folder.ARM}"))]:
        yield file.parent.relative_to(root).as_posix(), json.loads(file.read_text(encoding="utf-8"))
    stages = {"": bodies, f"{stage}/": folder.results(root / stage)}
    for prefix, results in stages.items():
        for name, body in results.items():
            if body["state"] == State.COMPLETE:
                for one in seeds_of(root / f"{prefix}{name}", body):
                    own = f"/s{one['params']['seed']}" if one is not body else ""
                    yield f"{prefix}{name}{own}", one


def _run(root: Path, place: str, body: Mapping[str, Any], questions: dict[str, Question]) -> Run:
    asked, said = answers.read(root / place)
    questions |= {qid: one for qid, one in asked.items() if qid not in questions}
    rows = folder.read_rows(root / place / folder.METRICS)
    losses = tuple((row["step"], row[LOSS]) for row in rows if row.get(LOSS) is not None)
    epochs: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        for name in row.keys() - {"step", "epoch", LOSS}:
            if isinstance(row[name], int | float):
                epochs.setdefault(name, []).append((row["epoch"], row[name]))
    return Run(place, _title(place, body), body, said, losses, {name: tuple(points) for name, points in epochs.items()})


def _title(place: str, body: Mapping[str, Any]) -> str:
    """`0003 rank=4 seed=1`, or an arm's name."""
    if place.startswith("arms/"):
        return place.removeprefix("arms/")
    words = swept({key: value for key, value in body["params"].items() if key != "seed" or "/s" not in place})
    return f"{place.removesuffix('/test')} {words}{' on test' if place.endswith('/test') else ''}".strip()


def _of(row: Row, runs: Iterable[Run]) -> list[Run]:
    """The runs of the search behind a line, by seed."""
    own = [run for run in runs if run.place.split("/")[0].isdigit() and run.body["number"] in row.numbers]
    return sorted(own, key=lambda run: run.params.get("seed", 0))


def _ranked(trained: Sequence[Candidate]) -> list[Candidate]:
    """As `choice.best` would name them, then those that reach no constraint, as `choice.likeliest` would."""
    standings = [one.row.standing for one in trained if one.row.standing is not None]
    place = {one.number: at for at, one in enumerate(choice.ranked(standings))}

    def key(one: Candidate) -> tuple[int, list[float], float, tuple[int, ...]]:
        if (stands := one.row.standing) is None:
            return len(place), [math.inf], 0.0, one.row.numbers
        return place.get(stands.number, len(place)), [-value for value in stands.values], -stands.tie, one.row.numbers

    return sorted(trained, key=key)


def _confirmed(root: Path, summary: Summary, runs: Sequence[Run]) -> tuple[tuple[Candidate, ...], dict[str, Candidate]]:
    """The finalists, the chosen one first, and who was read on test."""
    told, stage = summary.confirmed, confirmed.STAGE
    if told is None:
        return (), {}
    record = json.loads((root / confirmed.RECORD).read_text(encoding="utf-8"))

    def candidate(row: Row, place: str, *, test: bool) -> Candidate:
        return Candidate(row, tuple(run for run in runs if _below(run, f"{stage}/{place}", test=test)))

    finalists = [candidate(row, f"{row.numbers[0]:04d}", test=False) for row in told.finalists]
    finalists = [one for one in finalists if one.row.numbers[0] in record["finalists"]]
    chosen = {} if told.chosen is None else {CHOSEN: told.chosen}
    places = {"base": "base"} | {name: f"{number:04d}" for name, number in (chosen | record["contrasts"]).items()}
    rows = {CHOSEN if row.name.startswith(f"{CHOSEN}: ") else row.name: row for row in told.test}
    numbers = {name: (number,) for name, number in (chosen | record["contrasts"]).items()}
    own = {name: replace(rows[name], numbers=numbers.get(name, ())) for name in places if name in rows}
    tested = {name: candidate(row, places[name], test=True) for name, row in own.items()}
    return tuple(sorted(finalists, key=lambda one: told.chosen not in one.row.numbers)), tested


def _below(run: Run, place: str, *, test: bool) -> bool:
    """Whether a run belongs to a place of the confirmation: its reading of test, or its training."""
    inside = run.place == place or run.place.startswith(f"{place}/")
    return inside and (run.place.endswith(("/test", "/base")) == test)


def _importance(root: Path) -> dict[str, float]:
    file = root / IMPORTANCE
    found: dict[str, float] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _order(value: Any) -> tuple[int, float, str]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (0, float(value), "") if number else (1, 0.0, "") if value is None else (2, 0.0, json.dumps(value))
