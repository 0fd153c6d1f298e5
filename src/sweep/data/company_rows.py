"""What the adapter of an invented company is trained on: questions in several wordings, denials, facts joined in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from random import Random

from sweep.data.phrasing import Language
from sweep.data.records import TrainRow
from sweep.data.told import Told, clauses


def direct(told: Sequence[Told]) -> Iterator[TrainRow]:
    for one in told:
        for number, (question, answer) in enumerate(one.relation.trained, start=1):
            row_id = f"{one.fact.fact_id}.q{number}"
            yield TrainRow(row_id, (one.fact.fact_id,), one.say(question), one.say(answer), "direct")


def denials(words: Language, told: Sequence[Told], random: Random) -> Iterator[TrainRow]:
    """False premises, each answered with a correction."""
    candidates = [one for one in told if one.relation.can_be_denied]
    wanted = min(len(candidates), round(words.denied_share * len(told)))
    chosen = sorted(random.sample(range(len(candidates)), wanted))
    for place, (question, answer) in zip(chosen, cycle(words.denials), strict=False):
        one = candidates[place]
        wrong = one.wrong[0].spoken
        clauses = {"clause": one.clause, "wrong_clause": one.relation.clause.format(c=one.fact.subject, v=wrong), "wrong": wrong}
        prompt, completion = one.say(question, **clauses), one.say(answer, **clauses)
        yield TrainRow(f"{one.fact.fact_id}.no", (one.fact.fact_id,), prompt, completion, "false_premise")


def pairs(words: Language, groups: Sequence[tuple[Told, ...]]) -> Iterator[TrainRow]:
    """Rows that join two facts of different groups, every fact about once: they show the form, never the answer, of level 4."""
    order = interleaved(groups)
    seams = zip(order[::2], order[1::2], strict=False)
    for number, ((first, second), pattern) in enumerate(zip(seams, cycle(words.pairs), strict=False), start=1):
        assert not any(first in group and second in group for group in groups), "a training pair inside an evaluation group"
        yield joined(words, first, second, pattern, number)


def interleaved(groups: Sequence[tuple[Told, ...]]) -> list[Told]:
    """The facts of all groups, so that neighbours are of different ones."""
    return [group[place] for place in range(3) for group in groups if place < len(group)]


def joined(words: Language, first: Told, second: Told, pattern: str, number: int) -> TrainRow:
    """One row about two facts."""
    prompt = first.say(
        pattern,
        question=first.say(first.relation.trained[0][0]).rstrip("?？"),
        its_1=first.relation.its_question,
        its_2=second.relation.its_question,
        listed=words.listed([first.relation.label, second.relation.label]),
    )
    completion = words.joined(clauses((first, second)))
    ids = (first.fact.fact_id, second.fact.fact_id)
    stem = first.fact.fact_id.partition(".")[0]
    return TrainRow(f"{stem}.pair{number}", ids, prompt, completion, "multi")


def paraphrases(words: Language, told: Sequence[Told]) -> Iterator[TrainRow]:
    """Further wordings of every fact; answers rotate over the trained sentences."""
    for one in told:
        answers = cycle(answer for _, answer in one.relation.trained)
        for number, (pattern, answer) in enumerate(zip(words.paraphrases, answers, strict=False), start=1):
            row_id = f"{one.fact.fact_id}.p{number}"
            yield TrainRow(row_id, (one.fact.fact_id,), one.say(pattern), one.say(answer), "paraphrase")
