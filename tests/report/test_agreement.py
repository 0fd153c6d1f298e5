"""Cohen's kappa against figures worked out by hand and against scikit-learn, and its interval by fact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]

from sweep.report.agreement import agreement, by_level, kappas


def judged(grade: str, verdict: str | None, fact: str = "a", level: int = 1) -> dict[str, Any]:
    return {"qid": "q", "level": level, "fact_ids": [fact], "grade": grade, "verdict": verdict}


def test_kappa_by_hand() -> None:
    # of 50: both right 20, scorer alone 5, judge alone 10, neither 15: p_o = .7, p_e = .5 x .6 + .5 x .4 = .5, kappa = .4
    rows = [judged("CORRECT", "CORRECT")] * 20 + [judged("CORRECT", "PARTIAL")] * 5
    rows += [judged("PARTIAL", "CORRECT")] * 10 + [judged("INCORRECT", "PARTIAL")] * 15
    found = agreement(rows)
    assert (found.n, found.scorer) == (50, 0.5)
    assert found.judge == pytest.approx(0.6)
    assert found.agreement == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)


def test_kappa_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    for share in (0.1, 0.5, 0.9):
        scorer, judge = rng.random(200) < 0.4, rng.random(200) < share
        rows = [
            judged("CORRECT" if s else "INCORRECT", "CORRECT" if j else "INCORRECT") for s, j in zip(scorer, judge, strict=True)
        ]
        assert agreement(rows).kappa == pytest.approx(cohen_kappa_score(scorer, judge))


def test_where_chance_leaves_nothing_open_there_is_no_kappa() -> None:
    found = agreement([judged("INCORRECT", "INCORRECT", fact) for fact in "abc"])
    assert (found.agreement, found.kappa, found.low) == (1.0, None, None)
    assert np.isnan(kappas(np.array([[0.0, 0, 0, 3]]))).all()


def test_replies_that_could_not_be_read_count_for_nobody() -> None:
    found = agreement([judged("CORRECT", "CORRECT"), judged("INCORRECT", "INCORRECT"), judged("CORRECT", None)])
    assert (found.n, found.unread, found.kappa) == (2, 1, 1.0)
    assert agreement([judged("CORRECT", None)]).body() == {
        "n": 0, "unread": 1, "scorer": None, "judge": None, "agreement": None, "kappa": None, "low": None, "high": None,
    }  # fmt: skip


def test_answers_about_one_fact_do_not_narrow_the_interval() -> None:
    rng = np.random.default_rng(0)
    kinds: list[tuple[str, str]] = [("CORRECT", "CORRECT"), ("CORRECT", "INCORRECT"), ("INCORRECT", "INCORRECT")]
    drawn = [kinds[at] for at in rng.integers(0, 3, 40)]
    rows = [judged(grade, verdict, fact=str(fact)) for fact, (grade, verdict) in enumerate(drawn)]
    once, tenfold = agreement(rows), agreement(rows * 10)
    assert once.kappa == pytest.approx(tenfold.kappa)
    assert once.low == pytest.approx(tenfold.low)
    assert once.high == pytest.approx(tenfold.high)
    assert once.low is not None
    assert once.high is not None
    assert once.low < once.kappa < once.high  # type: ignore[operator]
    assert agreement([judged("CORRECT", "CORRECT"), judged("INCORRECT", "INCORRECT")]).low is None, "one fact tells no spread"


def test_levels_are_told_apart() -> None:
    found = by_level([judged("CORRECT", "CORRECT", level=2), judged("CORRECT", "INCORRECT", level=1)])
    assert {name: one.agreement for name, one in found.items()} == {"L1": 0.0, "L2": 1.0}
