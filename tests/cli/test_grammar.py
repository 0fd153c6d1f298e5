"""Hydra's sweep grammar becomes axes, and a value of an axis, typed as an override again, is that same value."""

from __future__ import annotations

from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.typed import SCALARS, TEXTS, composed, refused, space, typed
from tests.composed import config

from sweep.cli import grammar
from sweep.search.space import Choice, Span, overrides
from sweep.search.spelling import show


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("4,16,64", (4, 16, 64)),
        ("choice(4,16)", (4, 16)),
        ("choice(16)", (16,)),
        ("a,2,2.5,true,null", ("a", 2, 2.5, True, None)),
        ("1e-3,2e-3", (0.001, 0.002)),
        ("4,16,4", (4, 16)),
        ("range(1,4)", (1, 2, 3)),
        ("range(3)", (0, 1, 2)),
        ("range(1,9,2)", (1, 3, 5, 7)),
        ("range(9,1,-4)", (9, 5)),
        ("range(0.1,0.5,0.1)", (0.1, 0.2, 0.3, 0.4)),
        ("sort(3,1,2)", (1, 2, 3)),
        ("choice([q_proj,v_proj],[q_proj])", ("[q_proj,v_proj]", "[q_proj]")),
        ("[q_proj,v_proj],all", ("[q_proj,v_proj]", "all")),
        ("0-7,8-15", ("0-7", "8-15")),
        ("'a b','c'", ("a b", "c")),
        ("'a,b','4'", ("'a,b'", "'4'")),
        (r"a\,b,c", ("'a,b'", "c")),
        ("{a:1},{b:[2,x]}", ("{a:1}", "{b:[2,x]}")),
    ],
)
def test_lists_and_ranges(words: str, values: tuple[Any, ...]) -> None:
    (axis,) = typed(f"lora.rank={words}")
    assert axis == Choice("lora.rank", values)
    assert isinstance(axis, Choice)
    assert [type(value) for value in axis.values] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("words", "low", "high", "log", "whole"),
    [
        ("interval(1e-4,1e-2)", 1e-4, 1e-2, False, False),
        ("interval(1,9)", 1.0, 9.0, False, False),
        ("int(interval(1,9))", 1, 9, False, True),
        ("float(interval(1,9))", 1.0, 9.0, False, False),
        ("tag(log,interval(1e-5,1e-3))", 1e-5, 1e-3, True, False),
        ("tag(log,int(interval(1,64)))", 1, 64, True, True),
        ("tag(log,range(1,65))", 1, 64, True, True),
        ("tag(span,range(9))", 0, 8, False, True),
    ],
)
def test_intervals(words: str, low: float, high: float, log: bool, whole: bool) -> None:
    assert typed(f"training.learning_rate={words}") == (Span("training.learning_rate", low, high, log=log, whole=whole),)


@pytest.mark.parametrize(
    ("words", "low", "high", "step"),
    [("range(8,65,8)", 8, 64, 8), ("range(8,64,8)", 8, 56, 8), ("range(1,9,2)", 1, 7, 2), ("range(9,1,-4)", 5, 9, 4)],
)
def test_a_range_can_be_searched_as_numbers(words: str, low: int, high: int, step: int) -> None:
    assert typed(f"lora.rank=tag(span,{words})") == (Span("lora.rank", low, high, whole=True, step=step),)
    (listed,) = typed(f"lora.rank={words}")
    assert isinstance(listed, Choice)
    assert sorted(listed.values, key=str) == sorted(range(low, high + 1, step), key=str)


