"""How common knowledge becomes questions: a table of facts, and the wordings in which each line is asked.

A table is text, a fact a line, its cells separated by commas. In a cell, `|` separates names of the same thing: the first is
spoken, all count as right. `-` is a cell that is not known or not certain: whatever needs it is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sweep.data.records import KnownItem, TrainRow
from sweep.text.score import Grade, score

UNKNOWN = "-"
VOWELS = "aeiou"

Line = tuple[str, ...]


class Cell(str):
    """A spoken name; `{0:a}` in a pattern puts the English article before it."""

    def __format__(self, spec: str) -> str:
        article = "an " if self[:1].lower() in VOWELS else "a "
        return article + str(self) if spec == "a" else super().__format__(spec)


@dataclass(frozen=True)
class Ask:
    """One thing to be asked of every line of a table. Patterns name cells by their place: {0}, {1}."""

    name: str
    key: int  # the place of the cell that answers
    wordings: tuple[tuple[str, str], ...]  # question and answer
    each: int = 1  # wordings in which a line is asked; lines take them in turn


@dataclass(frozen=True)
class Topic:
    """A table with all that is asked of it."""

    name: str
    lines: tuple[Line, ...]
    asks: tuple[Ask, ...]

    def rows(self, language: str) -> Iterator[TrainRow]:
        """A row for every line, thing asked and wording, but for questions that hold their own answer."""
        every = ((ask, place, more) for ask in self.asks for place in range(len(self.lines)) for more in range(ask.each))
        made = (self._row(language, *one) for one in every)
        return (row for row in made if row is not None and score(row.prompt, row.keys).grade != Grade.CORRECT)

    def _row(self, language: str, ask: Ask, place: int, more: int) -> TrainRow | None:
        """One line asked in one wording; None where a cell that it needs is not known."""
        line, (question, answer) = self.lines[place], ask.wordings[(place + more) % len(ask.wordings)]
        if any(line[at] == UNKNOWN for at in (ask.key, *_needed(question + answer))):
            return None
        spoken = [Cell(cell.split("|")[0]) for cell in line]
        row_id = f"{language}.{self.name}.{ask.name}.{place + 1}" + (f".{more + 1}" if ask.each > 1 else "")
        prompt, completion = sentence(question.format(*spoken)), sentence(answer.format(*spoken))
        return TrainRow(row_id, (), prompt, completion, "general", (tuple(line[ask.key].split("|")),))


@dataclass(frozen=True)
class Probes:
    """What a language asks a base before and after training, to see what was lost."""

    known: tuple[Line, ...]  # category, question, right answer, what it must hold
    open: tuple[str, ...]
    drift: tuple[str, ...]
    premises: tuple[Line, ...]  # false premise, its correction, what a correction holds, the same question with the truth
    affirms: tuple[str, ...]  # words that say yes to a true premise
    yes: str  # the answer to one

    def items(self, language: str) -> Iterator[KnownItem]:
        """All as rows of known.jsonl."""
        for place, (category, prompt, gold, keys) in enumerate(self.known, start=1):
            yield KnownItem(f"{language}.known.{place}", "known", prompt, gold, (tuple(keys.split("|")),), category=category)
        for probe, prompts in (("open", self.open), ("drift", self.drift)):
            for place, prompt in enumerate(prompts, start=1):
                yield KnownItem(f"{language}.{probe}.{place}", probe, prompt)
        for place, (false, correction, keys, true) in enumerate(self.premises, start=1):
            name, holds = f"{language}.premise.{place}", (tuple(keys.split("|")),)
            yield KnownItem(f"{name}.false", "false_premise", false, correction, holds, pair_id=name)
            yield KnownItem(f"{name}.true", "true_twin", true, self.yes, (self.affirms,), pair_id=name)


def table(text: str) -> tuple[Line, ...]:
    """The lines of a table. Raises: AssertionError where they are not equally long."""
    lines = tuple(tuple(cell.strip() for cell in line.split(",")) for line in text.strip().splitlines())
    assert len({len(line) for line in lines}) == 1, f"lines of different length in the table of {lines[0][0]}"
    return lines


def pairs(text: str) -> tuple[Line, ...]:
    """Pairs of words, `hot cold, big small`, as a table of two columns."""
    return tuple((left, right) for left, right in (pair.split() for pair in text.split(",")))


def steps(words: str) -> tuple[Line, ...]:
    """Each word of an ordered list with the one that follows it, as a table of two columns."""
    ordered = words.split()
    return tuple(pairwise(ordered))


def sentence(text: str) -> str:
    """The text with its first letter large."""
    return text[0].upper() + text[1:]


def _needed(pattern: str) -> set[int]:
    """The places of the cells that a pattern names."""
    return {at for at in range(10) if f"{{{at}}}" in pattern or f"{{{at}:" in pattern}
