"""The facts of one company, drawn from a language, with the words to speak about them, and groups that are asked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from sweep.data.phrasing import Language, Relation, Value
from sweep.data.records import Fact

TRIPLES = 2  # groups of three facts at level 4


@dataclass(frozen=True)
class Told:
    """One fact of this company, with the words to speak about it."""

    fact: Fact
    relation: Relation
    value: Value
    wrong: tuple[Value, ...]

    def say(self, pattern: str, **words: str) -> str:
        """A pattern with this fact filled in."""
        label = self.relation.label
        own = {"c": self.fact.subject, "v": self.value.spoken, "label": label, "Label": label[0].upper() + label[1:]}
        own |= {"slot": self.relation.slot, "spot": self.relation.spot, "indirect": self._indirect, "field": label.lower()}
        return pattern.format(**(own | words))

    @property
    def is_long(self) -> bool:
        """The answer is a sentence of its own."""
        return self.relation.length == "long"

    @property
    def _indirect(self) -> str:
        return self.relation.indirect.format(c=self.fact.subject)

    @property
    def clause(self) -> str:
        """The fact inside a sentence."""
        return self.relation.clause.format(c=self.fact.subject, v=self.value.spoken)


def drawn(words: Language, facts: int, seed: int) -> tuple[Told, ...]:
    """The first relations of the language with their values."""
    name, stem = words.company(seed)
    drawn = words.draw(Random(f"{words.stream}/{seed}/values"))
    told = []
    for relation in words.relations[:facts]:
        value, wrong = drawn[relation.id].value, drawn[relation.id].wrong
        fact = Fact(
            fact_id=f"{stem}.{relation.id}",
            subject=name,
            relation=relation.id,
            value=value.name,
            statement=words.sentence(relation.clause.format(c=name, v=value.spoken)),
            aliases=value.aliases,
            forbidden=tuple(one.name for one in wrong),
            source=f"invented, seed {seed}",
            length=relation.length,
        )
        told.append(Told(fact, relation, value, wrong))
    return tuple(told)


def groups(told: Sequence[Told], random: Random) -> list[tuple[Told, ...]]:
    """Disjoint groups for level 4: a few of three facts, the others of two. Long and listed answers stay in pairs."""
    shuffled = random.sample(told, len(told))
    plain = [one for one in shuffled if one.relation.can_be_denied]
    found = [tuple(plain[3 * k : 3 * k + 3]) for k in range(TRIPLES)]
    rest = [one for one in shuffled if not any(one in group for group in found)]
    return found + _paired(rest)


def _paired(rest: Sequence[Told]) -> list[tuple[Told, ...]]:
    """Neighbours in pairs, two long answers never in one; an odd one out stands in no pair."""
    pairs = list(zip(rest[::2], rest[1::2], strict=False))
    for place, (one, other) in enumerate(pairs):
        spare = next((k for k, pair in enumerate(pairs) if not (pair[0].is_long or pair[1].is_long)), None)
        if one.is_long and other.is_long and spare is not None:
            first, second = pairs[spare]
            pairs[place], pairs[spare] = (one, second), (first, other)
    return [*pairs]


def clauses(group: Sequence[Told]) -> list[str]:
    """The first fact names the company, the others say "its"."""
    first, *others = group
    return [first.clause, *(one.say(one.relation.its_clause) for one in others)]