@pytest.mark.parametrize(
    ("listed", "values"),
    [
        ([4, 16], (4, 16)),
        ([16], (16,)),
        ([None, 8, 0.5, True, "x"], (None, 8, 0.5, True, "x")),
        ([["q_proj", "v_proj"], ["q_proj"]], ("[q_proj,v_proj]", "[q_proj]")),
        ([["q_proj", "v_proj"], "all"], ("[q_proj,v_proj]", "all")),
        ([[0, 1], [None]], ("[0,1]", "[null]")),
        (["4", "null", "a,b"], ("'4'", "'null'", "'a,b'")),
        (["Q: {question} A:", "chat"], ("'Q: {question} A:'", "chat")),
        ([["a,b", "4"]], ("['a,b','4']",)),
        ("4,16", (4, 16)),
        ("range(1,4)", (1, 2, 3)),
    ],
)
def test_lists_in_yaml_keep_their_values(listed: Any, values: tuple[Any, ...]) -> None:
    assert typed(params={"lora.rank": listed}) == (Choice("lora.rank", values),)


def test_grammar_in_yaml() -> None:
    params = {"training.learning_rate": "tag(log,interval(1e-4,1e-2))", "lora.rank": "int(interval(1,8))"}
    learning_rate, rank = typed(params=params)
    assert learning_rate == Span("training.learning_rate", 1e-4, 1e-2, log=True)
    assert rank == Span("lora.rank", 1, 8, whole=True)


PARAMS = {"lora.targets": ["mlp", "all"], "lora.rank": [4, 16], "seed": [0, 1]}


def test_a_sweep_on_the_command_line_replaces_an_axis_in_its_place() -> None:
    axes = typed("training.epochs=1,2", "lora.rank=8,32", params=PARAMS)
    assert [axis.key for axis in axes] == ["lora.targets", "lora.rank", "seed", "training.epochs"]
    assert axes[1] == Choice("lora.rank", (8, 32))


@pytest.mark.parametrize("word", ["lora.rank=8", "+lora.rank=8", "++lora.rank=8", "~lora.rank"])
def test_a_fixed_value_on_the_command_line_removes_its_axis(word: str) -> None:
    assert [axis.key for axis in typed(word, params=PARAMS)] == ["lora.targets", "seed"]


def test_an_experiment_is_fixed_and_a_group_can_be_swept() -> None:
    swept, fixed = grammar.split(["+experiment=layer_ablation", "model=tiny,hf"])
    assert [override.key_or_group for override in fixed] == ["experiment"]
    assert grammar.axes({}, swept, fixed) == [Choice("model", ("tiny", "hf"))]


ENDS = "expected interval(low, high) with low below high (and above 0 for log)"
KINDS = "expected choice, range or interval"
NUMBERS = "expected range(start, stop, step) with two whole numbers or more in it; a list has no scale"
LOG = "expected numbers above 0 and steps of 1 with log, or a list of the values"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("a=range(1,1)", "a: got a=range(1,1), which has no value in it"),
        ("a=interval(2,1)", f"a: got a=interval(2,1), {ENDS}"),
        ("a=interval(1,1)", f"a: got a=interval(1,1), {ENDS}"),
        ("a=tag(lgo,interval(1,2))", "a: got a=tag(lgo,interval(1,2)), expected no tag but log or span, not lgo"),
        ("a=tag(any,choice(1,2))", "a: got a=tag(any,choice(1,2)), expected no tag but log or span, not any"),
        ("a=tag(log,interval(0,1))", f"a: got a=tag(log,interval(0,1)), {ENDS}"),
        ("a=glob(*)", f"a: got a=glob(*), {KINDS}"),
        ("a=shuffle(1,2)", f"a: got a=shuffle(1,2), {KINDS}"),
        ("a=shuffle(range(1,3))", f"a: got a=shuffle(range(1,3)), {KINDS}"),
        ("a=range(1,9,0)", "a: got a=range(1,9,0), expected range(start, stop, step) with a step that is not 0"),
        ("a=tag(span,range(0.1,0.5,0.1))", f"a: got a=tag(span,range(0.1,0.5,0.1)), {NUMBERS}"),
        ("a=tag(span,range(1,2))", f"a: got a=tag(span,range(1,2)), {NUMBERS}"),
        ("a=tag(log,choice(1,2))", f"a: got a=tag(log,choice(1,2)), {NUMBERS}"),
        ("a=tag(log,range(0,8))", f"a: got a=tag(log,range(0,8)), {LOG}"),
        ("a=tag(log,range(1,9,2))", f"a: got a=tag(log,range(1,9,2)), {LOG}"),
    ],
)
def test_words_that_make_no_axis(word: str, said: str) -> None:
    assert refused(word) == (said,)


