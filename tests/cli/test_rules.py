"""`zip`, `exclude` and `when` of the search group: which points they leave, and what of them cannot be."""

from __future__ import annotations

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from hydra.core.override_parser.types import Quote, QuotedString
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.typed import SCALARS, TEXTS, composed, refused, space
from tests.typed_commands import ROOT, files

from sweep.cli.values import value
from sweep.config import plain
from sweep.errors import ConfigFault
from sweep.search.space import Choice, overrides, paired
from sweep.search.spelling import means

RATES: dict[str, Any] = {
    "training.learning_rate": [2e-3, 1e-3, 1e-3],
    "lora.rank": "4,16,64",
    "lora.targets": ["mlp", ["q_proj"]],
}
ZIP = (("lora.rank", "training.learning_rate"),)
PAIR = paired(ZIP[0], ((4, 2e-3), (16, 1e-3), (64, 1e-3)))
RATIO: dict[str, Any] = {"lora.targets": ["attention", "mlp", "all"], "lora.lr_ratio_b": [1, 4]}
WHEN = {"lora.lr_ratio_b": {"lora.targets": ["mlp", "all"]}}


def test_zipped_keys_are_one_axis_in_the_place_of_the_first_and_keep_what_is_listed_twice() -> None:
    assert space(params=RATES, zip=ZIP).axes == (PAIR, Choice("lora.targets", ("mlp", "[q_proj]")))
    assert space(params=RATES).axes[0] == Choice("training.learning_rate", (2e-3, 1e-3))


def test_a_sweep_on_the_command_line_can_be_zipped() -> None:
    axes = space("lora.rank=8,8,32", "seed=0,1", params=RATES, zip=ZIP).axes
    assert [axis.key for axis in axes] == ["lora.rank+training.learning_rate", "lora.targets", "seed"]
    assert axes[0] == paired(ZIP[0], ((8, 2e-3), (8, 1e-3), (32, 1e-3)))
    three = space("lora.rank=4,16", "seed=0,1", "training.epochs=range(2,4)", zip=(("seed", "lora.rank", "training.epochs"),))
    assert list(three.points()) == [
        {"seed": 0, "lora.rank": 4, "training.epochs": 2},
        {"seed": 1, "lora.rank": 16, "training.epochs": 3},
    ]


def test_rules_are_read_in_the_words_of_the_axes() -> None:
    exclude = ({"lora.targets": [["q_proj"]], "lora.rank": 4.0}, {"lora.rank": [16, 64], "training.learning_rate": "0.001"})
    with pytest.raises(ConfigFault, match=r"training\.learning_rate has no value '0.001'; expected some of 0\.002, 0\.001$"):
        space(params=RATES, exclude=exclude)
    found = space(params=RATES, exclude=exclude[:1])
    assert found.exclude == ({"lora.targets": ("[q_proj]",), "lora.rank": (4,)},)
    assert type(found.exclude[0]["lora.rank"][0]) is int
    assert found.size == 2 * 3 * 2 - 2
    assert space(params=RATIO, when=WHEN).when == {"lora.lr_ratio_b": {"lora.targets": ("mlp", "all")}}


def test_a_condition_may_stand_on_zipped_keys() -> None:
    found = space(params=RATES, zip=ZIP, when={PAIR.key: {"lora.targets": "mlp"}})
    assert [len(point) for point in found.points()] == [3, 3, 3, 1]
    assert space(params=RATES, zip=ZIP, when={"lora.targets": {"lora.rank": [4, 16]}}).size == 2 + 2 + 1


