"""Neighbours of an invented company: others, asked as it is asked, of what it was trained on."""

from __future__ import annotations

from collections import Counter

from sweep.data.company import invent
from sweep.data.company_neighbours import QUESTIONS, SUBJECTS
from sweep.data.files import load
from sweep.data.pools_en import COMPANIES


def test_neighbours_are_other_companies_asked_in_trained_words() -> None:
    found = load("larkspur_en")
    assert len(found.neighbours) == len({one.nid for one in found.neighbours}) == QUESTIONS
    subjects = Counter(one.subject for one in found.neighbours)
    assert set(subjects.values()) == {QUESTIONS // SUBJECTS}
    assert set(subjects) <= set(COMPANIES) - {"Larkspur"}
    trained = {row.prompt for row in found.train}
    for one in found.neighbours:
        assert one.prompt.replace(one.subject, "Larkspur") in trained, one.nid
        assert one.prompt not in trained
        assert found.leaks_of(one)


def test_the_smallest_company_has_as_many_and_another_seed_has_others() -> None:
    small, other = invent(facts=12), invent(seed=8)
    relations = {fact.relation for fact in small.facts}
    assert len(small.neighbours) == len({one.nid for one in small.neighbours}) == QUESTIONS
    assert {one.relation for one in small.neighbours} <= relations
    assert {one.nid for one in other.neighbours} != {one.nid for one in invent().neighbours}
