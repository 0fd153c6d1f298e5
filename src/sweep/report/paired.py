"""Whether two arms that answered the same questions differ: tests and intervals whose unit is the fact, not the question.

Several questions share a fact, and questions of one fact are right or wrong together: counted one by one they would make
differences out of nothing. Formulas: Efron and Tibshirani 1993 (bootstrap), Phipson and Smyth 2010 (p of a permutation test),
Holm 1979, Wilson 1927.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

ALPHA = 0.05  # two-sided, over all tests of a page together
POWER = 0.8  # with which the smallest detectable difference would be found
RESAMPLES = 10_000
FEWEST_FACTS, FEWEST_QUESTIONS = 10, 20  # below either, figures describe and claim nothing
BETTER, WORSE, NONE, DESCRIPTIVE = "better", "worse", "no detectable difference", "descriptive only"

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Sheet:
    """What one arm answered: `right_SQ` holds 0/1 or a share for each of its seeds and questions."""

    right_SQ: Array

    def __post_init__(self) -> None:
        assert self.right_SQ.ndim == 2, f"got shape {self.right_SQ.shape}, expected seeds x questions"
        assert self.right_SQ.size, "no seed, or no question"

    @property
    def mean(self) -> float:
        """Over all questions and seeds."""
        return float(self.right_SQ.mean())

    @property
    def seed_sd(self) -> float | None:
        """Spread of the seeds' means; None for one seed."""
        return float(self.right_SQ.mean(axis=1).std(ddof=1)) if len(self.right_SQ) > 1 else None


@dataclass(frozen=True)
class Difference:
    """Arm b less arm a on the same questions."""

    mean: float
    low: float  # of a 95 % interval
    high: float
    p: float  # two-sided, of this test alone
    spread: float  # standard error
    by_seed: tuple[float, ...]
    questions: int
    facts: int  # groups of questions that share no fact with others

    def detectable(self, tests: int = 1) -> float:
        """The smallest true difference that would be found with a probability of `POWER`, where the least p of so many must be
        below `ALPHA` divided by their number (Holm's first step)."""
        return float(stats.norm.ppf(1 - ALPHA / (2 * tests)) + stats.norm.ppf(POWER)) * self.spread

    def verdict(self, adjusted: float) -> str:
        """In words. `adjusted`: p among all tests of the page. A difference is claimed only where every seed has its sign."""
        if self.facts < FEWEST_FACTS or self.questions < FEWEST_QUESTIONS:
            return DESCRIPTIVE
        if adjusted < ALPHA and all(one > 0 for one in self.by_seed):
            return BETTER
        if adjusted < ALPHA and all(one < 0 for one in self.by_seed):
            return WORSE
        return NONE


def difference(a: Sheet, b: Sheet, clusters: Sequence[int], *, resamples: int = RESAMPLES, seed: int = 0) -> Difference:
    """b less a, as mean over questions. `clusters`: the group of facts each question is about.

    Seeds are paired by their place where both have as many; else each arm stands with the mean of its seeds.
    """
    if len(a.right_SQ) == len(b.right_SQ):
        apart_SQ = b.right_SQ - a.right_SQ
    else:
        apart_SQ = (b.right_SQ.mean(axis=0) - a.right_SQ.mean(axis=0))[None]
    sums_SG, sizes_G = _by_cluster(apart_SQ, clusters)
    rng = np.random.default_rng(seed)
    drawn = _resampled(sums_SG, sizes_G, resamples, rng)
    low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    return Difference(
        mean=float(apart_SQ.mean()),
        low=float(low),
        high=float(high),
        p=sign_flip(sums_SG.mean(axis=0), resamples, rng),
        spread=float(drawn.std(ddof=1)),
        by_seed=tuple(float(one) for one in apart_SQ.mean(axis=1)),
        questions=apart_SQ.shape[1],
        facts=len(sizes_G),
    )


