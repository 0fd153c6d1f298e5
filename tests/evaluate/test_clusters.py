"""Errors clustered by fact, against formulas and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sweep.evaluate.clusters import clustered_stderr, fact_clusters


def test_without_clusters_the_error_is_the_textbooks() -> None:
    values = [1.0, 0.0, 1.0, 1.0, 0.0]
    n, p = len(values), 0.6
    assert clustered_stderr(values, range(n)) == pytest.approx(math.sqrt(p * (1 - p) / (n - 1)))


def test_questions_that_repeat_each_other_count_once() -> None:
    once = clustered_stderr([1.0, 0.0, 1.0, 0.0], [0, 1, 2, 3])
    assert clustered_stderr([1.0, 0.0, 1.0, 0.0] * 5, [0, 1, 2, 3] * 5) == pytest.approx(once)


def test_the_error_is_the_spread_of_many_repetitions() -> None:
    """30 facts with 4 like questions each: the mean of the errors is the spread of the means, the naive error is not."""
    draw = np.random.default_rng(0)
    means, errors = [], []
    clusters = [fact for fact in range(30) for _ in range(4)]
    for _ in range(2000):
        chance = np.repeat(draw.beta(0.7, 0.7, 30), 4)
        values = (draw.random(120) < chance).astype(float)
        means.append(values.mean())
        errors.append(clustered_stderr(list(values), clusters))
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.05)
    assert math.sqrt(0.25 / 120) < 0.75 * np.std(means)


def test_questions_that_share_a_fact_are_one_cluster() -> None:
    assert fact_clusters([["a"], ["b"], ["a", "c"], ["c"], ["d", "b"], ["e"]]) == [0, 1, 0, 0, 1, 2]
