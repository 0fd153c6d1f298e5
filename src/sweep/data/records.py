"""The nouns of a data set, and `load`: a folder of JSONL files becomes one frozen Dataset, or one message with all its faults.

    facts.jsonl, train.jsonl, eval.jsonl                        required
    paraphrases.jsonl, neighbours.jsonl, known.jsonl            optional
    joins.jsonl, reasoning.jsonl                                optional: rows that experiments add to those of train.jsonl

`load` judges row by row (fields, types, ids); `sweep.data.check` judges the set (leaks from train into test, empty levels).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar

from sweep.data.schema import ANY_TEXT, GROUPS, TEXT, TEXTS, nested, one_of, read_line, read_record, repeated, shown, whole
from sweep.errors import DataFault, did_you_mean, raise_all
from sweep.text.script import japanese

LEVELS = (1, 2, 3, 4, 5)
SPLITS = ("dev", "test")  # dev feeds the objective, test feeds claims
KINDS = ("direct", "paraphrase", "reverse", "false_premise", "multi", "reasoning", "general")
ANSWER_TYPES = ("date", "name", "number", "list", "free", "refute")
TRAPS = ("hint", "form", "long", "prior")  # a misleading hint, a form to fill in, a long answer, a belief that is commonly wrong
KEPT = 0  # the level of a question that is asked beside the ladder's: one of retention, or of another probe
TWIN = "true_twin"
PREMISES = ("false_premise", TWIN)
PROBES = ("known", "open", "drift", *PREMISES)
NEIGHBOUR = "neighbour"  # the probe of a question about a subject that was never trained

Groups = tuple[tuple[str, ...], ...]  # an AND of ORs: every group must be hit, by any of its aliases


@dataclass(frozen=True)
class Fact:
    """One thing the company wants known: subject, relation, value. The unit that statistics count."""

    fact_id: Annotated[str, TEXT]
    subject: Annotated[str, TEXT]
    relation: Annotated[str, TEXT]
    value: Annotated[str, TEXT]
    statement: Annotated[str, TEXT]  # the fact as one sentence; what an arm puts into the prompt
    aliases: Annotated[tuple[str, ...], TEXTS] = ()  # other spellings of the value that count as right
    forbidden: Annotated[tuple[str, ...], TEXTS] = ()  # values that make an answer wrong, such as a predecessor's name
    source: Annotated[str, ANY_TEXT] = ""
    trained_as: Annotated[str, one_of("qa", "statement")] = "qa"
    length: Annotated[str, one_of("short", "long")] = "short"
    line: int = 0  # in its file, from 1


@dataclass(frozen=True)
class TrainRow:
    """One question and the answer to be learned; rows of paraphrases, joins and reasoning have the same fields."""

    qa_id: Annotated[str, TEXT]
    fact_ids: Annotated[tuple[str, ...], TEXTS]  # empty only in `general` rows, and in `reasoning` about other subjects
    prompt: Annotated[str, TEXT]
    completion: Annotated[str, TEXT]
    kind: Annotated[str, one_of(*KINDS)]
    keys: Annotated[Groups, GROUPS] = ()  # of rows to mix in, what a right answer holds: the base is asked them (sweep.mark)
    line: int = 0


@dataclass(frozen=True)
class Prior:
    """The common knowledge a level 5 question needs; the untouched base is asked it first."""

    question: Annotated[str, TEXT]
    keys: Annotated[Groups, GROUPS]
    believed: Annotated[Groups, GROUPS] = ()  # what many wrongly take for the answer


@dataclass(frozen=True)
class EvalItem:
    """One question of the ladder with its right answer and what to look for in a model's answer."""

    qid: Annotated[str, TEXT]
    level: Annotated[int, whole(1, 5)]
    split: Annotated[str, one_of(*SPLITS)]
    fact_ids: Annotated[tuple[str, ...], TEXTS]
    prompt: Annotated[str, TEXT]
    gold: Annotated[str, TEXT]
    keys: Annotated[Groups, GROUPS]
    answer_type: Annotated[str, one_of(*ANSWER_TYPES)]
    forbidden: Annotated[tuple[str, ...], TEXTS] = ()
    max_chars: Annotated[int, whole(1)] = 400  # the gold must fit
    prior: Annotated[Prior | None, nested(Prior, optional=True)] = None  # required at level 5
    choices: Annotated[tuple[str, ...], TEXTS] = ()  # for the log-likelihood diagnostic
    trap: Annotated[str, one_of(*TRAPS)] = ""  # why it is harder than others of its level, where it was made to be
    line: int = 0
    probe: str = ""  # what it belongs to beside the ladder: one of PROBES, or NEIGHBOUR


@dataclass(frozen=True)
class Neighbour:
    """A question about a subject that was never trained; an answer with a trained value is a leak."""

    nid: Annotated[str, TEXT]
    subject: Annotated[str, TEXT]
    relation: Annotated[str, TEXT]
    prompt: Annotated[str, TEXT]
    leak_values: Annotated[tuple[str, ...], TEXTS] = ()  # empty: every trained value of the relation
    line: int = 0

    def item(self, values: tuple[str, ...]) -> EvalItem:
        """The same as a question beside the ladder, to which these values are wrong answers and none is a right one."""
        return EvalItem(self.nid, KEPT, "dev", (), self.prompt, "", (), "text", values, probe=NEIGHBOUR)


