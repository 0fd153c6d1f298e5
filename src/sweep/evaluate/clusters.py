"""Questions that share facts are right or wrong together: which ones do, and the error of a mean over them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence


def clustered_stderr(values: Sequence[float], clusters: Sequence[int]) -> float:
    """Standard error of a mean whose values come in clusters (here: questions about the same facts), units of the value.

    sqrt(G / (G - 1) x sum over clusters of (sum of deviations)^2) / n, with G clusters (Miller 2024, arXiv:2411.00640).
    One cluster alone says nothing about spread: then the value is that of independent questions.
    """
    n = len(values)
    mean = sum(values) / n
    sums: dict[int, float] = defaultdict(float)
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] += value - mean
    if len(sums) == 1:
        return math.sqrt(sum((value - mean) ** 2 for value in values)) / n
    scale = len(sums) / (len(sums) - 1)
    return math.sqrt(scale * sum(deviation**2 for deviation in sums.values())) / n


def fact_clusters(fact_ids: Sequence[Sequence[str]]) -> list[int]:
    """A cluster number for each question: questions that share a fact, directly or through others, are one cluster."""
    leader: dict[str, str] = {}

    def top(fact: str) -> str:
        while leader.setdefault(fact, fact) != fact:
            fact = leader[fact]
        return fact

    for facts in fact_ids:
        for other in facts[1:]:
            leader[top(other)] = top(facts[0])
    numbers: dict[str, int] = {}
    return [numbers.setdefault(top(facts[0]), len(numbers)) for facts in fact_ids]
