"""A table of every point of a small space, each trained for real: searches are replayed on it in seconds (`bench.replay`).

Benchmarks of search methods do so where thousands of real trainings would be needed (NAS-Bench-101, arXiv:1902.09635; HPO-Bench,
arXiv:1905.04970). A file is JSON lines: first those with `about`, one a shard, then one a trial.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from sweep.search.space import Choice, Point, Space, Value
from sweep.track import folder
from sweep.trial import State

EPOCHS = "training.epochs"
KNOWN = ("device", "cpu", "cores", "precision", "python", "packages", "model_revision", "data_digest")  # of a trial's provenance
DIGITS = 6  # of a share: more than any number of questions needs


@dataclass(frozen=True)
class Row:
    """One trial. A diverged one has the rungs that it reached, and no test."""

    params: Point
    seed: int  # of its training
    state: str
    tokens: int  # trained an epoch; 0 for a trial that failed
    rungs: Mapping[str, Sequence[float]]  # level -> strict accuracy on dev at each epoch's end, at the last of all dev questions
    recall: Mapping[str, float] = field(default_factory=dict)  # level -> key recall on dev, at the end
    test: Mapping[str, float] = field(default_factory=dict)  # level -> strict accuracy on test, at the end
    error: str = ""  # what a failed trial said last

    @property
    def complete(self) -> bool:
        """It was trained and measured to its end."""
        return self.state == State.COMPLETE

    @property
    def epochs(self) -> int:
        """Of the whole trial."""
        return int(str(self.params[EPOCHS]))

    @property
    def key(self) -> tuple[Any, ...]:
        """Which trial it is."""
        return (*self.params.values(), self.seed)

    @property
    def reached(self) -> int:
        """Epochs that ended."""
        return min((len(shares) for shares in self.rungs.values()), default=0)

    def levels(self, epoch: int) -> dict[str, dict[str, Any]]:
        """What is known on dev at this epoch's end, as `result.json` has it; key recall is known at the last only."""
        return {
            level: {"strict": shares[epoch - 1], "key_recall": self.recall.get(level, 0.0) if epoch == self.epochs else 0.0}
            for level, shares in self.rungs.items()
        }


@dataclass(frozen=True)
class Table:
    """All rows, and where they come from."""

    about: tuple[Mapping[str, Any], ...]
    rows: tuple[Row, ...]

    @cached_property
    def space(self) -> Space:
        """Every value that occurs, in order."""
        keys = self.rows[0].params
        values: dict[str, list[Value]] = {key: list(dict.fromkeys(row.params[key] for row in self.rows)) for key in keys}
        return Space(tuple(Choice(key, tuple(_ordered(found))) for key, found in values.items()))

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Of training."""
        return tuple(sorted({row.seed for row in self.rows}))

    @cached_property
    def tokens(self) -> int:
        """Trained an epoch, by every trial. Raises: SystemExit where trials differ in it."""
        found = {row.tokens for row in self.rows if row.complete}
        if len(found) != 1:
            raise SystemExit(f"got trials of {sorted(found)} tokens an epoch, expected one number: budgets are counted in epochs")
        return found.pop()

    @cached_property
    def by_key(self) -> Mapping[tuple[Any, ...], Row]:
        """Rows by `Row.key`."""
        return {row.key: row for row in self.rows}

    def row(self, point: Point, seed: int) -> Row:
        """The trial of a point."""
        return self.by_key[(*(point[key] for key in self.rows[0].params), seed)]

    def missing(self) -> list[str]:
        """Points without a row, as words; a table is whole where there are none."""
        points = [(point, seed) for seed in self.seeds for point in self.space.points()]
        return [_words(point, seed) for point, seed in points if (*point.values(), seed) not in self.by_key]

    def write(self, file: Path) -> None:
        """As JSON lines."""
        lines: list[Mapping[str, Any]] = [{"about": one} for one in self.about]
        lines += [
            {name: value for name, value in asdict(row).items() if name == "rungs" or value not in ({}, "")} for row in self.rows
        ]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def read(files: Iterable[Path]) -> Table:
    """One table of the shards in these files. Of a trial that stands in several, a complete one counts, then the first."""
    about: list[Mapping[str, Any]] = []
    rows: dict[tuple[Any, ...], Row] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            body = json.loads(line)
            if "about" in body:
                about.append(body["about"])
                continue
            row = Row(**body)
            if row.key not in rows or (row.complete and not rows[row.key].complete):
                rows[row.key] = row
    return Table(tuple(about), tuple(sorted(rows.values(), key=lambda row: (row.seed, *_ordered_key(row.params)))))


def collected(study: Path, keys: Sequence[str], about: Mapping[str, Any]) -> Table:
    """What a study's folder holds of trials that have ended, also while it runs or after it was cut off."""
    found = [(place, result) for place in folder.trials(study) if (result := folder.read_result(place)) is not None]
    rows = [_row(place, result, keys) for place, result in found]
    known = {name: result["provenance"].get(name) for _, result in found[:1] for name in KNOWN}
    spans = [result["provenance"][name] for _, result in found for name in ("started", "ended")]
    asked = {
        split: {level: one["n"] for level, one in result[name].items()}
        for _, result in [pair for pair in found if pair[1]["state"] == State.COMPLETE][:1]
        for split, name in (("dev", "levels"), ("test", "test_levels"))
    }
    times = {"began": min(filter(None, spans), default=None), "ended": max(filter(None, spans), default=None)}
    return Table(({**about, **known, **times, "trials": len(rows), "questions": asked},), tuple(rows))


def _row(place: Path, result: Mapping[str, Any], keys: Sequence[str]) -> Row:
    config = folder.read_config(place)
    assert config is not None, f"{place} holds a result, so its configuration was written"
    params = {key: _at(config, key) for key in keys}
    state, complete = result["state"], result["state"] == State.COMPLETE
    return Row(
        params,
        config["seed"],
        state,
        result["train"]["tokens"] // config["training"]["epochs"] if complete else 0,
        _rungs(place),
        {level: round(one["key_recall"], DIGITS) for level, one in result["levels"].items()},
        {level: round(one["strict"], DIGITS) for level, one in result["test_levels"].items()},
        "" if complete else str(result.get("error")).strip().splitlines()[-1][:200],
    )


def _at(config: Mapping[str, Any], key: str) -> Value:
    node: Any = config
    for name in key.split("."):
        node = node[name]
    return cast(Value, node)


def _rungs(place: Path) -> dict[str, list[float]]:
    """Strict accuracy at the end of each epoch, by level."""
    found: dict[str, list[float]] = {}
    for line in folder.read_rows(place / folder.METRICS):
        for name, share in line.items():
            if name.endswith("/strict"):
                found.setdefault(name.removesuffix("/strict"), []).append(round(share, DIGITS))
    return found


def _ordered(values: Sequence[Value]) -> list[Value]:
    """Numbers by size, words as they came."""
    return sorted(values, key=_number) if all(isinstance(value, int | float) for value in values) else list(values)


def _ordered_key(params: Point) -> list[tuple[str, float]]:
    return [("", _number(value)) if isinstance(value, int | float) else (str(value), 0.0) for value in params.values()]


def _number(value: Value) -> float:
    assert isinstance(value, int | float)
    return float(value)


def _words(point: Point, seed: int) -> str:
    return " ".join([*(f"{key}={value}" for key, value in point.items()), f"seed={seed}"])
