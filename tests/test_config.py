"""`read` of `sweep.demands`: a plain container becomes frozen dataclasses, or one message with every fault in it."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import pytest
from tests.composed import config

from sweep.config import Config, flat_keys, plain
from sweep.demands import read
from sweep.errors import ConfigFault, did_you_mean
from sweep.goals import EXPECTED, USUAL_LEVELS, USUAL_LIMITS


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    """The product's own defaults on the tiny model, as Hydra resolves them."""
    return plain(config("model=tiny"))


def changed(container: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """A copy with other values; `lora__rank=4` stands for lora.rank."""
    body = copy.deepcopy(container)
    for name, value in keys.items():
        *path, last = name.split("__")
        node = body
        for part in path:
            node = node[part]
        node[last] = value
    return body


def faults(container: Any) -> tuple[str, ...]:
    with pytest.raises(ConfigFault) as caught:
        read(container)
    return tuple(caught.value.faults)


def test_reading_what_was_written_changes_nothing(composed: dict[str, Any]) -> None:
    body = changed(composed, lora__targets=["q_proj", "v_proj"], lora__layers=[0, 1], search__params={"lora.rank": [[1], [2, 3]]})
    assert plain(read(body)) == body
    assert json.loads(json.dumps(plain(read(body)))) == body


def test_lists_become_tuples_and_whole_numbers_become_floats_where_these_are_meant(composed: dict[str, Any]) -> None:
    got = read(changed(composed, lora__targets=["q_proj"], training__learning_rate=1, lora__alpha=32))
    assert got.lora.targets == ("q_proj",)
    assert isinstance(got.training.learning_rate, float)
    assert isinstance(got.lora.alpha, float)


def test_what_drops_out_silently_is_what_conf_has_by_default(composed: dict[str, Any]) -> None:
    assert composed["search"]["objective_levels"] == list(USUAL_LEVELS)
    assert composed["search"]["constraints"] == USUAL_LIMITS


def test_a_configuration_cannot_be_changed(composed: dict[str, Any]) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(composed).seed = 3  # type: ignore[misc]


@pytest.mark.parametrize(("alpha", "expected"), [(None, 32.0), (8, 8.0)])
def test_alpha_follows_the_rank_unless_it_is_given(composed: dict[str, Any], alpha: float | None, expected: float) -> None:
    assert read(changed(composed, lora__alpha=alpha)).lora.scaled_alpha == expected


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("lora__rank", 0, "lora.rank: got 0, expected a whole number 1 or more"),
        ("lora__rank", 16.0, "lora.rank: got 16.0, expected a whole number 1 or more"),
        ("lora__rank", True, "lora.rank: got true, expected a whole number 1 or more"),
        ("lora__rank", None, "lora.rank: got null, expected a whole number 1 or more"),
        ("lora__rank", "???", "lora.rank: missing, expected a whole number 1 or more; type lora.rank=..."),
        ("training__learning_rate", "fast", "training.learning_rate: got fast, expected a number above 0"),
        ("training__learning_rate", float("nan"), "training.learning_rate: got nan, expected a number above 0"),
        ("training__learning_rate", float("inf"), "training.learning_rate: got inf, expected a number above 0"),
        ("lora__dropout", 1, "lora.dropout: got 1, expected a number from 0 to below 1"),
        ("training__warmup_ratio", 1.5, "training.warmup_ratio: got 1.5, expected a number from 0 to 1"),
        ("training__weight_decay", -1, "training.weight_decay: got -1, expected a number 0 or more"),
        ("lora__alpha", 0, "lora.alpha: got 0, expected a number above 0 or null"),
        ("lora__rslora", 1, "lora.rslora: got 1, expected true or false"),
        ("lora__targets", [1], "lora.targets: got [1], expected a text or a list of texts"),
        ("lora__layers", 5, "lora.layers: got 5, expected a text or a list of whole numbers"),
        ("quantization__kind", "int4", "quantization.kind: got int4, expected none or int8 or nf4; did you mean int8?"),
        (
            "training__optimizer",
            "adamv",
            "training.optimizer: got adamv, expected adamw or sgd or adamw_8bit or paged_adamw_8bit",
        ),
        ("executor__slots", 0, "executor.slots: got 0, expected auto or a whole number 1 or more"),
        ("executor__workers", True, "executor.workers: got true, expected 1"),
        (
            "search__objective",
            3,
            "search.objective: got 3, expected a text or a group of keys or a list of texts or groups of keys",
        ),
        (
            "search__measure",
            "strct",
            "search.measure: got strct, expected strict or accuracy or key_recall; did you mean strict?",
        ),
        (
            "search__objective_levels",
            [2, 6],
            "search.objective_levels: got [2, 6], expected a list of 1 or 2 or 3 or 4 or 5",
        ),
        ("search__constraints", 0.9, "search.constraints: got 0.9, expected a group of keys or null"),
        ("search__join", True, "search.join: got true, expected false"),
        ("search__params", [1], "search.params: got [1], expected a group of keys"),
        ("search__zip", ["lora.rank"], "search.zip: got ['lora.rank'], expected a list of lists of texts"),
        ("search__exclude", {"lora.rank": 4}, "search.exclude: got {'lora.rank': 4}, expected a list of groups of keys"),
        ("search__when", {"lora.rank": [4]}, "search.when: got {'lora.rank': [4]}, expected a group of groups of keys"),
        (
            "search__design",
            "one_facto",
            "search.design: got one_facto, expected full or one_factor or leave_one_out; did you mean one_factor?",
        ),
        ("evaluation__levels", [0, 1], "evaluation.levels: got [0, 1], expected a list of 1 or 2 or 3 or 4 or 5"),
        ("evaluation__questions", 0, "evaluation.questions: got 0, expected a whole number 1 or more or null"),
        ("lora", 3, "lora: got 3, expected a group of keys"),
        ("model__source", "???", "model.source: missing, expected a text; type model.source=..."),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_is_expected(
    composed: dict[str, Any], key: str, value: Any, said: str
) -> None:
    (fault,) = faults(changed(composed, **{key: value}))
    assert fault.startswith(said)
    assert fault.removeprefix(said) in ("", "; did you mean adamw?")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            {"prompt__template": "Q:"},
            "prompt.template: got 'Q:', expected `chat` or a text with {question} in it",
        ),
        (
            {"prompt__template": "Q: {question}", "prompt__system": "Be brief."},
            "prompt.system: got a text, but prompt.template has no {system} to put it",
        ),
        ({"evaluation__levels": []}, "evaluation.levels: got an empty list, expected some of 1 to 5"),
        ({"evaluation__levels": [2, 2]}, "evaluation.levels: got [2, 2], expected each once"),
        ({"evaluation__splits": ["test"]}, "evaluation.splits: got ['test'], expected dev among them (the objective reads it)"),
        ({"evaluation__splits": ["dev", "dev"]}, "evaluation.splits: got ['dev', 'dev'], expected each once"),
        (
            {"search__objective": "L4", "evaluation__levels": [1, 2]},
            "search.objective: got L4, but evaluation.levels measures only [1, 2]",
        ),
        ({"evaluation__levels": [1]}, "search.objective: got macro, but evaluation.levels measures only [1]"),
        ({"search__objective": "marco"}, f"search.objective: got marco, expected {EXPECTED}; did you mean macro?"),
        ({"search__objective": "L9"}, f"search.objective: got L9, expected {EXPECTED}"),
        ({"search__objective": []}, f"search.objective: got an empty list, expected {EXPECTED}"),
        ({"search__objective": {}}, "search.objective: got an empty group, expected weights such as {L2: 1, L4: 2}"),
        ({"search__objective": {"L2": 0, "L3": 1}}, "search.objective.L2: got 0, expected a weight above 0"),
        ({"search__objective": {"L2": "much"}}, "search.objective.L2: got much, expected a weight above 0"),
        ({"search__objective": {"L2": float("inf")}}, "search.objective.L2: got inf, expected a weight above 0"),
        ({"search__objective": {"L6": 1}}, "search.objective.L6: unknown level, expected one of L1 to L5"),
        ({"search__objective": ["macro", {"L2": True}]}, "search.objective.L2: got true, expected a weight above 0"),
        ({"search__objective": ["macro", "L2", "macro"]}, "search.objective: got macro more than once"),
        (
            {"search__objective": {"L2": 1, "L4": 2}, "evaluation__levels": [1, 2]},
            "search.objective: got {L2: 1, L4: 2}, but evaluation.levels measures only [1, 2]",
        ),
        (
            {"search__objective": ["L2", "min"], "search__objective_levels": [2, 3], "evaluation__levels": [1, 2]},
            "search.objective_levels: got [2, 3], but evaluation.levels measures only [1, 2]",
        ),
        ({"search__objective_levels": []}, "search.objective_levels: got an empty list, expected some of 1 to 5"),
        ({"search__objective_levels": [3, 3]}, "search.objective_levels: got [3, 3], expected each once"),
        (
            {"search__constraints": {"L1": 90}},
            "search.constraints.L1: got 90, expected a number from 0 to 1, or null for no constraint",
        ),
        (
            {"search__constraints": {"L1": True}},
            "search.constraints.L1: got true, expected a number from 0 to 1, or null for no constraint",
        ),
        ({"search__constraints": {"l1": 0.9}}, "search.constraints.l1: unknown level, expected one of L1 to L5, or kept"),
        (
            {"search__constraints": {"L1": 0.8}, "evaluation__levels": [2, 3]},
            "search.constraints.L1: got 0.8, but evaluation.levels measures only [2, 3]",
        ),
        (
            {"search__constraints": {"L1": 0.9, "L5": 0.1}, "evaluation__levels": [2, 3]},
            "search.constraints.L5: got 0.1, but evaluation.levels measures only [2, 3]",
        ),
        (
            {"search__objective": ["macro", "L1"], "search__tune": ["lora.rank"]},
            "search.tune: got lora.rank, but of 2 objectives none says which value is best; type search.tune=[]",
        ),
        ({"data__mix__rows": 3}, "data.mix.path: got null, expected a JSONL file or en or ja, since data.mix.rows is 3"),
        (
            {"search__signal": "log_likelihood", "evaluation__rung_questions": 0},
            "search.signal: got log_likelihood, but evaluation.rung_questions is 0: of no answer it could be measured",
        ),
        (
            {"training__keep": "best_dev", "evaluation__rung_questions": 0},
            "training.keep: got best_dev, but evaluation.rung_questions is 0: nothing is measured at an epoch's end",
        ),
    ],
)
def test_keys_that_do_not_go_together_are_refused(composed: dict[str, Any], keys: dict[str, Any], said: str) -> None:
    assert faults(changed(composed, **keys)) == (said,)


