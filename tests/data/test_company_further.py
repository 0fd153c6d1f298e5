"""Rows beside train.jsonl: pairs that are neither trained nor asked, and facts spelled out in words that level 5 never uses."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import chain

import pytest

from sweep.data.company import invent, write
from sweep.data.company_further import PAIRS, POOLED, joins, reasoning
from sweep.data.files import digest, load
from sweep.data.phrasing import Language
from sweep.data.phrasing_en import ENGLISH
from sweep.data.records import Dataset, TrainRow
from sweep.data.told import Told, drawn, groups
from sweep.text.normalise import normalise


@pytest.fixture(
    scope="module", params=[(30, 7), (30, 8), (12, 3), (34, 99)], ids=lambda asked: f"{asked[0]} facts, seed {asked[1]}"
)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    facts, seed = request.param
    folder = tmp_path_factory.mktemp("company")
    write(invent(facts=facts, seed=seed), folder)
    return load(folder)


def pairs(rows: tuple[TrainRow, ...]) -> list[frozenset[str]]:
    return [frozenset(row.fact_ids) for row in rows if row.kind == "multi"]


def test_further_pairs_are_neither_trained_nor_asked_nor_repeated(company: Dataset) -> None:
    further, asked = pairs(company.joins), [set(item.fact_ids) for item in company.items(level=4)]
    assert len(further) == len(company.joins) == PAIRS
    assert len(set(further)) == PAIRS
    assert set(further).isdisjoint(pairs(company.train))
    assert not [pair for pair in further if any(pair <= group for group in asked)]


def test_with_those_of_the_shipped_set_there_are_32_and_each_fact_comes_about_as_often() -> None:
    found = load("larkspur_en")
    rows = [*pairs(found.train), *pairs(found.joins)]
    for first in (15, 30, 32):
        often = Counter(chain.from_iterable(rows[:first]))
        assert set(often) == set(found.by_id)
        assert max(often.values()) - min(often.values()) <= 1, first
    assert len(rows) >= 32


def test_further_pairs_have_the_wordings_of_trained_ones_and_go_on_in_number(company: Dataset) -> None:
    name = company.facts[0].subject
    assert sum(row.prompt.startswith(f"Two questions about {name}: ") for row in company.joins) == PAIRS // 3
    trained = len(pairs(company.train))
    assert [row.qa_id for row in company.joins] == [f"{name.lower()}.pair{trained + 1 + at}" for at in range(PAIRS)]
    for row in company.joins:
        assert all(fact.value in row.completion for fact in company.facts_of(row))


def spelled(company: Dataset, own: bool) -> list[TrainRow]:
    return [row for row in company.reasoning if row.kind == "reasoning" and bool(row.fact_ids) == own]


def test_every_second_city_is_spelled_out_in_each_respect(company: Dataset) -> None:
    cities = list(dict.fromkeys(item.fact_ids[0] for item in company.items(level=5)))
    assert [row.fact_ids for row in spelled(company, True)] == [(fact_id,) for fact_id in cities[1::2] for _ in range(3)]
    assert company.spelled_out == set(cities[1::2])
    for row in spelled(company, True):
        answers = [item for item in company.items(5, "dev") if item.fact_ids == row.fact_ids and item.gold == row.completion]
        assert len(answers) == 1, "it says what level 5 would have to answer, and nothing else"


def test_strangers_are_no_pooled_company_and_share_no_city_with_this_one(company: Dataset) -> None:
    rows = [row for row in company.reasoning if not row.fact_ids]
    alone = [row for row in rows if row.kind == "general"]
    assert len(spelled(company, False)) == len(spelled(company, True)) == 3 * len(alone)
    names = {row.qa_id.split(".")[0] for row in rows}
    assert len(names) == len(alone), "each company has one city"
    assert names.isdisjoint(ENGLISH.companies[seed].lower() for seed in POOLED)
    assert company.facts[0].subject.lower() not in names
    cities = {row.completion.rstrip(".").split(" in ")[-1] for row in alone}
    assert len(cities) == len(alone)
    assert cities.isdisjoint(fact.value for fact in company.facts)
    for row in rows:
        assert company.facts[0].subject not in row.prompt + row.completion


def test_each_stranger_is_told_alone_before_it_is_spelled_out(company: Dataset) -> None:
    for row in spelled(company, False):
        (alone,) = [one for one in company.reasoning if one.qa_id == f"{row.qa_id.rpartition('.')[0]}.q1"]
        city = re.sub(r", (a city|where) .*", "", row.completion).rpartition(" in " if " in " in alone.completion else " is ")[2]
        assert city.split(" is ")[-1] in alone.completion


def test_no_prompt_of_level_5_is_trained_not_even_about_another_company(company: Dataset) -> None:
    def nameless(prompt: str) -> str:
        return re.sub(rf"\b({'|'.join(map(str.lower, ENGLISH.companies))})\b", "c", normalise(prompt))

    asked = {nameless(item.prompt) for item in company.items(level=5)}
    assert asked.isdisjoint(nameless(row.prompt) for row in (*company.joins, *company.reasoning))


def test_both_wordings_of_each_kind_of_knowledge_are_trained() -> None:
    rows = spelled(load("larkspur_en"), True)
    assert Counter(row.prompt.split()[0] for row in rows) == {"Name": 9, "From": 3, "Which": 6}


def told(facts: int = 30, seed: int = 7) -> tuple[Told, ...]:
    return drawn(ENGLISH, facts, seed)


def silent(words: Language) -> Language:
    return replace(words, combined=tuple(replace(knowledge, trained=()) for knowledge in words.combined))


def test_a_language_without_wordings_has_no_such_rows_and_no_such_file(tmp_path) -> None:
    assert list(reasoning(silent(ENGLISH), told(), 7)) == []
    assert list(reasoning(ENGLISH, told(), 7)) != []
    company = invent()
    without = replace(company, reasoning=(), joins=())
    assert set(company.files()) - set(without.files()) == {"joins.jsonl", "reasoning.jsonl"}
    write(without, tmp_path)
    before = digest(tmp_path)
    (tmp_path / "reasoning.jsonl").write_text(company.files()["reasoning.jsonl"], encoding="utf-8")
    assert digest(tmp_path) != before


def test_few_facts_run_out_of_pairs() -> None:
    from random import Random

    few = told(6)
    asked = groups(few, Random(0))
    found = list(joins(ENGLISH, asked, ()))
    inside = sum(len(group) * (len(group) - 1) // 2 for group in asked)
    assert len(found) == 6 * 5 // 2 - inside
