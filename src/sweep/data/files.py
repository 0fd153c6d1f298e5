"""`load`: a folder of JSONL files becomes one frozen Dataset, or one message with all its faults.

    facts.jsonl, train.jsonl, eval.jsonl                        required
    paraphrases.jsonl, neighbours.jsonl, known.jsonl            optional
    joins.jsonl, reasoning.jsonl                                optional: rows that experiments add to those of train.jsonl

`load` judges row by row (fields, types, ids); `sweep.data.check` judges the set (leaks from train into test, empty levels).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from sweep.data.records import Dataset, EvalItem, Fact, KnownItem, Neighbour, TrainRow
from sweep.data.schema import read_line, read_record, repeated, shown
from sweep.errors import DataFault, did_you_mean, raise_all

Row = TypeVar("Row", Fact, TrainRow, EvalItem, Neighbour, KnownItem)
REQUIRED = ("facts.jsonl", "train.jsonl", "eval.jsonl")
OPTIONAL = ("paraphrases.jsonl", "neighbours.jsonl", "known.jsonl", "joins.jsonl", "reasoning.jsonl")
PRIOR_MISSING = "missing, expected an object with question, keys at level 5"


def shipped() -> dict[str, Path]:
    """The data sets that come with the product, by name: inside the wheel, else beside the checkout."""
    here = Path(__file__).resolve()
    for root in (here.parents[1] / "data_sets", here.parents[3] / "data"):
        found = {path.parent.name: path.parent for path in sorted(root.glob("*/facts.jsonl"))}
        if found:
            return found
    return {}


def find(folder: str | Path) -> Path:
    """The folder itself, or the shipped set of that name (`larkspur_en` or `data/larkspur_en`). Raises DataFault."""
    path = Path(folder).expanduser()
    if path.is_dir():
        return path
    sets = shipped()
    if str(path.parent) in (".", "data") and path.name in sets:
        return sets[path.name]
    kind = "is a file" if path.exists() else "no such folder"
    near = did_you_mean(path.name, sets)
    hint = near if near.startswith("; did you mean") else _shipped_hint()
    raise DataFault(f"{folder}: {kind}, expected a folder with {', '.join(REQUIRED)}{hint}")


def load(folder: str | Path) -> Dataset:
    """Read a folder. Raises one DataFault with a line for every fault, such as `eval.jsonl:5: level: got 6, expected 1–5`."""
    path = find(folder)
    absent = [name for name in REQUIRED if not (path / name).is_file()]
    if absent:
        expected = f"expected {', '.join(REQUIRED)} in {path}"
        raise DataFault(*(f"{name}: no such file, {expected}{_shipped_hint()}" for name in absent))
    faults: list[str] = []
    facts = read_file(path / "facts.jsonl", Fact, faults)
    train = read_file(path / "train.jsonl", TrainRow, faults)
    items = read_file(path / "eval.jsonl", EvalItem, faults)
    paraphrases = read_file(path / "paraphrases.jsonl", TrainRow, faults)
    neighbours = read_file(path / "neighbours.jsonl", Neighbour, faults)
    known = read_file(path / "known.jsonl", KnownItem, faults)
    joins = read_file(path / "joins.jsonl", TrainRow, faults)
    reasoning = read_file(path / "reasoning.jsonl", TrainRow, faults)

    for name, rows in (("facts.jsonl", facts), ("train.jsonl", train), ("eval.jsonl", items)):
        if not rows and not any(fault.startswith(name) for fault in faults):
            faults.append(f"{name}: got no rows, expected at least one")
    ids_of: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
        ("facts.jsonl", "fact_id", facts),
        ("train.jsonl", "qa_id", train),
        ("paraphrases.jsonl", "qa_id", paraphrases),
        ("eval.jsonl", "qid", items),
        ("neighbours.jsonl", "nid", neighbours),
        ("known.jsonl", "kid", known),
        ("joins.jsonl", "qa_id", joins),
        ("reasoning.jsonl", "qa_id", reasoning),
    )
    for name, column, identified in ids_of:
        faults += _duplicates(name, column, identified)
    if not any(fault.startswith("facts.jsonl") for fault in faults):  # else every later id would be a fault of its own
        ids = [fact.fact_id for fact in facts]
        added = (("paraphrases.jsonl", paraphrases), ("joins.jsonl", joins), ("reasoning.jsonl", reasoning))
        for name, asking in (("train.jsonl", train), *added, ("eval.jsonl", items)):
            faults += bad_fact_ids(name, asking, ids)
    faults += [f"eval.jsonl:{item.line}: prior: {PRIOR_MISSING}" for item in items if item.level == 5 and item.prior is None]
    raise_all(DataFault, faults)
    return Dataset(path.resolve().name, path, digest(path), facts, train, items, paraphrases, neighbours, known, joins, reasoning)


def read_rows(path: str | Path) -> tuple[TrainRow, ...]:
    """Training rows of one file outside a set, such as unrelated questions. Raises DataFault; fact ids are not looked up."""
    file, faults = Path(path).expanduser(), list[str]()
    if not file.is_file():
        raise DataFault(f"{path}: no such file, expected a .jsonl file of training rows")
    rows = read_file(file, TrainRow, faults)
    if not rows and not faults:
        faults.append(f"{file.name}: got no rows, expected at least one")
    raise_all(DataFault, faults + _duplicates(file.name, "qa_id", rows))
    return rows


def digest(folder: Path) -> str:
    """sha256 over the names and contents of a set's files, in the order of REQUIRED and OPTIONAL."""
    total = hashlib.sha256()
    for name in (*REQUIRED, *OPTIONAL):
        if (folder / name).is_file():
            content = (folder / name).read_bytes()
            total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def read_file(path: Path, record: type[Row], faults: list[str]) -> tuple[Row, ...]:
    """All good rows of one file (none when it is absent); bad ones add their faults."""
    if not path.is_file():
        return ()
    rows: list[Row] = []
    for number, line in _lines(path, faults):
        row, broken = read_line(line)
        if broken:
            faults.append(f"{path.name}:{number}: {broken}")
            continue
        found, bad = read_record(record, row, line=number)
        faults += [f"{path.name}:{number}: {fault}" for fault in bad]
        if found is not None:
            rows.append(found)
    return tuple(rows)


