"""Tests of differences against scipy, against the reference's own examples, and against simulated truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from sweep.report import paired
from sweep.report.paired import Array, Difference, Sheet, difference, holm, interval, sign_flip

FACTS, EACH = 40, 2  # 40 facts of two questions
SHARES = st.floats(0, 1, allow_nan=False)


def answered(rng: np.random.Generator, known_G: Array, seeds: int, *, luck: float = 0.3) -> Sheet:
    """0/1 answers to `EACH` questions a fact. `known_G`: how well each is known, in logits; `luck`: what a seed does to it."""
    rows = []
    for _ in range(seeds):
        logits = np.repeat(known_G + rng.normal(0, luck, len(known_G)), EACH)
        rows.append(rng.random(len(logits)) < 1 / (1 + np.exp(-logits)))
    return Sheet(np.array(rows, dtype=np.float64))


def groups(facts: int = FACTS) -> list[int]:
    return [fact for fact in range(facts) for _ in range(EACH)]


def simulated(rng: np.random.Generator, seeds: int, effect: float) -> Difference:
    """Two arms on facts of differing difficulty, each fact moved by an effect of its own about a common mean."""
    known_G = rng.normal(0, 1.5, FACTS)
    a = answered(rng, known_G, seeds)
    b = answered(rng, known_G + rng.normal(effect, 1.0, FACTS), seeds)
    return difference(a, b, groups(), resamples=999)


@pytest.mark.parametrize("seeds", [1, 3, 6])
def test_false_positives_and_coverage_over_800_studies_without_a_difference(seeds: int) -> None:
    rng = np.random.default_rng(20261123 + seeds)
    found = [simulated(rng, seeds, 0.0) for _ in range(800)]
    assert np.mean([one.p < 0.05 for one in found]) <= 0.06
    assert 0.90 <= np.mean([one.low <= 0 <= one.high for one in found]) <= 0.97


def test_coverage_of_a_difference_that_is_there() -> None:
    """The truth is what very many facts would show."""
    rng = np.random.default_rng(7)
    known = rng.normal(0, 1.5, 400_000)
    moved, luck = rng.normal(1.0, 1.0, known.size), rng.normal(0, 0.3, (2, known.size))
    truth = float((stats.logistic.cdf(known + moved + luck[0]) - stats.logistic.cdf(known + luck[1])).mean())
    found = [simulated(rng, 3, 1.0) for _ in range(400)]
    assert 0.90 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.97
    power = np.mean([one.p < 0.05 for one in found])
    assert power > 0.8, "a difference of this size is seen"


def test_the_detectable_difference_is_found_about_four_times_in_five() -> None:
    rng = np.random.default_rng(11)
    found = [simulated(rng, 3, 0.55) for _ in range(300)]
    power = float(np.mean([one.p < 0.05 for one in found]))
    least = float(np.mean([one.detectable() for one in found]))
    mean = float(np.mean([one.mean for one in found]))
    foretold = stats.norm.cdf(mean / least * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) - stats.norm.ppf(0.975))
    assert power == pytest.approx(foretold, abs=0.08)


def test_questions_of_one_fact_do_not_count_as_many() -> None:
    """Ten facts, each answered alike in ten wordings: nothing more is known than from ten questions."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 2, 10).astype(float), rng.integers(0, 2, 10).astype(float)
    once = difference(Sheet(a[None]), Sheet(b[None]), range(10))
    tenfold = difference(
        Sheet(np.repeat(a, 10)[None]), Sheet(np.repeat(b, 10)[None]), [fact for fact in range(10) for _ in range(10)]
    )
    assert (tenfold.p, tenfold.mean) == (once.p, once.mean)
    assert (tenfold.low, tenfold.high) == pytest.approx((once.low, once.high))


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9))
def test_the_sign_flip_of_few_facts_is_scipys_exact_test(sums: list[int]) -> None:
    data = np.array(sums, dtype=np.float64)
    moved = data[data != 0]
    expected = 1.0
    if len(moved) > 1:
        settings = {"permutation_type": "samples", "n_resamples": np.inf}
        expected = float(
            stats.permutation_test((moved,), lambda x, axis: np.sum(x, axis=axis), vectorized=True, **settings).pvalue
        )
    assert sign_flip(data) == pytest.approx(expected)


