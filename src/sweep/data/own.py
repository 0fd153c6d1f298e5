"""A user's own questions and answers as a data set: one table, or a folder that holds only part of what a set can hold.

Rows without a level are trained; rows of level 1 to 5 are asked. Where no row has level 1, every training question is asked word
for word. Rows that name the same fact share it, and a row may name several; without names a question belongs to the row with its
answer, or to itself. Questions without a split are dev and test in turn. Without keys an answer is scored by its gold's words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sweep.data.own_files import REQUIRED, Line, key_groups, read
from sweep.data.records import LEVELS, SPLITS, Dataset, EvalItem, Fact, Groups, TrainRow
from sweep.data.schema import shown
from sweep.errors import DataFault, did_you_mean, raise_all
from sweep.text.asked import for_a_name
from sweep.text.fallback import content_recall
from sweep.text.normalise import normalise

READING = 2  # raised whenever facts are made of the same rows in another way: figures of before are not taken for new ones
TRAINED = ("", "train", "training", "0")  # words in the column `level` for a row that is trained
UNKNOWN = -1  # level of a row that says none of these, nor 1 to 5: it is neither trained nor asked


@dataclass(frozen=True)
class Table:
    """What one table holds: the set that its usable rows make, and everything that is wrong with its rows."""

    dataset: Dataset | None  # None where too few can be used
    faults: tuple[str, ...]


def from_file(file: Path) -> Dataset:
    """The set of one table. Raises: DataFault with every row that cannot be used, by file, line and field."""
    found = table(file)
    raise_all(DataFault, found.faults)
    assert found.dataset is not None, "what has no fault is a set"
    return found.dataset


def table(file: Path) -> Table:
    """One table, as far as it can be used. Raises: DataFault for a file that is no text."""
    faults = list[str]()
    rows = [_Row(line, _level(line, faults), _split(line, faults), _keys(line, faults)) for line in read(file, faults)]
    usable = [row for row in rows if row.usable]
    train, items = _parted(usable)
    if rows and all(row.level in LEVELS for row in rows):
        faults.append(f"{file.name}: got no training row, expected rows without a level")
    clashing = _contradictions(train, file.name)
    faults += clashing.values()
    kept, lost = [row for row in train if row.qa_id not in clashing], len(usable) < len(rows)
    if lost or clashing:  # what a question of level 1 repeats may stand in one of the others
        trained = {row.prompt for row in kept}
        items = [item for item in items if item.level != 1 or item.prompt in trained]
    given = {f"row{row.line.number}": row.keys for row in usable}
    digest = hashlib.sha256(f"{file.suffix} ".encode() + file.read_bytes()).hexdigest()
    try:
        found = completed(file.stem, file.parent, digest, (), kept, items, given)
    except DataFault as fault:
        return Table(None, _downwards([*faults, *(() if lost or not rows else fault.faults)], file.name))
    return Table(replace(found, table=file.name), _downwards(faults, file.name))


def _downwards(faults: Iterable[str], name: str) -> tuple[str, ...]:
    """As one walks down the file: those of no line or entry first, then line by line, each line's in the order found."""
    at = re.compile(rf"{re.escape(name)}(?::|: entry )(\d+)")

    def line(fault: str) -> int:
        found = at.match(fault)
        return int(found[1]) if found else 0

    return tuple(sorted(faults, key=line))


@dataclass(frozen=True)
class _Row:
    """A line with its cells read."""

    line: Line
    level: int | None  # None: it is trained
    split: str
    keys: Groups

    @property
    def usable(self) -> bool:
        """It says what it is for, and holds all that its file has for it under names that are known."""
        return self.level != UNKNOWN and not self.line.misspelt and all(name in self.line.cells for name in REQUIRED)


def _parted(rows: Sequence[_Row]) -> tuple[list[TrainRow], list[EvalItem]]:
    """Rows that are trained, and rows that are asked."""
    home: dict[str, tuple[str, ...]] = {}  # normalised answer -> facts of the training row that has it
    for row in rows:
        if row.level is None:
            home.setdefault(normalise(str(row.line.cells["answer"])), _fact_ids(row.line, {}))
    train, items = list[TrainRow](), list[EvalItem]()
    for row in rows:
        facts, name = _fact_ids(row.line, {} if row.level is None else home), f"row{row.line.number}"
        question, answer = str(row.line.cells["question"]), str(row.line.cells["answer"])
        if row.level is None:
            kind = "direct" if len(facts) == 1 else "multi"
            train.append(TrainRow(name, facts, question, answer, kind, line=row.line.number))
        else:
            item = EvalItem(name, row.level, row.split, facts, question, answer, row.keys, "free")
            items.append(replace(item, line=row.line.number, max_chars=max(400, len(answer))))
    return train, _typed(items, [*train, *items])