def _lines(path: Path, faults: list[str]) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows add a byte order mark
    except UnicodeDecodeError as fault:
        faults.append(f"{path.name}: byte {fault.start} is not UTF-8, expected a file saved as UTF-8")
        return
    for number, line in enumerate(text.split("\n"), start=1):  # not splitlines: U+2028 may stand inside a JSON text
        if line.strip():
            yield number, line


def _duplicates(name: str, column: str, rows: tuple[Any, ...]) -> list[str]:
    return [
        f"{name}:{rows[again].line}: {column}: got {shown(value)} again, expected a new one (first in line {rows[first].line})"
        for value, (first, *more) in repeated([getattr(row, column) for row in rows]).items()
        for again in more
    ]


def bad_fact_ids(name: str, rows: Iterable[TrainRow | EvalItem], ids: list[str]) -> Iterator[str]:
    """Facts that do not exist, and rows with too few of them."""
    for row in rows:
        kind = row.kind if isinstance(row, TrainRow) else "eval"
        least = {"general": 0, "reasoning": 0, "multi": 2}.get(kind, 1)
        if len(row.fact_ids) < least:
            word = "two or more facts" if least == 2 else "at least one fact"
            yield f"{name}:{row.line}: fact_ids: got {shown(list(row.fact_ids))}, expected {word}"
        for fact_id in row.fact_ids:
            if fact_id not in ids:
                expected = f"expected a fact_id of facts.jsonl{did_you_mean(fact_id, ids)}"
                yield f"{name}:{row.line}: fact_ids: got {shown(fact_id)}, {expected}"


def _shipped_hint() -> str:
    names = list(shipped())
    return f"; shipped sets: {', '.join(names)}" if names else ""
