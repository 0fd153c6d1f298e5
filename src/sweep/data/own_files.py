"""A user's own table as rows of named cells: CSV, TSV, YAML or JSONL, with the columns under the names that people give them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from sweep.data.schema import read_line, shown
from sweep.errors import DataFault, did_you_mean, near

NAMES = {
    "question": ("question", "prompt", "q", "質問", "問い", "問題"),
    "answer": ("answer", "completion", "gold", "a", "回答", "答え", "解答"),
    "fact": ("fact", "fact_id", "事実"),
    "level": ("level", "レベル"),
    "split": ("split", "分割"),
    "keys": ("keys", "key", "キー"),
}
TABLES = (".csv", ".tsv")  # whose first line names the columns, once for all rows
REQUIRED = ("question", "answer")
TOLD = "question, answer, and if you like fact, level, split, keys"


@dataclass(frozen=True)
class Line:
    """One row of a file; an empty cell is left out, and so are all of a row that cannot be read."""

    place: str  # such as `facts.csv:3` or `facts.yaml: entry 3`
    number: int  # the line in its file, or the entry, from 1
    cells: Mapping[str, Any]  # by our names
    misspelt: bool = False  # a column that it lacks stands there under a name near its own, so that what it says is not known


def read(file: Path, faults: list[str]) -> list[Line]:
    """All rows of a file with one of the suffixes in READERS. Adds every unknown column, missing cell and unreadable line to the
    faults. Raises: DataFault for a file that is no text."""
    lines, found = list[Line](), list[str]()
    for place, number, row in READERS[file.suffix.lower()](file, found):
        cells = _cells(place, row or {}, found)
        columns = {_column(name) for name in row or ()} if file.suffix.lower() in TABLES else set(REQUIRED)
        if row is not None:
            found += [f"{place}: {name}: missing, expected a text" for name in REQUIRED if name in columns - cells.keys()]
        lines.append(Line(place, number, cells, _misspelt(row or ())))
    if not lines and not found:
        found.append(f"{file.name}: got no rows, expected a question and an answer in each")
    faults += dict.fromkeys(found)
    return lines


def _cells(place: str, row: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    """By our names, without the empty ones."""
    cells = {}
    for name, value in row.items():
        column = _column(name)
        if column is not None and value not in (None, "", []):
            cells[column] = value
        elif column is None:
            faults.append(f"{_above(place)}: {name}: unknown column{did_you_mean(str(name), NAMES)}; expected {TOLD}")
    return cells


def _misspelt(names: Iterable[str]) -> bool:
    """Whether one of the file's names is none of ours, and near one of ours that is not among them."""
    absent = NAMES.keys() - {_column(name) for name in names}
    return any(_column(name) is None and near(str(name), NAMES) in absent for name in names)


Rows = Iterator[tuple[str, int, Mapping[str, Any] | None]]  # place, number, cells by the file's names; None: cannot be read


def _table(file: Path, faults: list[str]) -> Rows:
    delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
    reader = csv.DictReader(io.StringIO(_text(file), newline=""), delimiter=delimiter, restkey="\0more")
    head = [name for name in reader.fieldnames or [] if name is not None]
    known = {_column(name) for name in head}
    missing = [name for name in REQUIRED if name not in known]
    if missing:
        hint = "; is it a tab or a semicolon between them?" if len(head) == 1 else ""
        faults.append(f"{file.name}:1: got columns {shown(head)}, expected {TOLD} (missing: {', '.join(missing)}){hint}")
    if len(head) == 1:
        return
    for row in reader:
        place = f"{file.name}:{reader.line_num}"
        if "\0more" in row:
            faults.append(f'{place}: got more cells than columns; put a cell that holds a {delimiter!r} into "quotes"')
            yield place, reader.line_num, None
            continue
        cells = {name: (value or "").strip() for name, value in row.items()}
        if any(cells.values()):
            yield place, reader.line_num, cells


def _jsonl(file: Path, faults: list[str]) -> Rows:
    for number, line in enumerate(_text(file).split("\n"), start=1):
        if line.strip():
            row, broken = read_line(line)
            if broken:
                faults.append(f"{file.name}:{number}: {broken}")
            yield f"{file.name}:{number}", number, None if broken else row


class _AsWritten(yaml.SafeLoader):
    """A cell is what stands there, as in a table: 2011-05-03 is no date object, `no` no boolean; an empty one is null."""


_AsWritten.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _yaml(file: Path, faults: list[str]) -> Rows:
    try:
        found = yaml.load(_text(file), _AsWritten)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f":{mark.line + 1}" if mark is not None else ""
        faults.append(f"{file.name}{at}: invalid YAML: {getattr(error, 'problem', None) or error}, expected a list of entries")
        return
    if not isinstance(found, list):
        faults.append(f"{file.name}: got {shown(found)}, expected a list: `- question: ...` and below it `  answer: ...`")
        return
    for number, row in enumerate(found, start=1):
        place = f"{file.name}: entry {number}"
        if not isinstance(row, dict):
            faults.append(f"{place}: got {shown(row)}, expected question and answer")
        yield place, number, {str(name): value for name, value in row.items()} if isinstance(row, dict) else None


READERS = {".csv": _table, ".tsv": _table, ".yaml": _yaml, ".yml": _yaml, ".jsonl": _jsonl}


def _above(place: str) -> str:
    """A table's columns are named once, in its first line; an entry of another file names its own."""
    file, _, line = place.rpartition(":")
    return f"{file}:1" if line.isdigit() and not file.endswith(".jsonl") else place


def _column(name: Any) -> str | None:
    """Our name of a column."""
    folded = str(name).strip().casefold()
    return next((ours for ours, theirs in NAMES.items() if folded in theirs), None)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")  # Excel adds a byte order mark
    except UnicodeDecodeError as fault:
        raise DataFault(
            f"{file.name}: byte {fault.start} is not UTF-8, expected a file saved as UTF-8; in Excel: Save As, CSV UTF-8; on a "
            f"terminal: iconv -f CP932 -t UTF-8 {file.name} > new{file.suffix}"
        ) from fault


def key_groups(value: Any) -> tuple[tuple[str, ...], ...]:
    """The `keys` of a cell: a list of alias lists, or a text, `Mara Ellison|Ellison; 2019`: all of `;`, any of `|`.

    Raises: ValueError where it is neither.
    """
    if isinstance(value, str | int | float):
        groups = [[alias.strip() for alias in group.split("|") if alias.strip()] for group in str(value).split(";")]
    elif isinstance(value, list) and all(isinstance(group, str | list) for group in value):
        groups = [[group] if isinstance(group, str) else [str(alias) for alias in group] for group in value]
    else:
        raise ValueError(json.dumps(value, ensure_ascii=False))
    found = tuple(tuple(group) for group in groups if group)
    if not found:
        raise ValueError(str(value))
    return found
