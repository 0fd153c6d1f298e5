"""Questions about companies that are never trained, in the words that the trained ones are asked in: who says a trained value
there has learned to answer the question, not the fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from random import Random

from sweep.data.phrasing import Language, Relation
from sweep.data.records import Neighbour

SUBJECTS = 10  # other companies, three questions each; errors are clustered by company
QUESTIONS = 30


def neighbours(words: Language, relations: Sequence[Relation], seed: int) -> Iterator[Neighbour]:
    """Other companies of the language, each asked for three of the relations that have one short value; every trained value of
    the relation is a leak."""
    random = Random(f"{words.stream}/{seed}/neighbours")
    number = len(words.companies)
    subjects = [words.company(place) for place in random.sample([one for one in range(number) if one != seed % number], SUBJECTS)]
    asked = [relation for relation in relations if relation.can_be_denied]
    turns = islice(cycle(random.sample(asked, len(asked))), QUESTIONS)
    for place, relation in enumerate(turns):
        subject, stem = subjects[place * SUBJECTS // QUESTIONS]
        question, _ = relation.trained[0]
        yield Neighbour(f"{stem}.{relation.id}", subject, relation.id, question.format(c=subject))
