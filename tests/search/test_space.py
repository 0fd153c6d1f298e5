"""Axes, points and their words."""

from __future__ import annotations

import itertools
import json
import math

from hypothesis import given
from hypothesis import strategies as st

from sweep.search.space import Choice, Space, Span, overrides

RANK = Choice("lora.rank", (4, 16))
TARGETS = Choice("lora.targets", ("mlp", "[q_proj,v_proj]", None))
RATE = Span("training.learning_rate", 1e-4, 1e-2, log=True)
EPOCHS = Span("training.epochs", 1, 8, whole=True)


def test_a_grid_has_every_point_once_and_its_last_axis_turns_fastest() -> None:
    points = [tuple(point.values()) for point in Space((RANK, TARGETS)).points()]
    assert points == [(4, "mlp"), (4, "[q_proj,v_proj]"), (4, None), (16, "mlp"), (16, "[q_proj,v_proj]"), (16, None)]


@given(st.lists(st.integers(1, 4), max_size=4))
def test_the_size_is_the_number_of_points(sizes: list[int]) -> None:
    space = Space(tuple(Choice(f"k{at}", tuple(range(size))) for at, size in enumerate(sizes)))
    points = [tuple(point.values()) for point in space.points()]
    assert len(points) == len(set(points)) == space.size
    assert points == list(itertools.product(*(range(size) for size in sizes)))


def test_a_span_makes_a_space_endless() -> None:
    assert Space((RANK, TARGETS)).discrete
    assert not Space((RANK, RATE)).discrete
    assert Space((RANK, RATE)).size == math.inf


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


def test_axes_describe_themselves() -> None:
    said = [axis.describe() for axis in (RANK, TARGETS, RATE, EPOCHS)]
    assert said == [
        "lora.rank: 4, 16",
        "lora.targets: mlp, [q_proj,v_proj], null",
        "training.learning_rate: 0.0001 to 0.01, log scale",
        "training.epochs: 1 to 8, whole",
    ]
