"""Axes, points, the rules by which points exist, and their words."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.composed import config

from sweep.config import plain
from sweep.search.space import Axis, Choice, Point, Rule, Space, Span, Value, overrides, paired

RANK = Choice("lora.rank", (4, 16))
TARGETS = Choice("lora.targets", ("mlp", "[q_proj,v_proj]", None))
RATE = Span("training.learning_rate", 1e-4, 1e-2, log=True)
EPOCHS = Span("training.epochs", 1, 8, whole=True)
PAIR = paired(("lora.rank", "training.learning_rate"), ((4, 1e-3), (16, 1e-3), (16, 5e-4)))
RATIO = Choice("lora.lr_ratio_b", (1.0, 4.0))
ONLY_MLP = {"lora.lr_ratio_b": {"lora.targets": ("mlp",)}}


# ---- spaces of any kind -------------------------------------------------------------------------------------------------


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Up to four axes of up to three values, pairs among them, written in any order, with conditions and exclusions."""
    axes: list[Choice] = []
    for at in range(draw(st.integers(0, 4))):
        values = tuple(range(draw(st.integers(1, 3))))
        rows = tuple((value, f"x{value % 2}") for value in values)
        axes.append(paired((f"k{at}", f"l{at}"), rows) if draw(st.booleans()) else Choice(f"k{at}", values))
    when = {
        axis.key: rule for at, axis in enumerate(axes) if at and draw(st.booleans()) if (rule := draw(rules(axes[:at])))
    }  # conditions name axes made before, so there is no circle
    exclude = draw(st.lists(rules(axes).filter(bool), max_size=3)) if axes else []
    return Space(tuple(draw(st.permutations(axes))), tuple(exclude), when)


@st.composite
def rules(draw: st.DrawFn, axes: list[Choice]) -> Rule:
    """Some keys of these axes, each with some of its values."""
    columns = {key: values for axis in axes for key, values in columns_of(axis).items()}
    keys = draw(st.lists(st.sampled_from(sorted(columns)), unique=True, max_size=2))
    return {key: tuple(draw(st.lists(st.sampled_from(columns[key]), unique=True, min_size=1))) for key in keys}


def columns_of(axis: Choice) -> dict[str, list[Value]]:
    points = [axis.at(value) for value in axis.values]
    return {key: list(dict.fromkeys(point[key] for point in points)) for key in axis.keys}


def candidates(space: Space) -> Iterator[Point]:
    """Every point that there could be: each axis at each of its values, or absent."""
    choices = [[{}, *(axis.at(value) for value in axis.listed)] for axis in space.axes]
    for parts in itertools.product(*choices):
        yield {key: value for part in parts for key, value in part.items()}


def exists(space: Space, point: Point) -> bool:
    """The meaning of `when` and `exclude`, told once more: an axis is there where its condition holds; nothing excluded is."""

    def holds(rule: Mapping[str, tuple[Value, ...]]) -> bool:
        return all(key in point and point[key] in values for key, values in rule.items())

    present = [axis.keys[0] in point for axis in space.axes]
    wanted = [axis.key not in space.when or holds(space.when[axis.key]) for axis in space.axes]
    return present == wanted and not any(holds(rule) for rule in space.exclude)


def frozen(point: Mapping[str, Value]) -> frozenset[tuple[str, Value]]:
    return frozenset(point.items())


@given(spaces())
def test_the_points_are_those_that_exist_each_once(space: Space) -> None:
    points = list(space.points())
    assert len({frozen(point) for point in points}) == len(points) == space.size
    assert {frozen(point) for point in points} == {frozen(one) for one in candidates(space) if exists(space, one)}
    assert space.empty == (not points)


@given(spaces())
def test_what_is_allowed_are_the_points(space: Space) -> None:
    points = list(space.points())
    assert [point for point in candidates(space) if space.allows(point)] == [
        point for point in candidates(space) if point in points
    ]


@given(spaces(), st.integers(0, 99))
def test_a_drawn_point_exists_unless_it_is_excluded(space: Space, seed: int) -> None:
    choose, asked = random.Random(seed), dict[str, Value]()

    def suggest(axis: Axis) -> Value:
        assert axis.key not in asked
        asked[axis.key] = choose.choice(axis.listed)
        return asked[axis.key]

    point = space.drawn(suggest)
    assert exists(Space(space.axes, (), space.when), point)
    assert space.allows(point) == exists(space, point) == (point in list(space.points()))
    assert space.raw(point) == asked