def test_the_sign_flip_of_many_facts_is_near_wilcoxons_idea_of_it() -> None:
    rng = np.random.default_rng(5)
    data = rng.normal(0.4, 1, 60)
    t_test = float(stats.ttest_1samp(data, 0).pvalue)
    assert sign_flip(data) == pytest.approx(t_test, rel=0.15)
    assert sign_flip(np.ones(60)) == pytest.approx(1 / 10_001), "never 0: what was drawn is not all there is"


def test_fewer_than_six_facts_that_differ_are_never_enough() -> None:
    assert sign_flip(np.array([1.0] * 5 + [0.0] * 50)) == pytest.approx(2 / 32)
    assert sign_flip(np.array([1.0] * 6 + [0.0] * 50)) == pytest.approx(2 / 64)


@given(st.lists(SHARES, min_size=1, max_size=8))
def test_holm_is_scipys_relation_to_bonferroni(values: list[float]) -> None:
    adjusted = holm(values)
    for value, one in zip(values, adjusted, strict=True):
        assert value <= one <= min(1.0, value * len(values)) + 1e-12
    order = sorted(range(len(values)), key=lambda at: values[at])
    assert [adjusted[at] for at in order] == sorted(adjusted)
    assert adjusted[order[0]] == pytest.approx(min(1.0, len(values) * values[order[0]]))


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def made(p_sign: Sequence[float], facts: int = 30, questions: int = 60) -> Difference:
    return Difference(float(np.mean(p_sign)), -1, 1, 0.01, 0.1, tuple(p_sign), questions, facts)


def test_verdicts() -> None:
    assert made([0.1, 0.2]).verdict(0.04) == paired.BETTER
    assert made([-0.1, -0.2]).verdict(0.04) == paired.WORSE
    assert made([0.1, 0.2]).verdict(0.06) == paired.NONE
    assert made([0.1, -0.01]).verdict(0.04) == paired.NONE, "a seed says the opposite"
    assert made([0.1], facts=9).verdict(0.001) == paired.DESCRIPTIVE
    assert made([0.1], questions=19).verdict(0.001) == paired.DESCRIPTIVE


def test_more_tests_make_the_detectable_difference_larger() -> None:
    one = made([0.1])
    assert one.detectable() == pytest.approx(2.8016 * 0.1, rel=1e-4)
    assert one.detectable(10) == pytest.approx((stats.norm.ppf(1 - 0.0025) + stats.norm.ppf(0.8)) * 0.1)


def test_all_right_is_no_certainty() -> None:
    """Wilson's interval over 20 facts, whatever the number of questions: the reference's [.84, 1]."""
    low, high = interval(Sheet(np.ones((2, 40))), groups(20))
    assert (round(low, 2), high) == (0.84, 1.0)
    low, high = interval(Sheet(np.zeros((1, 40))), groups(20))
    assert (low, round(high, 2)) == (0.0, 0.16)


def test_an_interval_covers_the_truth_of_one_arm() -> None:
    rng = np.random.default_rng(9)
    truth = float(stats.logistic.cdf(rng.normal(0, math.hypot(1.5, 0.3), 400_000)).mean())
    found = [interval(answered(rng, rng.normal(0, 1.5, FACTS), 1), groups(), resamples=999) for _ in range(400)]
    assert 0.90 <= np.mean([low <= truth <= high for low, high in found]) <= 0.97


def test_a_seed_that_moves_everything_widens_the_interval() -> None:
    rng = np.random.default_rng(13)
    a = answered(rng, rng.normal(0, 1.5, FACTS), 3)
    alike = Sheet(np.clip(a.right_SQ + 0.2, 0, 2))
    apart = Sheet(a.right_SQ + np.array([[0.0], [0.2], [0.4]]))
    calm, shaken = (difference(a, b, groups()) for b in (alike, apart))
    assert calm.mean == pytest.approx(shaken.mean)
    assert shaken.spread > calm.spread + 0.1


def test_arms_of_unlike_numbers_of_seeds_stand_with_their_means() -> None:
    a, b = Sheet(np.zeros((1, 60))), Sheet(np.concatenate([np.ones((1, 60)), np.zeros((1, 60))]))
    found = difference(a, b, range(60))
    assert (found.mean, found.by_seed) == (0.5, (0.5,))