def completed(
    name: str,
    folder: Path,
    digest: str,
    facts: Sequence[Fact],
    train: Sequence[TrainRow],
    items: Sequence[EvalItem],
    keys: Mapping[str, Groups] | None = None,
) -> Dataset:
    """A set out of what there is: facts that rows name, level 1 where none is asked, splits in turn. `keys`: of training rows.

    Raises: DataFault where nothing is left that can be asked.
    """
    asked = list(items)
    notes = []
    if not any(item.level == 1 for item in asked):
        verbatim = _typed(_verbatim(train, keys or {}), [*train, *items])
        asked = [*verbatim, *asked]
        if verbatim:
            some = f"{len(verbatim)} of {len(train)} training questions are"
            told = "every training question is" if len(verbatim) == len(train) else some
            notes.append(f"{name} has no question of level 1: {told} asked, word for word")
    asked = _with_splits(asked)
    scored = [item for item in asked if _scorable(item)]
    if lost := [item for item in asked if not _scorable(item)]:
        notes.append(
            f"{len(lost)} questions of {name} cannot be scored, since their answers say nothing that the question does not; give "
            f"them keys: {', '.join(item.qid for item in lost[:5])}{' ...' if len(lost) > 5 else ''}"
        )
    if count := sum(not item.keys for item in scored):
        better = "`keys` in eval.jsonl" if keys is None else "a column `keys`"
        notes.append(
            f"{count} questions of {name} have no keys and are scored by the words of the right answer, which does not tell a "
            f"wrong day or digit from a right one; {better} is the better measure"
        )
    missing = [level for level in LEVELS if not any(item.level == level for item in scored)]
    if missing:
        notes.append(f"{name} has no question of level {', '.join(map(str, missing))}: what is not asked is not measured")
    if not scored:
        raise DataFault(f"{name}: got nothing that can be asked, expected a training row about one fact, or a row with a level")
    if not facts:
        digest = hashlib.sha256(f"{READING} {digest}".encode()).hexdigest()
    known = facts or _facts(name, [*train, *scored])
    rows = tuple(train)
    return Dataset(name, folder, digest, tuple(known), rows, tuple(scored), partial=True, notes=tuple(notes))


def _typed(items: Iterable[EvalItem], rows: Iterable[TrainRow | EvalItem]) -> list[EvalItem]:
    """With those told that ask for names: some row about one of their facts alone does. So all levels are graded alike."""
    named = {row.fact_ids[0] for row in rows if len(row.fact_ids) == 1 and for_a_name(row.prompt)}
    return [replace(item, answer_type="name") if named.intersection(item.fact_ids) else item for item in items]


def _scorable(item: EvalItem) -> bool:
    """It has keys, or its answer says something that the question does not."""
    return bool(item.keys) or content_recall(item.gold, item.prompt, item.gold) is not None


def _verbatim(train: Sequence[TrainRow], keys: Mapping[str, Groups]) -> list[EvalItem]:
    """Training questions as level 1, dev and test in turn."""
    rows = [row for row in train if row.kind == "direct"]
    return [
        EvalItem(
            f"{row.qa_id}.L1", 1, SPLITS[at % 2], row.fact_ids, row.prompt, row.completion, keys.get(row.qa_id, ()), "free",
            max_chars=max(400, len(row.completion)), line=row.line,
        )
        for at, row in enumerate(rows)
    ]  # fmt: skip


def _with_splits(items: Sequence[EvalItem]) -> list[EvalItem]:
    """Questions that name no split get dev and test in turn, level by level."""
    turn: dict[int, int] = {}
    found = []
    for item in items:
        if not item.split:
            turn[item.level] = turn.get(item.level, -1) + 1
            item = replace(item, split=SPLITS[turn[item.level] % 2])
        found.append(item)
    return found


def _facts(name: str, rows: Iterable[TrainRow | EvalItem]) -> list[Fact]:
    """What rows name, each with the first answer that tells it, alone if there is one. A relation of its own for each: none is a
    sibling of another."""
    found: dict[str, Fact] = {}
    for row in sorted(rows, key=lambda one: len(one.fact_ids) > 1):
        told = row.completion if isinstance(row, TrainRow) else row.gold
        for fact_id in row.fact_ids:
            found.setdefault(fact_id, Fact(fact_id, name, fact_id, told, told, line=row.line))
    return list(found.values())


def _fact_ids(line: Line, home: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Those that the row names, `ceo; office` or a list; else those of the training row with its answer; else itself."""
    cell = line.cells.get("fact", "")
    named = [str(name).strip() for name in (cell if isinstance(cell, list) else str(cell).split(";"))]
    own = tuple(dict.fromkeys(filter(None, named)))
    return own or home.get(normalise(str(line.cells["answer"])), (f"row{line.number}",))


def _level(line: Line, faults: list[str]) -> int | None:
    """1 to 5; None for a row that is trained; UNKNOWN where it says neither."""
    got = str(line.cells.get("level", "")).strip().casefold().removeprefix("l")
    if got in TRAINED:
        return None
    if got in map(str, LEVELS):
        return int(got)
    faults.append(f"{line.place}: level: got {shown(line.cells['level'])}, expected 1–5, or nothing for a row that is trained")
    return UNKNOWN


def _split(line: Line, faults: list[str]) -> str:
    got = str(line.cells.get("split", "")).strip().casefold()
    if got and got not in SPLITS:
        faults.append(f"{line.place}: split: got {shown(got)}, expected dev or test{did_you_mean(got, SPLITS)}")
    return got


def _keys(line: Line, faults: list[str]) -> Groups:
    if "keys" not in line.cells:
        return ()
    try:
        return key_groups(line.cells["keys"])
    except ValueError:
        got = shown(line.cells["keys"])
        faults.append(f"{line.place}: keys: got {got}, expected such as Mara Ellison|Ellison; 2019 (all of ;, any of |)")
        return ()


def _contradictions(train: Sequence[TrainRow], name: str) -> dict[str, str]:
    """What is wrong with rows whose question was trained with another answer above, by their names."""
    first: dict[str, TrainRow] = {}
    found = {}
    for row in train:
        earlier = first.setdefault(normalise(row.prompt), row)
        if normalise(earlier.completion) != normalise(row.completion):
            got = f"got {shown(row.prompt)} with another answer than in line {earlier.line}"
            found[row.qa_id] = f"{name}:{row.line}: question: {got}; keep one of them"
    return found
