"""What makes two experiments the same: a key may change only where a number could."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.track.cases import DIGEST, config

from sweep.config import Config
from sweep.track.identity import canonical_json, config_key, study_id, trial_key

SPACE = {"lora.rank": [4, 16]}


def key(**changes: Any) -> str:
    return trial_key(config(**changes), DIGEST, "r1")


def study(base: Config | None = None, **changes: Any) -> str:
    given: dict[str, Any] = {"experiment": "ranks", "space": SPACE, "base": base or config(), "data_digest": DIGEST}
    return study_id(**(given | changes))


def test_keys_are_sixteen_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{16}", key())
    assert key() == key()


@pytest.mark.parametrize(
    "change",
    [
        {"lora__rank": 8},
        {"training__learning_rate": 1.0000001e-3},
        {"seed": 1},
        {"evaluation__levels": [1, 2]},
        {"data__facts": 3},
        {"data__joins": 15},
        {"data__reasoning": "own"},
        {"data__answers": "long"},
        {"data__mix": {"path": "other.jsonl", "rows": 0, "known": None}},
        {"data__mix": {"path": None, "rows": 0, "known": True}},
        {"model__source": "other"},
        {"quantization__kind": "nf4"},
    ],
)
def test_what_is_trained_or_asked_changes_the_key(change: dict[str, Any]) -> None:
    assert key(**change) != key()


@pytest.mark.parametrize(
    "change",
    [
        {"executor__slots": 1},
        {"tracking__experiment": "other"},
        {"tracking__uri": "sqlite:///x.db"},
        {"search__n_trials": 9},
        {"search__objective": "L2"},
        {"search__objective": ["min", {"L2": 1}], "search__measure": "accuracy", "search__constraints": None},
        {"output_dir": "/elsewhere"},
        {"evaluation__batch_size": 1},
        {"evaluation__costs": []},
        {"evaluation__judge__url": "http://localhost:8000/v1", "evaluation__judge__model": "grader"},
        {"data__path": "/home/me/larkspur_en"},
        {"model__revision": "main"},  # the resolved revision, given below, is what counts
        {"training__learning_rate": 0.001},
        {"lora__alpha_over_rank": 2},
    ],
)
def test_what_only_changes_where_or_how_fast_does_not(change: dict[str, Any]) -> None:
    assert key(**change) == key()


def test_the_seed_is_in_the_trial_key_only() -> None:
    assert config_key(config(seed=1), DIGEST, None) == config_key(config(seed=2), DIGEST, None)
    assert config_key(config(), DIGEST, None) != config_key(config(lora__rank=4), DIGEST, None)
    assert config_key(config(), DIGEST, None) != trial_key(config(), DIGEST, None)


def test_configurations_from_before_a_key_of_data_keep_their_names() -> None:
    """Those that leave `answers`, `trained_as`, `joins` and `reasoning` as they were when there was no such key."""
    assert key() == "ef109d408f6f00e9"


def test_data_and_model_revision_are_part_of_the_key() -> None:
    assert len({key(), trial_key(config(), "e" * 64, "r1"), trial_key(config(), DIGEST, "r2")}) == 3


def test_the_same_model_folder_is_the_same_on_two_machines() -> None:
    assert key(model__source="/home/ann/models/llama") == key(model__source="/data/llama")
    assert key(model__source="/data/llama") != key(model__source="/data/mistral")


def test_numbers_are_told_apart_by_value_only() -> None:
    assert canonical_json({"b": 7.0, "a": (1, 2.5)}) == canonical_json({"a": [1.0, 2.5], "b": 7}) == '{"a":[1,2.5],"b":7}'
    assert canonical_json(0.1) != canonical_json(0.1000000001)
    assert canonical_json(-0.0) == canonical_json(0)
    assert len({canonical_json(value) for value in (1, True, "1", None, [1])}) == 5


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_equals_nothing_has_no_key(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"x": value})


def test_what_json_cannot_hold_has_no_key() -> None:
    with pytest.raises(TypeError):
        canonical_json({1, 2})


def test_a_study_is_named_after_its_experiment() -> None:
    assert re.fullmatch("ranks-[0-9a-f]{8}", study())
    assert re.fullmatch("sweep-[0-9a-f]{8}", study(experiment=None))
    assert re.fullmatch("team_my_ranks-[0-9a-f]{8}", study(experiment="../team/my 'ranks'"))  # it names a folder


@pytest.mark.parametrize(
    "change",
    [
        {"search__n_trials": 50},
        {"search__margin": 0.2},  # the report reads it
        {"search__storage": "postgresql://db"},
        {"search__params": {"lora.rank": "4,16"}},
        {"search__zip": [["lora.rank", "seed"]]},  # what these three make of the space stands in it
        {"search__exclude": [{"lora.rank": 4}]},
        {"search__when": {"seed": {"lora.rank": 4}}},
        {"executor__slots": 1},
        {"tracking__experiment": "other"},
        {"output_dir": "other"},
        {"evaluation__batch_size": 8},
        {"evaluation__costs": ["leak"]},
    ],
)
def test_more_trials_or_another_machine_continue_a_study(change: dict[str, Any]) -> None:
    assert study(config(**change)) == study()


def test_another_question_is_another_study() -> None:
    others = [
        study(space={"lora.rank": [4, 16, 64]}),
        study(data_digest="e" * 64),
        study(direction="minimize"),
        study(config(training__epochs=4)),
        study(config(search__objective="L2")),
        study(config(search__sampler="tpe")),
        study(config(search__measure="accuracy")),
        study(config(search__objective_levels=[2, 3])),
        study(config(search__constraints={"L1": 0.8})),
        study(config(search__constraints=None)),
        study(config(search__objective=["macro", "L1"])),
        study(config(search__objective={"L2": 1, "L4": 2})),
        study(config(search__design="one_factor")),
        study(config(search__design="leave_one_out")),
    ]
    assert len({study(), *others}) == 15


def test_the_same_objective_spelt_otherwise_is_the_same_study() -> None:
    assert study(config(search__objective_levels=[5, 4, 3, 2], search__constraints={"L1": 0.9, "L2": None})) == study()
    none = [study(config(search__constraints=spelt)) for spelt in (None, {}, {"L1": None})]
    assert len(set(none)) == 1


def test_studies_from_before_there_were_rules_and_designs_keep_their_name() -> None:
    assert study() == "ranks-8636f442"


def test_the_order_of_axes_does_not_matter() -> None:
    assert study(space={"a": [1], "b": [2]}) == study(space={"b": [2], "a": [1]})
