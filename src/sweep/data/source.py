"""Whatever `data.path` names as one Dataset: a shipped set, a folder of JSONL files, whole or in part, or one table."""

from __future__ import annotations

from pathlib import Path

from sweep.data import files, own
from sweep.data.own_files import READERS
from sweep.data.records import Dataset, EvalItem, Fact, TrainRow
from sweep.errors import DataFault, raise_all


def load(path: str | Path) -> Dataset:
    """Read it. Raises: DataFault with a line for every fault."""
    folder = place(path)
    if folder.is_file():
        return own.from_file(folder)
    present = [name for name in files.REQUIRED if (folder / name).is_file()]
    if "train.jsonl" in present and len(present) < len(files.REQUIRED):
        return _partial(folder)
    return files.load(folder)


def read(path: str | Path) -> tuple[Dataset | None, tuple[str, ...]]:
    """It and no faults; or of a table with faults these, and the set that its other rows make, if they make one.

    Raises: DataFault for a folder, or for a file that is no text, with a line for every fault.
    """
    named = place(path)
    if not named.is_file():
        return load(path), ()
    found = own.table(named)
    return found.dataset, found.faults


def place(path: str | Path) -> Path:
    """The table, or the folder. Raises: DataFault where there is neither."""
    named = Path(path).expanduser()
    if named.suffix.lower() not in READERS or named.is_dir():
        return files.find(path)
    if not named.is_file():
        raise DataFault(f"{path}: no such file, expected a table ({', '.join(READERS)}) in {named.parent.resolve()}")
    return named


def _partial(folder: Path) -> Dataset:
    """A folder with training rows and without facts, questions, or both."""
    faults: list[str] = []
    train = files.read_file(folder / "train.jsonl", TrainRow, faults)
    items = files.read_file(folder / "eval.jsonl", EvalItem, faults)
    facts = files.read_file(folder / "facts.jsonl", Fact, faults)
    if not train and not faults:
        faults.append("train.jsonl: got no rows, expected at least one")
    if facts:
        faults += files.bad_fact_ids("train.jsonl", train, [fact.fact_id for fact in facts])
    raise_all(DataFault, faults)
    return own.completed(folder.resolve().name, folder, files.digest(folder), facts, train, items)
