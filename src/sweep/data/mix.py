"""Rows to mix in beside a company's: the shipped files by name, and which of its rows a base is marked to know.

Marks stand in a file of their own beside the rows, `en.known.smollm2_135m.json`: rows are the same for every base, marks are not.
`python -m sweep.mark` asks a base and writes them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from sweep.data.files import read_rows
from sweep.data.records import TrainRow
from sweep.data.schema import TEXT, TEXTS, read_line, read_record, row_of, whole
from sweep.errors import DataFault, did_you_mean, raise_all


@dataclass(frozen=True)
class Marks:
    """What an untouched base answered right of a file's rows."""

    model: Annotated[str, TEXT]  # model.name
    source: Annotated[str, TEXT]  # model.source
    revision: Annotated[str, TEXT]  # what the source stood for when it was asked
    quantization: Annotated[str, TEXT]
    digest: Annotated[str, TEXT]  # sha256 of the file of rows
    asked: Annotated[int, whole(1)]
    known: Annotated[tuple[str, ...], TEXTS]  # qa_id of the rows it knows


def shipped() -> dict[str, Path]:
    """The files of rows that come with the product, by name: inside the wheel, else beside the checkout."""
    here = Path(__file__).resolve()
    for root in (here.parents[1] / "data_sets", here.parents[3] / "data"):
        found = {path.stem: path for path in sorted((root / "mix").glob("*.jsonl"))}
        if found:
            return found
    return {}


def find(path: str) -> Path:
    """The file itself, or the shipped one of that name (`en`). Raises: DataFault."""
    file, ours = Path(path).expanduser(), shipped()
    if file.is_file():
        return file
    if path in ours:
        return ours[path]
    near = did_you_mean(path, ours)
    hint = near if near.startswith("; did you mean") else f"; shipped: {', '.join(ours)}"
    raise DataFault(
        f"data.mix.path: {path}: no such file, expected a .jsonl file of training rows, or the name of a shipped one{hint}"
    )


def rows(path: str, known: bool | None, model: str, source: str) -> tuple[TrainRow, ...]:
    """The rows of a file: all, or those alone that the base of this name and source is marked to know, or not to know.

    Raises: DataFault for a file that cannot be read, and where `known` asks for marks that are not there.
    """
    file = find(path)
    every = read_rows(file)
    if known is None:
        return every
    right = set(_marks(path, file, model, source).known)
    return tuple(row for row in every if (row.qa_id in right) == known)


def digest(path: str, known: bool | None, model: str) -> bytes:
    """What identifies the rows that are drawn from: the bytes of the file, and of its marks where they choose."""
    file = find(path)
    marks = marks_file(file, model)
    return file.read_bytes() + (marks.read_bytes() if known is not None and marks.is_file() else b"")


def marks_file(file: Path, model: str) -> Path:
    """Where the marks of a base on a file's rows stand: beside it."""
    return file.with_name(f"{file.stem}.known.{model}.json")


def write_marks(file: Path, marks: Marks) -> Path:
    """Write the marks of a base beside the rows that it was asked."""
    place = marks_file(file, marks.model)
    place.write_text(json.dumps(row_of(marks), ensure_ascii=False, indent=0) + "\n", encoding="utf-8", newline="\n")
    return place


def checksum(file: Path) -> str:
    """sha256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _marks(path: str, file: Path, model: str, source: str) -> Marks:
    """The marks of a base on this file. Raises: DataFault where there are none, or those of another base or other rows."""
    place = marks_file(file, model)
    remedy = f"type python -m sweep.mark data.mix.path={path} model={model}" + (
        f" model.source={source}" if source != model else ""
    )
    if not place.is_file():
        raise DataFault(f"data.mix.known: nothing tells which rows of {path} {model} knows (no {place.name}); {remedy}")
    row, broken = read_line(place.read_text(encoding="utf-8"))
    marks, faults = (None, [broken]) if broken else read_record(Marks, row)
    raise_all(DataFault, [f"{place.name}: {fault}" for fault in faults])
    assert marks is not None, "a record without faults is there"
    if marks.source != source:
        raise DataFault(f"data.mix.known: {place.name} tells what {marks.source} knows, and the base is {source}; {remedy}")
    if marks.digest != checksum(file):
        raise DataFault(f"data.mix.known: {place.name} was made for other rows than {path} holds now; {remedy}")
    return marks