@pytest.mark.parametrize(
    "keys",
    [
        {"evaluation__levels": [5, 1]},
        {"search__objective": "L1", "evaluation__levels": [1]},
        {"evaluation__levels": [2, 3]},  # the constraint that nobody asked for drops out
        {"search__objective": "L1", "search__objective_levels": [2, 3], "evaluation__levels": [1]},
        {"search__objective": ["min", {"L2": 1, "L4": 0.5}], "search__measure": "key_recall", "search__constraints": None},
        {"search__constraints": {"L1": None, "L3": 0, "L4": 1}},
        {"search__objective": ["macro"], "search__tune": ["lora.rank"]},
    ],
)
def test_keys_that_do_go_together_are_read(composed: dict[str, Any], keys: dict[str, Any]) -> None:
    assert plain(read(changed(composed, **keys))) == changed(composed, **keys)


def test_every_fault_is_told_at_once(composed: dict[str, Any]) -> None:
    body = changed(composed, lora__rank=0, training__epochs="many", model__source="???", bogus=1, data__mix__row=3)
    del body["lora"]["dropout"], body["quantization"]
    body["lora"]["rnk"] = 4
    assert set(faults(body)) == {
        "lora.rank: got 0, expected a whole number 1 or more",
        "training.epochs: got many, expected a whole number 1 or more",
        "model.source: missing, expected a text; type model.source=...",
        "bogus: unknown key; expected one of: " + ", ".join(field.name for field in dataclasses.fields(Config)),
        "data.mix.row: unknown key; did you mean data.mix.rows?",
        "lora.dropout: missing, expected a number from 0 to below 1",
        "quantization: missing, expected a group of keys",
        "lora.rnk: unknown key; did you mean lora.rank?",
    }
    assert len(faults(body)) == 8


