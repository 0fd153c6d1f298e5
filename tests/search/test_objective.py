"""The one number a study maximises."""

from __future__ import annotations

import pytest

from sweep.search.objective import objective

LEVELS = {f"L{level}": {"strict": level / 10, "accuracy": 1.0} for level in range(1, 6)}


def test_macro_is_the_mean_of_strict_accuracy_without_learning_by_rote() -> None:
    assert objective("macro", LEVELS) == pytest.approx((0.2 + 0.3 + 0.4 + 0.5) / 4)


def test_macro_takes_the_levels_that_were_measured() -> None:
    assert objective("macro", {name: LEVELS[name] for name in ("L1", "L3", "L5")}) == pytest.approx(0.4)


@pytest.mark.parametrize("level", ["L1", "L4"])
def test_one_level(level: str) -> None:
    assert objective(level, LEVELS) == LEVELS[level]["strict"]


@pytest.mark.parametrize(("name", "levels"), [("macro", {"L1": {"strict": 1.0}}), ("L2", {"L1": {"strict": 1.0}}), ("macro", {})])
def test_nothing_measured_is_no_value(name: str, levels: dict[str, dict[str, float]]) -> None:
    assert objective(name, levels) is None
