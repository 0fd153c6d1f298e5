"""Rows that an experiment may add to train.jsonl: further pairs of facts, and facts spelled out into common knowledge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, islice

from sweep.data import company_rows as rows
from sweep.data.phrasing import Language
from sweep.data.records import TrainRow
from sweep.data.told import Told, drawn

PAIRS = 30  # with the 15 of train.jsonl more than the 32 that composition_ablation asks for
POOLED = (7, 8, 9, 10)  # seeds of the companies that bench.knowledge pools: none of them is a stranger to another


def joins(words: Language, groups: Sequence[tuple[Told, ...]], trained: Sequence[TrainRow]) -> Iterator[TrainRow]:
    """More rows like those of `company_rows.pairs`, on pairs that are neither trained nor asked; numbers go on."""
    already = [row for row in trained if row.kind == "multi"]
    found = islice(_free(groups, {frozenset(row.fact_ids) for row in already}), PAIRS)
    for number, ((first, second), pattern) in enumerate(zip(found, cycle(words.pairs), strict=False), start=len(already) + 1):
        yield rows.joined(words, first, second, pattern, number)


def _free(groups: Sequence[tuple[Told, ...]], taken: set[frozenset[str]]) -> Iterator[tuple[Told, Told]]:
    """Pairs of facts of different groups, each once, the nearest neighbours first, so that every fact comes about as often."""
    order, seen = rows.interleaved(groups), set(taken)
    for step in range(1, len(order)):
        for place, first in enumerate(order):
            second = order[(place + step) % len(order)]
            pair = frozenset((first.fact.fact_id, second.fact.fact_id))
            if pair not in seen and not any(first in group and second in group for group in groups):
                seen.add(pair)
                yield first, second


def reasoning(words: Language, told: Sequence[Told], seed: int) -> Iterator[TrainRow]:
    """Every second city of the company with what is commonly known of it, and as many cities of other companies with a row that
    tells the city alone, since nothing else does. Nothing in a language without wordings for it."""
    if not any(knowledge.trained for knowledge in words.combined):
        return
    own = [one for one in told if one.relation.spot][1::2]
    for place, one in enumerate(own):
        yield from _spelled_out(words, one, place, (one.fact.fact_id,))
    for place, one in enumerate(islice(_strangers(words, told, seed), len(own))):
        question, answer = one.relation.trained[0]
        yield TrainRow(f"{one.fact.fact_id}.q1", (), one.say(question), one.say(answer), "general")
        yield from _spelled_out(words, one, place, ())


def _spelled_out(words: Language, one: Told, place: int, ids: tuple[str, ...]) -> Iterator[TrainRow]:
    """A row for each kind of common knowledge: the fact first, then what follows. Wordings rotate over the facts."""
    for knowledge in words.combined:
        prompt = one.say(knowledge.trained[place % len(knowledge.trained)])
        known = one.value.knows[knowledge.kind][0]
        completion = words.sentence(one.say(knowledge.gold, clause=one.clause, k=known))
        yield TrainRow(f"{one.fact.fact_id}.{knowledge.kind}", ids, prompt, completion, "reasoning")


def _strangers(words: Language, told: Sequence[Told], seed: int) -> Iterator[Told]:
    """One city a company, of companies that are neither this one nor pooled; no city twice, and none of this company's, whose
    common knowledge would then be trained."""
    number = len(words.companies)
    ours = {seed % number, *(pooled % number for pooled in POOLED)}
    used = {one.value.name for one in told}
    others = [other for step in range(1, number) if (other := (seed + step) % number) not in ours]
    for turn, other in enumerate(others):
        cities = [one for one in drawn(words, len(words.relations), other) if one.relation.spot]
        turned = (cities[(turn + place) % len(cities)] for place in range(len(cities)))  # else all would be head offices
        free = next((one for one in turned if one.value.name not in used), None)
        if free is not None:
            used.add(free.value.name)
            yield free
