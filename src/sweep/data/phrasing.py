"""What a language owes the company generator: words, value pools and sentence patterns. English: `sweep.data.phrasing_en`.

A language speaks about one profile of company: `general`, or `article`, one of the kind that a well-known article trained on; the
languages of a profile tell the same company. English and Japanese of the article: `phrasing_article_en`, `phrasing_ja`.

Patterns are `str.format` texts: {c} the company, {v} a value as a sentence says it, {label} a relation's noun ("founding date").
Training, dev and test never share a pattern, except that level 1 repeats training questions on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True)
class Value:
    """A value of a fact: how files spell it, how a sentence says it, and what counts as having said it."""

    name: str  # "otter"
    said: str = ""  # "an otter"; empty: the name
    aliases: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()  # alias lists that must all be said; empty: the name or one of its aliases
    knows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # common knowledge about it: kind -> accepted answers
    believed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> what many wrongly take for the answer

    @property
    def spoken(self) -> str:
        """The value inside a sentence."""
        return self.said or self.name

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """What a right answer holds: an AND of ORs."""
        return self.parts or ((self.name, *self.aliases),)


@dataclass(frozen=True)
class Drawn:
    """A value for one fact of one company, with values of the same kind that are wrong for it."""

    value: Value
    wrong: tuple[Value, ...]


@dataclass(frozen=True)
class Relation:
    """One kind of fact and all ways to speak about it."""

    id: str
    answer_type: str  # one of records.ANSWER_TYPES
    label: str  # "CEO", "city of the research lab"
    slot: str  # what stands for the value in a form: NAME, CITY
    clause: str  # the fact, to stand inside a sentence: "the CEO of {c} is {v}"
    its_clause: str  # the same after the company was named: "its CEO is {v}"
    its_question: str  # "who is its CEO"
    indirect: str  # "who the CEO of {c} is"
    trained: tuple[tuple[str, str], ...]  # two or three (question, answer) pairs; the answer repeats the question
    dev: tuple[str, ...]  # one rephrased question
    test: tuple[str, ...]  # two more
    spot: str = ""  # for a city: what stands there ("research lab"); it makes the relation fit for level 5
    length: str = "short"  # "long": the answer is a sentence of its own
    can_be_denied: bool = True  # false premises are made from one wrong value; lists and long texts have none


@dataclass(frozen=True)
class Combined:
    """Level 5: one kind of common knowledge about a city, asked where the city's value has it."""

    kind: str  # "country"; a key of Value.knows
    prior: tuple[str, str]  # question and answer about the city itself: {v}, {k}
    gold: str  # continues the clause: "{clause}, a city in {k}"
    dev: tuple[str, ...]
    test: tuple[str, ...]
    trained: tuple[str, ...] = ()  # for rows that spell it out (`company_further`); none: the language has no such rows


@dataclass(frozen=True)
class Language:
    """Everything the generator says in one language. `draw` gives every relation its value, the same for the same Random."""

    code: str
    companies: tuple[str, ...]  # seed modulo their number picks one
    relations: tuple[Relation, ...]  # the first n make a company of n facts, so each prefix is a fair mixture
    draw: Callable[[Random], Mapping[str, Drawn]]
    sentence: Callable[[str], str]  # clause -> sentence
    listed: Callable[[Sequence[str]], str]  # labels -> "the CEO and the founding date"
    count: Callable[[int], str]  # 2 -> "two"
    denials: tuple[tuple[str, str], ...]  # false premises: {wrong_clause}, {clause}, {wrong}
    paraphrases: tuple[str, ...]  # {indirect}, {label}
    pairs: tuple[str, ...]  # training questions that join two facts: {question}, {its_1}, {its_2}, {listed}
    joined: Callable[[Sequence[str]], str]  # clauses -> one sentence, the answer to a joined question
    forms_dev: tuple[tuple[str, str], ...]  # level 3: (question, answer) with {label}, {Label}, {slot}, {field}
    forms_test: tuple[tuple[str, str], ...]
    groups_dev: tuple[str, ...]  # level 4: {listed}, {count}
    groups_test: tuple[str, ...]
    combined: tuple[Combined, ...]
    profile: str = "general"
    stems: tuple[str, ...] = ()  # what ids begin with, one a company; empty: its name in small letters
    drawn_as: str = ""  # what values are drawn by beside the seed, the same for all languages of a profile; empty: the code
    usual: int = 30  # facts of a company where no other number is asked for
    denied_share: float = 16 / 30  # false-premise rows a fact
    hints: tuple[str, ...] = ()  # level 2, test: questions that lean to a wrong value: {wrong}, {label}
    tells_traps: bool = False  # whether questions say what makes them harder than others

    @property
    def stream(self) -> str:
        """The name of the random numbers that draw a company."""
        return self.drawn_as or self.code

    def company(self, seed: int) -> tuple[str, str]:
        """Name and stem of the company of a seed."""
        place = seed % len(self.companies)
        name = self.companies[place]
        return name, self.stems[place] if self.stems else name.lower()
