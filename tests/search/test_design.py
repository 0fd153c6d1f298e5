"""Designs: which points of a space a study tries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.composed import config
from tests.search.test_space import spaces

from sweep.config import plain
from sweep.errors import ConfigFault
from sweep.search import design
from sweep.search.space import Axis, Choice, Point, Space, Span, paired

HEAD = Choice("lora.lm_head", (False, True))
RSLORA = Choice("lora.rslora", (False, True))
TARGETS = Choice("lora.targets", ("attention", "mlp", "all"))
RATIO = Choice("lora.lr_ratio_b", (1.0, 4.0, 16.0))
PAIR = paired(("lora.rank", "training.learning_rate"), ((4, 2e-3), (16, 1e-3), (64, 5e-4)))
ON: Point = {"lora.targets": "all", "lora.lm_head": True, "lora.rslora": True}
START = "search.design: got one_factor, but the base configuration, from which it starts, is no point of this space"


def test_the_full_design_is_every_point_with_the_baseline_first() -> None:
    space = Space((TARGETS, HEAD))
    baseline: Point = {"lora.targets": "mlp", "lora.lm_head": True}
    found = design.points(space, "full", baseline)
    assert found == [baseline, *(point for point in space.points() if point != baseline)]
    assert len(found) == 6
    assert design.points(space, "full", None) == list(space.points())


def test_one_factor_is_every_single_change_from_the_baseline() -> None:
    found = design.points(Space((TARGETS, HEAD, RSLORA)), "one_factor", ON)
    assert found == [
        ON,
        ON | {"lora.targets": "attention"},
        ON | {"lora.targets": "mlp"},
        ON | {"lora.lm_head": False},
        ON | {"lora.rslora": False},
    ]


def test_leave_one_out_takes_each_axis_to_its_first_value() -> None:
    found = design.points(Space((TARGETS, HEAD, RSLORA)), "leave_one_out", ON)
    assert found == [ON, ON | {"lora.targets": "attention"}, ON | {"lora.lm_head": False}, ON | {"lora.rslora": False}]


def test_values_that_go_together_change_together() -> None:
    baseline: Point = {"lora.rank": 16, "training.learning_rate": 1e-3, "lora.lm_head": True}
    small: Point = {"lora.rank": 4, "training.learning_rate": 2e-3}
    large: Point = {"lora.rank": 64, "training.learning_rate": 5e-4}
    space = Space((PAIR, HEAD))
    off = baseline | {"lora.lm_head": False}
    assert design.points(space, "one_factor", baseline) == [baseline, baseline | small, baseline | large, off]
    assert design.points(space, "leave_one_out", baseline) == [baseline, baseline | small, off]


def test_an_axis_that_a_change_brings_into_being_takes_its_first_value() -> None:
    space = Space((RATIO, TARGETS, HEAD), when={"lora.lr_ratio_b": {"lora.targets": ("mlp", "all")}})
    baseline: Point = {"lora.targets": "attention", "lora.lm_head": True}
    assert design.points(space, "one_factor", baseline) == [
        baseline,
        {"lora.targets": "mlp", "lora.lr_ratio_b": 1.0, "lora.lm_head": True},
        {"lora.targets": "all", "lora.lr_ratio_b": 1.0, "lora.lm_head": True},
        {"lora.targets": "attention", "lora.lm_head": False},
    ]
    excluding = Space(space.axes, ({"lora.lr_ratio_b": (1.0,), "lora.targets": ("mlp",)},), space.when)
    changed = design.points(excluding, "one_factor", baseline)[1]
    assert changed == {"lora.targets": "mlp", "lora.lr_ratio_b": 4.0, "lora.lm_head": True}


def test_a_change_takes_away_an_axis_that_does_not_exist_then() -> None:
    space = Space((RATIO, TARGETS), when={"lora.lr_ratio_b": {"lora.targets": ("mlp", "all")}})
    baseline: Point = {"lora.targets": "all", "lora.lr_ratio_b": 4.0}
    assert design.points(space, "leave_one_out", baseline) == [
        baseline,
        {"lora.targets": "all", "lora.lr_ratio_b": 1.0},
        {"lora.targets": "attention"},
    ]


def test_an_excluded_change_is_no_point() -> None:
    space = Space((TARGETS, HEAD), ({"lora.targets": ("attention",), "lora.lm_head": (True,)},))
    baseline: Point = {"lora.targets": "all", "lora.lm_head": True}
    off: Point = {"lora.targets": "all", "lora.lm_head": False}
    assert design.points(space, "one_factor", baseline) == [baseline, {"lora.targets": "mlp", "lora.lm_head": True}, off]
    assert design.points(space, "leave_one_out", baseline) == [baseline, off]


@given(spaces().filter(lambda space: not space.empty), st.data())
def test_a_design_has_existing_points_each_once_and_as_many_changes_as_values(space: Space, data: st.DataObject) -> None:
    baseline = data.draw(st.sampled_from(list(space.points())))
    now, found = space.raw(baseline), design.points(space, "one_factor", baseline)
    assert found[0] == baseline
    assert all(space.allows(point) for point in found)
    assert all(found.count(point) == 1 for point in found)
    for point in found[1:]:
        kept = space.raw(point)
        assert len([key for key in now if key in kept and kept[key] != now[key]]) == 1
    for other in space.points():  # whoever differs in one axis only, with the same axes there, is among them
        raw = space.raw(other)
        if raw.keys() == now.keys() and sum(raw[key] != now[key] for key in now) == 1:
            assert other in found


# ---- what is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["one_factor", "leave_one_out"])
def test_a_design_without_a_baseline_is_refused(kind: str) -> None:
    with pytest.raises(ConfigFault, match=f"^search.design: got {kind}, but the base configuration, from which it starts"):
        design.points(Space((TARGETS,)), kind, None)


@pytest.mark.parametrize("kind", ["full", "one_factor", "leave_one_out"])
def test_a_continuous_space_has_no_design(kind: str) -> None:
    space = Space((TARGETS, Span("lora.dropout", 0, 0.5)))
    with pytest.raises(ConfigFault, match=f"^search.design: got {kind}, but lora.dropout is continuous; list values$"):
        design.points(space, kind, {"lora.targets": "all", "lora.dropout": 0.0})


def test_what_the_baseline_does_not_have_cannot_be_left_out() -> None:
    baseline: Point = {"lora.targets": "all", "lora.lm_head": False, "lora.rslora": False}
    with pytest.raises(ConfigFault) as caught:
        design.points(Space((TARGETS, HEAD, RSLORA)), "leave_one_out", baseline)
    assert [fault.split(";")[0] for fault in caught.value.faults] == [
        f"search.design: leave_one_out leaves {key} out by its first value, but the baseline has that, false"
        for key in ("lora.lm_head", "lora.rslora")
    ]
    assert caught.value.faults[0].endswith("list first what leaves it out, or type lora.lm_head=false to keep it as it is")


@pytest.mark.parametrize(
    ("words", "axes", "said"),
    [
        (["lora.rank=8"], (Choice("lora.rank", (4, 16)),), "it has lora.rank=8, not 4 or 16"),
        (["lora.targets=[q_proj]"], (TARGETS,), "it has lora.targets=[q_proj], not attention or mlp or all"),
        (["lora.rank=4"], (PAIR,), "it has lora.rank=4, training.learning_rate=0.001, not 4,0.002 or 16,0.001 or 64,0.0005"),
        ([], (Choice("model", ("tiny", "hf")),), "model is a group, and its options cannot be told from the configuration"),
        ([], (Choice("bogus", (1, 2)),), "it has no bogus, not 1 or 2"),
    ],
)
def test_the_axis_that_keeps_the_configuration_from_being_a_point_is_named(
    words: list[str], axes: tuple[Axis, ...], said: str
) -> None:
    base = plain(config("model=tiny", "training.learning_rate=1e-3", *words))
    design.check(Space(axes), "full", base)
    with pytest.raises(ConfigFault) as caught:
        design.check(Space(axes), "one_factor", base)
    assert str(caught.value).startswith(START)
    assert f"; {said}" in str(caught.value)


def test_a_baseline_that_is_excluded_is_none() -> None:
    base = plain(config("model=tiny", "lora.lm_head=true"))
    with pytest.raises(ConfigFault, match=r"expected its own value of every axis among those listed, and not excluded$"):
        design.check(Space((HEAD,), ({"lora.lm_head": (True,)},)), "one_factor", base)
    design.check(Space((HEAD,)), "one_factor", base)
