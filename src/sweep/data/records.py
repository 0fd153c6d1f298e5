"""The nouns of a data set: facts, training rows, questions, and the Dataset that holds them. `sweep.data.files` reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from sweep.data.schema import ANY_TEXT, GROUPS, TEXT, TEXTS, nested, one_of, whole
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

    @property
    def asks_for_names(self) -> bool:
        """Whether a key may be no part of another name. What level 5 asks is common knowledge, which has many forms."""
        return self.answer_type in ("name", "list") and self.level in (1, 2, 3, 4)


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
        """All remaining values of the set, and its subjects. They only mask: a key inside a longer one of these is not credited.
        A value that is the whole statement, as in a table, is no name: an answer that says it holds what stands in it."""
        asked = self.facts_of(item)
        named = [fact for fact in self.facts if fact.value != fact.statement]
        names = [name for fact in named for name in (fact.value, *fact.aliases, fact.subject)]
        return _without(names, [*_right_values(item, asked), *self.forbidden_for(item)])


def _right_values(item: EvalItem, asked: Iterable[Fact]) -> list[str]:
    """Everything an answer to this question may say."""
    return [*(alias for group in item.keys for alias in group), *(name for f in asked for name in (f.value, *f.aliases))]


def _without(values: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """Values in order, each once, none of them allowed."""
    skip = {value.casefold() for value in allowed}
    return tuple(value for value in dict.fromkeys(values) if value.casefold() not in skip)