@pytest.mark.parametrize(
    ("search", "said"),
    [
        (
            {"params": RATES | {"lora.rank": [4, 16]}, "zip": ZIP},
            "search.zip: got 2 of lora.rank, 3 of training.learning_rate; expected as many values of each, since they go "
            "together one by one",
        ),
        ({"zip": (("lora.rank", "lora.rnk"),)}, "search.zip: lora.rnk is no axis of this sweep; did you mean lora.rank?"),
        (
            {"zip": (("lora.rank", "seed"),)},
            "search.zip: seed is no axis of this sweep; expected one of: training.learning_rate, ",
        ),
        (
            {"params": {"lora.rank": [1, 2], "lora.dropout": "interval(0,1)"}, "zip": (("lora.rank", "lora.dropout"),)},
            "search.zip: lora.dropout is continuous, and only listed values can go together; list its values",
        ),
        (
            {"params": RATES | {"lora.targets": ["attention", "mlp", "all"]}, "zip": (*ZIP, ("lora.targets", "lora.rank"))},
            "search.zip: got lora.rank 2 times, expected it once",
        ),
        ({"zip": (("lora.rank",),)}, "search.zip: got [[lora.rank]], expected two keys or more in each list, whose values go"),
        ({"zip": ((),)}, "search.zip: got [[]], expected two keys or more in each list"),
        ({"exclude": ({},)}, "search.exclude: got {}, expected a key and its values, such as {lora.targets: [mlp, all]}"),
        ({"exclude": ({"lora.rank": []},)}, "search.exclude: got lora.rank: [], expected a value or a list of values"),
        ({"exclude": ({"lora.rnk": 4},)}, "search.exclude: lora.rnk is no axis of this sweep; did you mean lora.rank?"),
        ({"exclude": ({"lora.rank": 5},)}, "search.exclude: lora.rank has no value 5; expected some of 4, 16, 64"),
        ({"exclude": ({"lora.rank": True},)}, "search.exclude: lora.rank has no value true; expected some of 4, 16, 64"),
        (
            {"exclude": ({"lora.targets": ["q_proj"]},)},
            "search.exclude: lora.targets has no value q_proj; for the list as one value, type [[q_proj]]",
        ),
        (
            {"params": {"lora.rank": [1, 2], "lora.dropout": "interval(0,1)"}, "exclude": ({"lora.dropout": 0.5},)},
            "search.exclude: lora.dropout is continuous, and only listed values can be named; list its values",
        ),
        (
            {"exclude": ({"lora.rank": [4, 16]}, {"lora.rank": 64})},
            "search.exclude: leaves no point of this sweep; expected rules that spare some, or type search.exclude=[]",
        ),
        (
            {"params": {"lora.rank": [1, 2], "lora.dropout": "interval(0,1)"}, "exclude": ({"lora.rank": [1, 2]},)},
            "search.exclude: leaves no point of this sweep",
        ),
        ({"when": {"lora.rank": {}}}, "search.when.lora.rank: got {}, expected a key and its values, such as "),
        ({"when": {"lora.rank": {"lora.rnk": 4}}}, "search.when.lora.rank: lora.rnk is no axis of this sweep; did you mean "),
        ({"when": {"lora.rank": {"lora.targets": "attention"}}}, "search.when.lora.rank: lora.targets has no value attention; "),
        ({"when": {"lora.rnk": {"lora.rank": 4}}}, "search.when.lora.rnk: is no axis of this sweep; did you mean lora.rank?"),
        ({"when": {"lora.rank": {"lora.rank": 4}}}, "search.when.lora.rank: depends on itself; expected the keys of other axes"),
        (
            {"zip": ZIP, "when": {PAIR.key: {"lora.rank": 4}}},
            f"search.when.{PAIR.key}: depends on itself; expected the keys of other axes",
        ),
        (
            {"zip": ZIP, "when": {"lora.rank": {"lora.targets": "mlp"}}},
            f"search.when.lora.rank: goes together with others in search.zip; type {PAIR.key} in its place",
        ),
        (
            {"when": {"lora.rank": {"lora.targets": "mlp"}, "lora.targets": {"lora.rank": 4}}},
            "search.when: lora.rank needs lora.targets needs lora.rank; expected one of them without a condition",
        ),
        (
            {"zip": ZIP, "when": {PAIR.key: {"lora.targets": "mlp"}, "lora.targets": {"training.learning_rate": 1e-3}}},
            f"search.when: {PAIR.key} needs lora.targets needs {PAIR.key}; expected one of them without a condition",
        ),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(search: dict[str, Any], said: str) -> None:
    (fault,) = refused(**{"params": RATES, **search})
    assert fault.startswith(said)


def test_every_rule_that_is_wrong_is_told_at_once() -> None:
    faults = refused(params=RATES, exclude=({"lora.rank": 5}, {"lora.rnk": 5}), when={"seed": {"lora.rank": 5}})
    assert [fault.split(":")[0] for fault in faults] == [
        "search.exclude",
        "search.exclude",
        "search.when.seed",
        "search.when.seed",
    ]


def test_the_example_of_the_docs_is_a_space() -> None:
    example = files(ROOT / "docs/what_to_sweep.md")["conf/experiment/recipes.yaml"]
    search = yaml.safe_load(example)["search"]
    found = space(**search)
    assert (found.size, len(found.exclude), list(found.when)) == (3 * (1 + 1 + 2) - 1 - 2, 1, ["lora.lr_ratio_b"])


# ---- what is fixed on the command line ----------------------------------------------------------------------------------


def test_a_fixed_key_cannot_go_together_with_a_swept_one() -> None:
    assert refused("lora.rank=8", params=RATES, zip=ZIP) == (
        "search.zip: lora.rank is fixed on the command line, but goes together with training.learning_rate; fix that too, "
        "or type search.zip=[] to part them",
    )
    params = RATES | {"seed": [0, 1], "training.epochs": [2, 4], "lora.targets": ["mlp", "all"]}
    three = (("lora.targets", "seed", "training.epochs"), ("lora.rank", "training.learning_rate"))
    (fault,) = refused("seed=8", params=params, zip=three)
    typed_instead = "search.zip=[[lora.targets,training.epochs],[lora.rank,training.learning_rate]]"
    assert fault.endswith(f"goes together with lora.targets, training.epochs; fix that too, or type {typed_instead} to part them")


def test_what_is_typed_instead_is_a_sweep() -> None:
    assert space("lora.rank=8", params=RATES, zip=()).keys == ("training.learning_rate", "lora.targets")
    assert space("lora.rank=8", "training.learning_rate=1e-3", params=RATES, zip=ZIP).keys == ("lora.targets",)


def test_a_condition_on_a_fixed_key_is_judged_by_its_value() -> None:
    without = {"lora.lr_ratio_b": [1, 4], "lora.rank": [4, 16]}
    for params in (RATIO, without):
        assert "lora.lr_ratio_b" not in space("lora.targets=attention", params=params, when=WHEN).keys
        free = space("lora.targets=mlp", params=params, when=WHEN)
        assert "lora.lr_ratio_b" in free.keys
        assert free.when == {}
    both = {"lora.lr_ratio_b": {"lora.targets": ["mlp"], "lora.rank": 16}}
    half = space("lora.targets=mlp", params=without, when=both)
    assert half.when == {"lora.lr_ratio_b": {"lora.rank": (16,)}}
    assert half.size == 1 + 2


def test_an_axis_that_never_exists_takes_along_what_depends_on_it() -> None:
    params = {"a": [1, 2], "b": [1, 2], "c": [1, 2]}
    when = {"c": {"b": 1}, "b": {"a": [1, 2], "seed": 0}}
    found = space("seed=1", params=params, when=when, exclude=({"c": 1, "a": 1}, {"a": 2}))
    assert (found.keys, found.when, found.exclude) == (("a",), {}, ({"a": (2,)},))
    assert space("seed=0", params=params, when=when).size == 2 * (2 + 1)


def test_an_exclusion_with_a_fixed_key_is_judged_by_its_value() -> None:
    exclude = ({"lora.targets": ["mlp", ["q_proj"]], "lora.rank": [4, 16]},)
    params = {key: value for key, value in RATES.items() if key != "training.learning_rate"}
    assert space("lora.targets=all", params=params, exclude=exclude).exclude == ()
    for fixed in ("lora.targets=mlp", "lora.targets=[q_proj]"):
        assert list(space(fixed, params=params, exclude=exclude).points()) == [{"lora.rank": 64}]
    assert list(space("lora.rank=64", params=params, exclude=exclude).points()) == [
        {"lora.targets": "mlp"},
        {"lora.targets": "[q_proj]"},
    ]
    (fault,) = refused("lora.rank=4", params=params, exclude=exclude)
    assert fault.startswith("search.exclude: leaves no point of this sweep")


def test_a_condition_of_an_axis_that_is_fixed_asks_nothing() -> None:
    assert space("lora.lr_ratio_b=2", params=RATIO, when=WHEN).keys == ("lora.targets",)


@pytest.mark.parametrize("words", [["a=1,2", "a=3"], ["a=1,2", "a=3,4"], ["+a=1", "a=1,2"]])
def test_a_key_that_the_command_line_sweeps_and_gives_again_is_refused(words: list[str]) -> None:
    (fault,) = refused(*words)
    assert fault in (
        f"a: got {words[0]} and {words[1]}, expected one of them",
        f"a: got {words[1]} and {words[0]}, expected one of them",
    )


# ---- from a space to configurations and back ------------------------------------------------------------------------------

AXES: dict[str, Any] = {
    "lora.rank": st.integers(1, 256),
    "lora.targets": st.sampled_from(["mlp", "all"]) | st.lists(st.sampled_from(["q_proj", "v_proj"]), min_size=1, unique=True),
    "lora.alpha": st.none() | st.floats(0.5, 64),
    "training.learning_rate": st.floats(1e-6, 1e-1),
    "prompt.system": TEXTS.filter(lambda text: "$" not in text),
    "data.end_token_in_labels": st.booleans(),
}


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_point_composes_to_the_configuration_that_is_this_point(data: st.DataObject) -> None:
    """Space to overrides, through Hydra's parser and composition, to a configuration; and from it back to the point."""
    keys = data.draw(st.lists(st.sampled_from(sorted(AXES)), unique=True, min_size=2, max_size=4))
    size = data.draw(st.integers(1, 3))
    listed = {key: data.draw(st.lists(AXES[key], min_size=size, max_size=size)) for key in keys}
    zipped = (tuple(keys[:2]),) if data.draw(st.booleans()) else ()
    last = keys[-1]
    when = {last: {keys[0]: [listed[keys[0]][0]]}} if len(keys) > 2 and data.draw(st.booleans()) else {}
    found = space(params=listed, zip=zipped, when=when)
    point = data.draw(st.sampled_from(list(found.points())))
    base = plain(composed("model=tiny", *overrides(point)))
    for key, own in point.items():
        group, name = key.split(".")
        assert own in [value(one) for one in listed[key]]
        assert means(own, base[group][name])
    assert found.baseline(base) == point
    assert last in point or when


@given(SCALARS | st.lists(SCALARS, max_size=3), SCALARS | st.lists(SCALARS, max_size=3))
def test_words_mean_one_value(one: Any, other: Any) -> None:
    assert means(value(one), one)
    if type(one) is not type(other) or one != other:
        assert means(value(one), other) == (
            one == other and not isinstance(one, bool | str) and not isinstance(other, bool | str)
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["a,b"]),
        ([4], ["4"]),
        ([None], ["null"]),
        ([True], ["true"]),
        ([1e-05], ["1e-05"]),
        (["a"], "[a]"),
        ([["a"]], ["[a]"]),
        ([], [""]),
        ([], "[]"),
        ("", []),
        ("4", 4),
        ("null", None),
        ("'a'", "a"),
    ],
)
def test_words_that_look_alike_are_told_apart(one: Any, other: Any) -> None:
    assert means(value(one), one)
    assert means(value(other), other)
    assert not means(value(one), other)
    assert not means(value(other), one)


@given(st.text(st.sampled_from("a'\\ ,"), max_size=8))
def test_quotes_and_backslashes_are_recognised(text: str) -> None:
    assert means(QuotedString(text=text, quote=Quote.single).with_quotes(), text)
