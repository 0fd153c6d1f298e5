"""How far a judge and the scorer agree on which answers are right: the share of equal grades, and Cohen's kappa.

kappa = (p_o - p_e) / (1 - p_e): of the agreement that chance leaves open, the share that is reached (Cohen 1960, Educational and
Psychological Measurement 20, 37-46). Its interval is a bootstrap over facts, since answers about one fact go together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sweep.clusters import fact_clusters

RESAMPLES = 2000
RIGHT = "CORRECT"
Judged = Mapping[str, Any]  # a row of judged.jsonl

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Agreement:
    """Of answers that both have graded."""

    n: int
    unread: int  # further ones, of which the judge's reply could not be read
    scorer: float | None  # share that the scorer calls right; None of no answer
    judge: float | None
    agreement: float | None
    kappa: float | None  # None where both always say the same one thing: chance leaves nothing open
    low: float | None  # of a 95 % interval; None where there is no kappa, or one fact alone
    high: float | None

    def body(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def agreement(judged: Sequence[Judged]) -> Agreement:
    """Of these rows."""
    read = [one for one in judged if one["verdict"] is not None]
    unread = len(judged) - len(read)
    if not read:
        return Agreement(0, unread, None, None, None, None, None, None)
    cells_N4 = np.array([_cell(one) for one in read], dtype=np.float64)
    both, scorer, judge, neither = cells_N4.mean(axis=0)
    low, high = _interval(cells_N4, fact_clusters([one["fact_ids"] or (one["qid"],) for one in read]))
    kappa = _number(float(kappas(cells_N4.sum(axis=0)[None])[0]))
    shares = float(both + scorer), float(both + judge), float(both + neither)
    return Agreement(len(read), unread, *shares, kappa, *((low, high) if kappa is not None else (None, None)))


def by_level(judged: Sequence[Judged]) -> dict[str, Agreement]:
    """`L1` to `L5`, as far as they were judged."""
    levels = sorted({one["level"] for one in judged})
    return {f"L{level}": agreement([one for one in judged if one["level"] == level]) for level in levels}


def kappas(cells_B4: Array) -> Array:
    """Cohen's kappa of each table (right for both, the scorer alone, the judge alone, neither); NaN where undefined."""
    shares_B4 = cells_B4 / cells_B4.sum(axis=1, keepdims=True)
    both, scorer, judge, neither = shares_B4.T
    by_chance = (both + scorer) * (both + judge) + (neither + judge) * (neither + scorer)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = np.where(by_chance < 1, (both + neither - by_chance) / (1 - by_chance), np.nan)
    return found


def _cell(one: Judged) -> list[bool]:
    scorer, judge = one["grade"] == RIGHT, one["verdict"] == RIGHT
    return [scorer and judge, scorer and not judge, judge and not scorer, not scorer and not judge]


def _interval(cells_N4: Array, clusters: Sequence[int]) -> tuple[float | None, float | None]:
    """2.5 and 97.5 percentiles over studies whose facts are drawn with replacement."""
    facts = max(clusters) + 1
    if facts == 1:
        return None, None
    cells_G4 = np.zeros((facts, 4))
    np.add.at(cells_G4, np.asarray(clusters), cells_N4)
    counts_BG = np.random.default_rng(0).multinomial(facts, np.full(facts, 1 / facts), RESAMPLES)
    drawn = kappas(counts_BG @ cells_G4)
    drawn = drawn[np.isfinite(drawn)]
    return (None, None) if not len(drawn) else (float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975)))


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