@pytest.mark.parametrize("word", ["lora", "a=[1,2", r"a.b\.c=1", "a=str(range(1,3))"])
def test_a_word_that_is_no_override_is_named(word: str) -> None:
    (fault,) = refused(word)
    assert fault.startswith(f"{word}: cannot be read")
    assert fault.endswith("; expected key=value, or group=option")
    assert "Exception:" not in fault


def test_a_japanese_file_name_is_told_how_to_be_typed() -> None:
    (fault,) = refused("data.path=会社.csv")
    assert fault.endswith("""stands in quotes: type 'data.path="会社.csv"'""")
    assert grammar.split(['data.path="会社.csv"'])[1][0].value() == "会社.csv"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "search.params.a: got [], which has no value in it"),
        (16, "search.params.a: got 16, expected several values; to fix one, type a=16"),
        (None, "search.params.a: got null, expected several values; to fix one, type a=null"),
        (True, "search.params.a: got true, expected several values; to fix one, type a=true"),
        ({"b": "1,2"}, "search.params.a: got a group of keys, expected one dotted key an axis, such as a.b"),
    ],
)
def test_search_params_that_make_no_axis(words: Any, said: str) -> None:
    assert refused(params={"a": words}) == (said,)


def test_what_hydra_cannot_read_is_named() -> None:
    (fault,) = refused(params={"a": "choice("})
    assert fault.startswith("search.params.a: got choice(, which Hydra cannot read (")


def test_every_fault_is_told_at_once() -> None:
    assert len(refused("c=range(1,1)", params={"a": 16, "b": []})) == 3
    assert len(refused("a b=", "c", "d=1")) == 2


@settings(max_examples=300, deadline=None)
@given(st.lists(SCALARS.filter(lambda value: "$" not in str(value)), min_size=1, max_size=4))
def test_a_value_of_an_axis_is_read_back_as_itself(values: list[Any]) -> None:
    (axis,) = typed(params={"key": values})
    assert isinstance(axis, Choice)
    unique = list(dict.fromkeys(values))
    back = [OverridesParser.create().parse_override(f"key={show(value)}") for value in axis.values]
    assert not any(override.is_sweep_override() for override in back)
    assert [override.value() for override in back] == unique
    assert [type(override.value()) for override in back] == [type(value) for value in unique]


@settings(max_examples=12, deadline=None)
@given(
    rank=st.integers(1, 1024),
    learning_rate=st.floats(1e-12, 1e6),
    alpha=st.none() | st.floats(1e-6, 1e6),
    system=st.none() | TEXTS.filter(lambda text: "$" not in text),
    end=st.booleans(),
)
def test_a_point_composes_the_values_it_names(rank: int, learning_rate: float, alpha: Any, system: Any, end: bool) -> None:
    point = {
        "lora.rank": rank,
        "training.learning_rate": learning_rate,
        "lora.alpha": alpha,
        "prompt.system": system,
        "data.end_token_in_labels": end,
    }
    (words,) = [overrides(one) for one in space(params={key: [value] for key, value in point.items()}).points()]
    got = composed("model=tiny", *words)
    assert (got.lora.rank, got.training.learning_rate, got.lora.alpha) == (rank, learning_rate, alpha)
    assert (got.prompt.system, got.data.end_token_in_labels) == (system, end)


def test_lists_compose_as_lists() -> None:
    (axis,) = typed("lora.targets=choice([q_proj,v_proj],[q_proj])")
    assert isinstance(axis, Choice)
    got = [config("model=tiny", f"lora.targets={show(value)}").lora.targets for value in axis.values]
    assert got == [("q_proj", "v_proj"), ("q_proj",)]