@given(spaces())
def test_drawing_what_a_point_is_made_of_makes_the_point(space: Space) -> None:
    for point in space.points():
        raw = space.raw(point)
        assert space.drawn(lambda axis, raw=raw: raw[axis.key]) == point  # type: ignore[misc]


@given(spaces())
def test_the_edges_hold_every_value_that_any_point_has(space: Space) -> None:
    points, edges = list(space.points()), list(space.edges())
    for edge in edges:
        assert not points or any(edge.items() <= point.items() for point in points)
    for point in points:
        for axis in space.axes:
            if axis.keys[0] in point:
                assert any({key: point[key] for key in axis.keys}.items() <= edge.items() for edge in edges)


@given(spaces(), spaces())
def test_spaces_with_other_points_have_another_json(one: Space, other: Space) -> None:
    points = [{frozen(point) for point in space.points()} for space in (one, other)]
    assert points[0] == points[1] or json.dumps(one.plain()) != json.dumps(other.plain())


# ---- points in their order ----------------------------------------------------------------------------------------------


def test_a_grid_has_every_point_once_and_its_last_axis_turns_fastest() -> None:
    points = [tuple(point.values()) for point in Space((RANK, TARGETS)).points()]
    assert points == [(4, "mlp"), (4, "[q_proj,v_proj]"), (4, None), (16, "mlp"), (16, "[q_proj,v_proj]"), (16, None)]


@given(st.lists(st.integers(1, 4), max_size=4))
def test_the_size_is_the_number_of_points(sizes: list[int]) -> None:
    space = Space(tuple(Choice(f"k{at}", tuple(range(size))) for at, size in enumerate(sizes)))
    points = [tuple(point.values()) for point in space.points()]
    assert len(points) == len(set(points)) == space.size
    assert points == list(itertools.product(*(range(size) for size in sizes)))


def test_the_size_of_a_wide_space_is_counted_without_walking_it() -> None:
    wide = tuple(Choice(f"k{at}", tuple(range(10))) for at in range(12))
    assert Space((*wide, RANK, TARGETS), ({"lora.rank": (4,), "lora.targets": ("mlp",)},)).size == 10**12 * 5


def test_an_axis_comes_after_what_its_condition_names() -> None:
    space = Space((RATIO, TARGETS), when=ONLY_MLP)
    assert [tuple(point.items()) for point in space.points()] == [
        (("lora.targets", "mlp"), ("lora.lr_ratio_b", 1.0)),
        (("lora.targets", "mlp"), ("lora.lr_ratio_b", 4.0)),
        (("lora.targets", "[q_proj,v_proj]"),),
        (("lora.targets", None),),
    ]


def test_points_can_be_held_to_values_of_some_axes() -> None:
    space = Space((RATIO, TARGETS, RANK), when=ONLY_MLP)
    held = list(space.points({"lora.rank": 16, "lora.lr_ratio_b": 4.0}))
    assert held == [
        {"lora.targets": "mlp", "lora.lr_ratio_b": 4.0, "lora.rank": 16},
        {"lora.targets": "[q_proj,v_proj]", "lora.rank": 16},
        {"lora.targets": None, "lora.rank": 16},
    ]


def test_a_span_makes_a_space_endless() -> None:
    assert Space((RANK, TARGETS)).discrete
    assert not Space((RANK, RATE)).discrete
    assert Space((RANK, RATE)).size == math.inf


def test_a_space_with_a_span_can_be_empty_too() -> None:
    assert Space((RANK, RATE), ({"lora.rank": (4, 16)},)).empty
    assert not Space((RANK, RATE), ({"lora.rank": (4,)},)).empty