def sign_flip(sums_G: Array, resamples: int = RESAMPLES, rng: np.random.Generator | None = None) -> float:
    """Two-sided p of facts' summed differences being of either sign by chance; exact where there are few facts.

    p = (1 + number of sign vectors at least as far from 0) / (1 + number drawn); 1 where no fact differs.
    """
    sums_G = sums_G[sums_G != 0]
    if not len(sums_G):
        return 1.0
    seen = abs(sums_G.sum()) - 1e-9
    if 2 ** len(sums_G) <= resamples:
        signs_BG = 1 - 2 * ((np.arange(2 ** len(sums_G))[:, None] >> np.arange(len(sums_G))) & 1)
        return float((abs(signs_BG @ sums_G) >= seen).mean())
    signs_BG = 1 - 2 * (rng or np.random.default_rng(0)).integers(0, 2, (resamples, len(sums_G)), dtype=np.int8)
    return float((1 + (abs(signs_BG @ sums_G) >= seen).sum()) / (1 + resamples))


def interval(arm: Sheet, clusters: Sequence[int], *, resamples: int = RESAMPLES, seed: int = 0) -> tuple[float, float]:
    """95 % interval of an arm's mean; where all answers are alike, of which resampling would be certain, Wilson's over facts."""
    sums_SG, sizes_G = _by_cluster(arm.right_SQ, clusters)
    if arm.mean in (0.0, 1.0):
        found = stats.binomtest(round(arm.mean * len(sizes_G)), len(sizes_G)).proportion_ci(1 - ALPHA, method="wilson")
        return float(found.low), float(found.high)
    drawn = _resampled(sums_SG, sizes_G, resamples, np.random.default_rng(seed))
    low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    return max(0.0, float(low)), min(1.0, float(high))  # what seeds add as noise knows no ends


def holm(values: Sequence[float]) -> list[float]:
    """Adjusted p values, in the order of these."""
    adjusted, least = [0.0] * len(values), 0.0
    for rank, at in enumerate(sorted(range(len(values)), key=lambda at: values[at])):
        least = max(least, min(1.0, (len(values) - rank) * values[at]))
        adjusted[at] = least
    return adjusted


def sheet(rows: Mapping[int, Mapping[str, float]], questions: Sequence[str]) -> Sheet:
    """Of grades by seed and question id, in the order of the seeds."""
    return Sheet(np.array([[rows[seed][qid] for qid in questions] for seed in sorted(rows)], dtype=np.float64))


def _by_cluster(values_SQ: Array, clusters: Sequence[int]) -> tuple[Array, Array]:
    """Sums by seed and cluster, and the clusters' sizes."""
    of_Q = np.unique(np.asarray(clusters), return_inverse=True)[1]
    sizes_G = np.bincount(of_Q).astype(np.float64)
    return np.array([np.bincount(of_Q, weights=row, minlength=len(sizes_G)) for row in values_SQ]), sizes_G


def _resampled(sums_SG: Array, sizes_G: Array, resamples: int, rng: np.random.Generator) -> Array:
    """Means of studies like this one: facts drawn with replacement, and what other seeds would shift them all by added as noise.

    A mean over G drawn facts has (G - 1) / G of the true variance (Davison and Hinkley 1997, section 2.7): it is stretched by
    that. Drawing facts and seeds together would count what a seed does to one fact twice (Owen 2007, arXiv:0707.4195).
    """
    facts = len(sizes_G)
    counts_BG = rng.multinomial(facts, np.full(facts, 1 / facts), resamples)
    drawn_B: Array = (counts_BG @ sums_SG.mean(axis=0)) / (counts_BG @ sizes_G)
    stretched_B = drawn_B.mean() + (drawn_B - drawn_B.mean()) * math.sqrt(facts / max(facts - 1, 1))
    shifted_B: Array = stretched_B + rng.normal(0, math.sqrt(_seed_variance(sums_SG, sizes_G)), resamples)
    return shifted_B


def _seed_variance(sums_SG: Array, sizes_G: Array) -> float:
    """Variance of the mean over seeds by what a seed does to all facts alike: a two-way layout's component, no less than 0."""
    seeds, facts = sums_SG.shape
    if seeds == 1 or facts == 1:
        return 0.0
    asked = sizes_G.sum()
    mean_S = sums_SG.sum(axis=1) / asked
    rest_SG = sums_SG - sums_SG.mean(axis=0) - sizes_G * (mean_S - mean_S.mean())[:, None]
    by_chance = (rest_SG**2).sum() / ((seeds - 1) * asked**2) * facts / (facts - 1)
    return max(0.0, float(mean_S.var(ddof=1) - by_chance)) / float(seeds)
