"""What was answered: predictions.jsonl of a trial, a seed or an arm, and which key facts each answer holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sweep.data import source
from sweep.data.records import Dataset, EvalItem
from sweep.errors import DataFault
from sweep.goals import KEPT
from sweep.text.score import matched
from sweep.track import folder

RETENTION = ("", "known")  # probes of retention; other probes name a group of their own
RIGHT = "CORRECT"


@dataclass(frozen=True)
class Question:
    """As it was put; a question of several studies has the same qid."""

    qid: str
    level: str  # L1 ... L5, `kept`, or the probe that it belongs to
    split: str
    facts: tuple[str, ...]  # empty: it is about nothing that was trained
    prompt: str
    gold: str
    keys: tuple[str, ...] = ()  # the first name of each key fact; empty where the data set cannot tell


@dataclass(frozen=True)
class Answer:
    """One answer and its grade."""

    text: str
    grade: str
    strict: bool
    recall: float  # share of the key facts

    def value(self, measure: str) -> float:
        """By `strict`, `accuracy` or `key_recall`."""
        return {"strict": float(self.strict), "accuracy": float(self.right)}.get(measure, self.recall)

    @property
    def right(self) -> bool:
        """All key facts, and no forbidden value."""
        return self.grade == RIGHT


@dataclass(frozen=True)
class Marks:
    """What the scorer found in an answer."""

    hit: tuple[bool, ...]  # for each key fact
    wrong: tuple[str, ...]  # forbidden values


def read(place: Path) -> tuple[dict[str, Question], dict[str, Answer]]:
    """Questions and answers of a folder, by qid; none where it has no predictions."""
    rows = folder.read_rows(place / folder.PREDICTIONS)
    return {row["qid"]: _question(row) for row in rows}, {row["qid"]: _answer(row) for row in rows}


def ordered(questions: Iterable[Question]) -> tuple[Question, ...]:
    """By level, the ladder's first; dev before test; else as they came."""
    return tuple(sorted(questions, key=lambda one: (not one.level.startswith("L"), one.level, one.split)))


@dataclass(frozen=True)
class Marker:
    """The data set's keys, for as long as the data set can be read and still asks the same."""

    dataset: Dataset | None
    lack: str | None  # why key facts are not marked
    _items: Mapping[str, EvalItem] = field(default_factory=dict)
    _seen: dict[tuple[str, str], Marks] = field(default_factory=dict)
    _names: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)  # forbidden and others, by qid

    @classmethod
    def of(cls, path: str | None) -> Marker:
        """For the set that a study's configuration names."""
        if path is None:
            return cls(None, "Key facts are not marked: the study does not tell its data set.")
        try:
            dataset = source.load(path)
        except (DataFault, OSError) as fault:
            first = str(fault).splitlines()[0]
            return cls(None, f"Key facts are not marked, since the data set cannot be read here: {first}")
        known = {one.kid: one.item for one in dataset.known}
        return cls(dataset, None, known | {item.qid: item for item in dataset.eval})

    def keyed(self, question: Question) -> Question:
        """The question with the names of its key facts."""
        item = self._item(question)
        if item is None or not item.keys:
            return question
        return replace(question, keys=tuple(group[0] for group in item.keys))

    def marks(self, question: Question, answer: Answer) -> Marks | None:
        """Of one answer; None where the question has no keys. What its grade says already is not looked for again."""
        item, asked = self._item(question), len(question.keys)
        if item is None or not asked:
            return None
        if answer.right or (answer.recall == 0 and answer.grade == "NOT_ATTEMPTED"):
            return Marks((answer.right,) * asked, ())
        key = (question.qid, answer.text)
        if key not in self._seen:
            self._seen[key] = self._found(item, answer.text)
        return self._seen[key]

    def long_facts(self, questions: Iterable[Question]) -> set[str]:
        """The facts that these ask for and whose value is a sentence; none where the data set cannot tell."""
        if self.dataset is None:
            return set()
        items = [item for one in questions if (item := self._item(one)) is not None]
        return {fact.fact_id for item in items for fact in self.dataset.facts_of(item) if fact.length == "long"}

    def _found(self, item: EvalItem, text: str) -> Marks:
        assert self.dataset is not None, "an item came from it"
        if item.qid not in self._names:
            self._names[item.qid] = (self.dataset.forbidden_for(item), self.dataset.others_for(item))
        found = matched(text, item.keys, *self._names[item.qid], names=item.asks_for_names)
        return Marks(tuple(at in found.groups for at in range(len(item.keys))), found.forbidden)

    def _item(self, question: Question) -> EvalItem | None:
        """The set's own question of this qid, where it still is the same."""
        item = self._items.get(question.qid)
        same = item is not None and (item.prompt, item.gold) == (question.prompt, question.gold)
        return item if same else None


def _question(row: Mapping[str, Any]) -> Question:
    probe = row.get("probe", "")
    level = f"L{row['level']}" if row["level"] else KEPT if probe in RETENTION else probe
    return Question(row["qid"], level, row["split"], tuple(row["fact_ids"]), row.get("prompt", ""), row["gold"])


def _answer(row: Mapping[str, Any]) -> Answer:
    recall = float(row.get("key_recall", row["grade"] == RIGHT))
    return Answer(row["answer"], row["grade"], bool(row["strict"]), recall)