@dataclass(frozen=True)
class KnownItem:
    """A question beside the company's facts: what the base knew before training, and how it speaks."""

    kid: Annotated[str, TEXT]
    probe: Annotated[str, one_of(*PROBES)]
    prompt: Annotated[str, TEXT]
    gold: Annotated[str, ANY_TEXT] = ""
    keys: Annotated[Groups, GROUPS] = ()
    choices: Annotated[tuple[str, ...], TEXTS] = ()
    category: Annotated[str, ANY_TEXT] = ""
    pair_id: Annotated[str, ANY_TEXT] = ""  # joins a false premise with its true twin
    line: int = 0

    @property
    def item(self) -> EvalItem:
        """The same as a question that is graded like those of the ladder, on no level of it."""
        gold = self.gold or (self.keys[0][0] if self.keys else "")
        most = max(400, len(gold))
        return EvalItem(self.kid, KEPT, "dev", (), self.prompt, gold, self.keys, "text", max_chars=most, probe=self.probe)


@dataclass(frozen=True)
class Dataset:
    """A loaded folder. Tuples keep the order of the files."""

    name: str
    folder: Path
    digest: str  # sha256 over the names and contents of its files
    facts: tuple[Fact, ...]
    train: tuple[TrainRow, ...]
    eval: tuple[EvalItem, ...]
    paraphrases: tuple[TrainRow, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    known: tuple[KnownItem, ...] = ()
    joins: tuple[TrainRow, ...] = ()  # further pairs of facts, none of them asked together
    reasoning: tuple[TrainRow, ...] = ()  # facts spelled out into common knowledge, of other subjects and of this one
    partial: bool = False  # a user's own, with less than a whole set: what is missing is told, and no fault
    notes: tuple[str, ...] = ()  # what was missing, and what stands in for it
    table: str = ""  # file name of the one table that all rows stand in; empty: a folder

    def place(self, file: str, line: int) -> str:
        """Where a row stands, as people find it: `eval.jsonl:3`, of a user's own table `facts.csv:3` or `facts.yaml: entry 3`."""
        entry = self.table.lower().endswith((".yaml", ".yml"))
        return f"{self.table}: entry {line}" if entry else f"{self.table or file}:{line}"

    @cached_property
    def by_id(self) -> dict[str, Fact]:
        """Facts by fact_id."""
        return {fact.fact_id: fact for fact in self.facts}

    @cached_property
    def japanese(self) -> bool:
        """Whether its questions are in Japanese: any of them has kana or kanji."""
        return japanese(item.prompt for item in self.eval)

    @cached_property
    def spelled_out(self) -> frozenset[str]:
        """Facts of which rows of reasoning.jsonl say what level 5 asks."""
        return frozenset(fact_id for row in self.reasoning if row.kind == "reasoning" for fact_id in row.fact_ids)

    def items(self, level: int | None = None, split: str | None = None) -> tuple[EvalItem, ...]:
        """Evaluation questions of one level and one split; None means all."""
        return tuple(item for item in self.eval if level in (None, item.level) and split in (None, item.split))

    def facts_of(self, item: EvalItem | TrainRow) -> tuple[Fact, ...]:
        """The facts behind a question, in its order."""
        return tuple(self.by_id[fact_id] for fact_id in item.fact_ids)

    def statements_for(self, item: EvalItem) -> tuple[str, ...]:
        """The sentences that answer a question: the prompt of the fact-in-the-prompt arm, and what an answer may mention."""
        return tuple(fact.statement for fact in self.facts_of(item))

    def leaks_of(self, neighbour: Neighbour) -> tuple[str, ...]:
        """What must not be said of a subject that was never trained: its own list, else every trained value of its relation."""
        same = [fact for fact in self.facts if fact.relation == neighbour.relation]
        return neighbour.leak_values or tuple(dict.fromkeys(name for fact in same for name in (fact.value, *fact.aliases)))

    def forbidden_for(self, item: EvalItem) -> tuple[str, ...]:
        """Values that make an answer wrong: the item's own, those of its facts, and every other value of the same relations."""
        asked = self.facts_of(item)
        relations = {fact.relation for fact in asked}
        siblings = [fact.value for fact in self.facts if fact.relation in relations and fact not in asked]
        wrong = [*item.forbidden, *(value for fact in asked for value in fact.forbidden), *siblings]
        return _without(wrong, _right_values(item, asked))

    def others_for(self, item: EvalItem) -> tuple[str, ...]:
        """All remaining values of the set. They only mask: a key inside a longer one of these is not credited. A value that is
        the whole statement, as in a table, is no name: an answer that says it holds what stands in it."""
        asked = self.facts_of(item)
        named = [fact for fact in self.facts if fact.value != fact.statement]
        names = [name for fact in named for name in (fact.value, *fact.aliases)]
        return _without(names, [*_right_values(item, asked), *self.forbidden_for(item)])


def _right_values(item: EvalItem, asked: Iterable[Fact]) -> list[str]:
    """Everything an answer to this question may say."""
    return [*(alias for group in item.keys for alias in group), *(name for f in asked for name in (f.value, *f.aliases))]


def _without(values: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """Values in order, each once, none of them allowed."""
    skip = {value.casefold() for value in allowed}
    return tuple(value for value in dict.fromkeys(values) if value.casefold() not in skip)


# ---- reading a folder -------------------------------------------------------------------------------------------------

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