@pytest.mark.parametrize(
    "missing", [key for key in flat_keys(plain(config("model=tiny"))) if not key.startswith("search.constraints.")]
)
def test_no_key_has_a_default_here(composed: dict[str, Any], missing: str) -> None:
    body = copy.deepcopy(composed)
    *path, last = missing.split(".")
    node = body
    for part in path:
        node = node[part]
    del node[last]
    (fault,) = faults(body)
    assert fault.startswith(f"{missing}: missing, expected ")


@pytest.mark.parametrize(
    ("got", "valid", "said"),
    [
        ("mpl", ["attention", "mlp", "all"], "; did you mean mlp?"),
        ("zzz", ["attention", "mlp"], "; expected one of: attention, mlp"),
        ("zzz", [], ""),
        ("zzz", [f"name{n}" for n in range(21)], ""),
    ],
)
def test_the_nearest_name_is_offered_and_else_a_short_list(got: str, valid: list[str], said: str) -> None:
    assert did_you_mean(got, valid) == said


def test_a_password_is_written_nowhere() -> None:
    whole = config("model=tiny")
    secret = dataclasses.replace(whole, search=dataclasses.replace(whole.search, storage="postgresql://me:s3cret@host:5432/db"))
    assert plain(secret)["search"]["storage"] == "postgresql://me:***@host:5432/db"
    assert secret.search.storage == "postgresql://me:s3cret@host:5432/db"
    assert plain(whole)["tracking"]["uri"] is None


# ---- what the packed engine cannot do ----------------------------------------------------------------------------------


def test_packed_training_refuses_an_optimizer_that_it_does_not_have(composed: dict[str, Any]) -> None:
    (fault,) = faults(changed(composed, training__optimizer="adamw_8bit"))
    assert fault == "training.optimizer: got adamw_8bit, which only training.engine=reference has; expected adamw or sgd"
    read(changed(composed, training__optimizer="adamw_8bit", training__engine="reference"))


def test_packed_training_refuses_outliers_that_couple_rows_unless_asked(composed: dict[str, Any]) -> None:
    int8 = {"quantization__kind": "int8", "quantization__threshold": 6.0}
    (fault,) = faults(changed(composed, **int8))
    assert fault == (
        "quantization.threshold: got 6, expected 0 with training.engine=packed: a column that is an outlier in one trial's row "
        "changes the arithmetic of all rows; type quantization.threshold=0, training.engine=reference, or "
        "quantization.couple_rows=true to accept it"
    )
    for way_out in ({"quantization__couple_rows": True}, {"training__engine": "reference"}, {"quantization__threshold": 0.0}):
        read(changed(composed, **{**int8, **way_out}))
    read(changed(composed, quantization__threshold=6.0))  # no int8, no outlier path