def test_values_that_go_together_are_one_axis() -> None:
    space = Space((PAIR, TARGETS))
    assert (PAIR.key, PAIR.keys) == ("lora.rank+training.learning_rate", ("lora.rank", "training.learning_rate"))
    assert PAIR.values == ("4,0.001", "16,0.001", "16,0.0005")
    assert space.keys == ("lora.rank", "training.learning_rate", "lora.targets")
    first: Point = {"lora.rank": 4, "training.learning_rate": 1e-3, "lora.targets": "mlp"}
    assert next(space.points()) == first
    assert space.raw(first) == {"lora.rank+training.learning_rate": "4,0.001", "lora.targets": "mlp"}
    assert space.size == 9
    assert paired(("a", "b"), ((1, 2), (1, 2), (2, 1))).values == ("1,2", "2,1")


@pytest.mark.parametrize(
    ("axis", "value", "allowed"),
    [
        (RANK, 4, True),
        (RANK, 5, False),
        (Choice("k", (0, 1)), True, False),
        (Choice("k", ("'4'",)), "4", False),
        (RATE, 1e-4, True),
        (RATE, 1e-2, True),
        (RATE, 1.1e-2, False),
        (EPOCHS, 8, True),
        (EPOCHS, 1.5, False),
        (EPOCHS, True, False),
        (EPOCHS, "4", False),
        (Span("k", 8, 64, whole=True, step=8), 24, True),
        (Span("k", 8, 64, whole=True, step=8), 25, False),
        (Span("k", 1, 7, whole=True, step=2), 3, True),
        (Span("k", 1, 7, whole=True, step=2), 4, False),
    ],
)
def test_which_values_an_axis_allows(axis: Axis, value: Value, allowed: bool) -> None:
    assert Space((axis,)).allows({axis.key: value}) == allowed


def test_a_point_with_a_key_too_many_or_too_few_is_not_allowed() -> None:
    space = Space((TARGETS, RATIO), when=ONLY_MLP)
    assert space.allows({"lora.targets": None})
    assert not space.allows({"lora.targets": "mlp"})
    assert not space.allows({"lora.targets": None, "lora.lr_ratio_b": 4.0})
    assert not space.allows({"lora.targets": None, "seed": 0})
    assert not Space((PAIR,)).allows({"lora.rank": 4, "training.learning_rate": 5e-4})


# ---- the point of a configuration ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "axes", "point"),
    [
        (["lora.rank=16"], (RANK,), {"lora.rank": 16}),
        (["lora.rank=8"], (RANK,), None),
        (["lora.targets=[q_proj,v_proj]"], (TARGETS,), {"lora.targets": "[q_proj,v_proj]"}),
        (["lora.targets=[q_proj]"], (TARGETS,), None),
        (["lora.targets='[q_proj,v_proj]'"], (TARGETS,), None),  # a text, and no list
        (["lora.layers=[0,1]"], (Choice("lora.layers", ("0-1", "[0,1]")),), {"lora.layers": "[0,1]"}),
        (["lora.layers=0-1"], (Choice("lora.layers", ("0-1", "[0,1]")),), {"lora.layers": "0-1"}),
        (["lora.layers='4'"], (Choice("lora.layers", ("'4'",)),), {"lora.layers": "'4'"}),
        (["lora.alpha=null"], (Choice("lora.alpha", (8, None)),), {"lora.alpha": None}),
        (["lora.alpha=8"], (Choice("lora.alpha", (8, None)),), {"lora.alpha": 8}),
        (["lora.lm_head=true"], (Choice("lora.lm_head", (False, True)),), {"lora.lm_head": True}),
        (["lora.lm_head=true"], (Choice("lora.lm_head", (0, 1)),), None),
        (["training.learning_rate=1e-3"], (RATE,), {"training.learning_rate": 1e-3}),
        (["training.learning_rate=1"], (RATE,), None),
        (["training.epochs=8"], (EPOCHS,), {"training.epochs": 8}),
        (["model=tiny"], (Choice("model", ("tiny", "hf")),), None),  # a group's choice is not written in the configuration
        (["lora.rank=16", "training.learning_rate=5e-4"], (PAIR,), {"lora.rank": 16, "training.learning_rate": 5e-4}),
        (["lora.rank=4", "training.learning_rate=5e-4"], (PAIR,), None),
        ([], (), {}),
    ],
)
def test_the_point_that_a_configuration_is(words: list[str], axes: tuple[Axis, ...], point: Point | None) -> None:
    base = plain(config("model=tiny", *words))
    found = Space(axes).baseline(base)
    assert found == point
    assert (Space(axes).stray(base) is None) == (point is not None)


