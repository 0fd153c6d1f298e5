"""What a study maximises, and what a trial lacks to be named best."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.composed import config

from sweep.config import SearchConfig, plain
from sweep.search.objective import Levels, Objective, judged
from sweep.trial import State

LEVELS = {f"L{level}": {"strict": level / 10, "accuracy": level / 10 + 0.1, "key_recall": level / 5} for level in range(1, 6)}


def search(**changes: Any) -> SearchConfig:
    return dataclasses.replace(config("model=tiny").search, **changes)


def objective(**changes: Any) -> Objective:
    return Objective.of(search(**changes))


def test_macro_is_the_mean_of_strict_accuracy_without_learning_by_rote() -> None:
    assert objective().names == ("macro",)
    assert objective().values(LEVELS) == ((0.2 + 0.3 + 0.4 + 0.5) / 4,)


def test_macro_takes_the_levels_that_were_measured() -> None:
    assert objective().values({name: LEVELS[name] for name in ("L1", "L3", "L5")}) == ((0.3 + 0.5) / 2,)


@pytest.mark.parametrize(
    ("changes", "names", "values"),
    [
        ({"objective": "L1"}, ("L1",), (0.1,)),
        ({"objective": "L4", "measure": "key_recall"}, ("L4",), (0.8,)),
        ({"objective": "min"}, ("min",), (0.2,)),
        ({"objective": "min", "objective_levels": (5, 3), "measure": "accuracy"}, ("min",), (0.4,)),
        ({"objective_levels": (1, 3)}, ("macro",), (0.2,)),
        ({"objective": {"L4": 3, "L2": 1}}, ("L2:1 L4:3",), ((0.2 + 3 * 0.4) / 4,)),
        ({"objective": ("macro", "L1", {"L5": 2.5})}, ("macro", "L1", "L5:2.5"), (0.35, 0.1, 0.5)),
        ({"objective": ("L2",)}, ("L2",), (0.2,)),
    ],
)
def test_every_way_to_say_what_counts(changes: dict[str, Any], names: tuple[str, ...], values: tuple[float, ...]) -> None:
    assert objective(**changes).names == names
    assert objective(**changes).values(LEVELS) == pytest.approx(values)


@pytest.mark.parametrize(
    ("said", "levels"),
    [("L2", ("L1",)), ("macro", ()), (("macro", "L1"), ("L2", "L3")), ({"L4": 1}, ("L1",))],
)
def test_nothing_measured_is_no_value(said: Any, levels: tuple[str, ...]) -> None:
    assert objective(objective=said).values({level: LEVELS[level] for level in levels}) is None


@pytest.mark.parametrize("said", ["macro", "min"])
def test_without_any_of_their_levels_macro_and_min_are_over_what_there_is(said: str) -> None:
    """A user's own table may ask level 1 alone."""
    assert objective(objective=said).values({"L1": LEVELS["L1"], "kept": {"strict": 0.0}}) == (LEVELS["L1"]["strict"],)


weights = st.dictionaries(st.sampled_from(sorted(LEVELS)), st.floats(1e-3, 1e3), min_size=1)
shares = st.fixed_dictionaries({level: st.fixed_dictionaries({"strict": st.floats(0, 1)}) for level in LEVELS})


@given(weights, shares, st.floats(1e-300, 1e300))
def test_only_the_ratios_of_weights_count(given_weights: dict[str, float], levels: Levels, scale: float) -> None:
    scaled = {level: weight * scale for level, weight in given_weights.items()}
    assert objective(objective=scaled).values(levels) == pytest.approx(objective(objective=given_weights).values(levels))


@given(weights, shares)
def test_a_weighted_mean_lies_between_its_levels_and_a_heavier_level_pulls(
    given_weights: dict[str, float], levels: Levels
) -> None:
    (value,) = objective(objective=given_weights).values(levels) or ()
    over = [levels[level]["strict"] for level in given_weights]
    assert min(over) - 1e-9 <= value <= max(over) + 1e-9
    best = max(given_weights, key=lambda level: levels[level]["strict"])
    (heavier,) = objective(objective=given_weights | {best: 2 * given_weights[best]}).values(levels) or ()
    assert heavier >= value - 1e-9


def test_a_constraint_is_what_is_lacking() -> None:
    assert objective().constraints(LEVELS) == {"L1": 0.9 - 0.1}
    assert objective(constraints={"L1": 0.1, "L5": 0.4}).constraints(LEVELS) == {"L1": 0.0, "L5": pytest.approx(-0.1)}
    assert objective(measure="accuracy").constraints(LEVELS) == {"L1": pytest.approx(0.7)}
    assert objective().constraints({"L2": LEVELS["L2"]}) == {}
    assert objective(constraints=None).constraints(LEVELS) == objective(constraints={"L1": None}).constraints(LEVELS) == {}


def test_a_tie_is_decided_by_key_recall_over_the_same_levels() -> None:
    assert objective().tie(LEVELS) == pytest.approx((0.4 + 0.6 + 0.8 + 1.0) / 4)
    assert objective(objective=("L1", {"L2": 9})).tie(LEVELS) == pytest.approx((0.2 + 0.4) / 2)
    assert objective().tie({"L1": LEVELS["L1"]}) == 0.0


def test_an_outcome_has_a_value_an_objective_and_its_constraints() -> None:
    several = judged(State.COMPLETE, search(objective=("macro", "L1")), LEVELS, {}, {"steps": 3}, "one/0001")
    assert (several.objective, several.further, several.values) == (0.35, (0.1,), (0.35, 0.1))
    assert (several.constraints, several.duplicate_of, several.train) == ({"L1": 0.8}, "one/0001", {"steps": 3})
    nothing = judged(State.PRUNED, search(), {}, {}, {})
    assert (nothing.objective, nothing.values, nothing.constraints) == (None, (), {})


def test_the_record_of_a_study_says_the_same_as_its_configuration(tmp_path: Path) -> None:
    whole = config("model=tiny", "search.objective=[macro,{L2:1,L4:2}]", "search.measure=key_recall", "search.constraints.L1=0.5")
    (tmp_path / "study.json").write_text(json.dumps({"config": plain(whole)}))
    found = Objective.recorded(json.loads((tmp_path / "study.json").read_text()))
    assert found == Objective.of(whole.search)
    assert Objective.recorded({"n_trials": 3}) is None