def test_the_point_of_a_configuration_has_no_axis_that_does_not_exist_there() -> None:
    space = Space((TARGETS, RATIO), when=ONLY_MLP)
    lists = plain(config("model=tiny", "lora.targets=[q_proj,v_proj]"))
    assert space.baseline(lists) == {"lora.targets": "[q_proj,v_proj]"}
    mlp = plain(config("model=tiny", "lora.targets=mlp", "lora.lr_ratio_b=4"))
    assert space.baseline(mlp) == {"lora.targets": "mlp", "lora.lr_ratio_b": 4.0}
    assert Space((TARGETS,), ({"lora.targets": ("mlp",)},)).baseline(mlp) is None


# ---- words and JSON -----------------------------------------------------------------------------------------------------


def test_edges_are_each_value_alone_and_both_ends_of_a_span() -> None:
    edges = list(Space((RANK, RATE, EPOCHS)).edges())
    assert edges == [
        {"lora.rank": 4},
        {"lora.rank": 16},
        {"training.learning_rate": 1e-4},
        {"training.learning_rate": 1e-2},
        {"training.epochs": 1},
        {"training.epochs": 8},
    ]
    assert all(isinstance(edge["training.epochs"], int) for edge in edges if "training.epochs" in edge)


def test_an_edge_keeps_the_rules() -> None:
    """A value that is meant for one engine only must not be composed with another."""
    space = Space((RATE, RANK, TARGETS, RATIO), ({"lora.rank": (4,), "lora.targets": ("mlp",)},), ONLY_MLP)
    edges = list(space.edges())
    assert {"training.learning_rate": 1e-4} in edges
    assert {"lora.rank": 16, "lora.targets": "mlp", "lora.lr_ratio_b": 4.0} in edges
    assert not any(edge.get("lora.rank") == 4 and edge.get("lora.targets") == "mlp" for edge in edges)


def test_a_point_as_overrides() -> None:
    point = {
        "lora.rank": 4,
        "lora.alpha": None,
        "lora.lm_head": False,
        "lora.targets": "[q_proj]",
        "training.learning_rate": 1e-5,
    }
    assert overrides(point) == (
        "lora.rank=4",
        "lora.alpha=null",
        "lora.lm_head=false",
        "lora.targets=[q_proj]",
        "training.learning_rate=1e-05",
    )


def test_a_space_as_json_tells_spaces_apart() -> None:
    spaces = [
        Space(axes)
        for axes in (
            (RANK,),
            (TARGETS,),
            (RANK, TARGETS),
            (RATE,),
            (Span(RATE.key, 1e-4, 1e-2),),
            (Choice("lora.rank", (4, 16, 64)),),
        )
    ]
    texts = [json.dumps(space.plain()) for space in spaces]
    assert len(set(texts)) == len(spaces)
    assert json.loads(texts[3]) == {"training.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True, "whole": False}}


def test_rules_stand_beside_the_keys_in_json_and_only_where_there_are_any() -> None:
    assert Space((RANK, TARGETS)).plain() == {"lora.rank": [4, 16], "lora.targets": ["mlp", "[q_proj,v_proj]", None]}
    space = Space((PAIR, TARGETS, RATIO), ({"lora.rank": (4,), "lora.targets": ("mlp",)},), ONLY_MLP)
    ruled: dict[str, Any] = {
        "lora.rank": [4, 16, 16],
        "training.learning_rate": [1e-3, 1e-3, 5e-4],
        "lora.targets": ["mlp", "[q_proj,v_proj]", None],
        "lora.lr_ratio_b": [1.0, 4.0],
        "zip": [["lora.rank", "training.learning_rate"]],
        "exclude": [{"lora.rank": [4], "lora.targets": ["mlp"]}],
        "when": {"lora.lr_ratio_b": {"lora.targets": ["mlp"]}},
    }
    assert space.plain() == json.loads(json.dumps(space.plain())) == ruled
    assert Space((Span("k", 8, 64, whole=True, step=8),)).plain()["k"]["step"] == 8
