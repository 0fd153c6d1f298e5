"""Results that are there already: of a trial whose process died, and of another study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.worker_contract import trial_of

from sweep.recall import Known, ending, last_value
from sweep.search.study import Result
from sweep.track import folder
from sweep.track.folder import outcome
from sweep.trial import Again, Outcome, State, Trial

LEVELS = {level: {"n": 6, "accuracy": 0.5, "strict": strict} for level, strict in (("L1", 1.0), ("L2", 0.25), ("L3", 0.75))}


def complete(trial: Trial, **changes: Any) -> None:
    """A trial's folder as a Worker leaves it."""
    told = Outcome(State.COMPLETE, 0.5, LEVELS, {}, {"steps": 8}, **changes)
    folder.write_atomically(trial.folder.parent / folder.STUDY, "{}")
    folder.append_metrics(trial.folder, [{"step": 8, "epoch": 2, "objective": 0.5}])
    folder.write_predictions(trial.folder, [dict.fromkeys(folder.PREDICTION_FIELDS, 0)])
    (trial.folder / "adapter").mkdir()
    (trial.folder / "adapter/weights").write_text("w")
    folder.write_result(trial.folder, folder.result_body(trial, told, {"commit": "abc"}))


def test_a_trial_ended_as_its_folder_says(tmp_path: Path) -> None:
    trial = trial_of(tmp_path)
    assert ending(trial.folder) is None
    complete(trial)
    assert ending(trial.folder) == Result(State.COMPLETE, (0.5,), {})
    for again in Again:
        failed = Outcome(State.FAILED, None, {}, {}, {}, error="it broke", again=again)
        folder.write_result(trial.folder, folder.result_body(trial, failed, {}))
        assert ending(trial.folder) == Result(State.FAILED, (), {}, final=again is Again.NEVER)
        found = folder.read_result(trial.folder)
        assert found is not None
        assert outcome(found) == failed


def test_the_last_value_is_that_of_the_last_rung_that_was_measured(tmp_path: Path) -> None:
    assert last_value(tmp_path) is None
    folder.append_metrics(
        tmp_path, [{"epoch": 1, "objective": 0.2}, {"epoch": 2, "objective": 0.4}, {"epoch": 3, "train/loss": 1}]
    )
    assert last_value(tmp_path) == 0.4


def test_a_result_of_another_study_is_copied_and_says_whose_it_is(tmp_path: Path) -> None:
    former, trial = trial_of(tmp_path / "one", number=3), trial_of(tmp_path / "two", number=0)
    complete(former)
    done = Known(tmp_path, tmp_path / "two").result(trial)
    assert done is not None
    assert done.outcome.duplicate_of == "one/0003"
    copied = folder.read_result(trial.folder)
    assert copied is not None
    assert (copied["number"], copied["duplicate_of"], copied["provenance"]) == (0, "one/0003", {"commit": "abc"})
    assert copied["levels"] == LEVELS
    assert (trial.folder / "adapter/weights").read_text() == "w"
    for name in (folder.METRICS, folder.PREDICTIONS):
        assert (trial.folder / name).read_bytes() == (former.folder / name).read_bytes()


def test_a_copy_is_judged_by_the_objective_of_its_own_study(tmp_path: Path) -> None:
    former, trial = trial_of(tmp_path / "one"), trial_of(tmp_path / "two", "search.objective=L1")
    assert former.trial_key == trial.trial_key
    complete(former)
    done = Known(tmp_path, tmp_path / "two").result(trial)
    assert done is not None
    assert done.outcome.objective == 1.0
    assert done.outcome.constraints == {"L1": pytest.approx(-0.1)}


def test_a_copy_for_several_objectives_has_a_value_for_each(tmp_path: Path) -> None:
    former, trial = trial_of(tmp_path / "one"), trial_of(tmp_path / "two", "search.objective=[macro,L1,min]")
    complete(former)
    done = Known(tmp_path, tmp_path / "two").result(trial)
    assert done is not None
    assert done.outcome.values == (0.5, 1.0, 0.25)
    copied = folder.read_result(trial.folder)
    assert copied is not None
    assert copied["objective"] == [0.5, 1.0, 0.25]
    assert outcome(copied) == done.outcome
    assert ending(trial.folder) == Result(State.COMPLETE, (0.5, 1.0, 0.25), done.outcome.constraints)


def test_a_result_from_before_there_were_constraints_is_read(tmp_path: Path) -> None:
    trial = trial_of(tmp_path)
    complete(trial)
    body = json.loads((trial.folder / "result.json").read_text())
    del body["constraints"]
    assert outcome(body).constraints == {}


def test_a_result_from_before_there_were_costs_is_read_and_taken_where_none_is_asked_for(tmp_path: Path) -> None:
    former, trial = trial_of(tmp_path / "one"), trial_of(tmp_path / "two")
    complete(former)
    body = json.loads((former.folder / "result.json").read_text())
    del body["costs"]
    folder.write_result(former.folder, body)
    assert outcome(body).costs == {}
    assert Known(tmp_path, tmp_path / "two", costs=lambda config: ("retain/kl",)).result(trial) is None
    assert Known(tmp_path, tmp_path / "one", costs=lambda config: ("retain/kl",)).result(former) is not None, "its own stands"
    done = Known(tmp_path, tmp_path / "two").result(trial)
    assert done is not None
    assert done.outcome.costs == {}


def test_a_result_is_taken_that_has_every_cost_asked_for(tmp_path: Path) -> None:
    figure = {"value": 0.1, "n": 30, "stderr": 0.02}
    for study, names in (("one", ["retain/leak"]), ("three", ["retain/kl", "retain/leak"])):
        complete(trial_of(tmp_path / study), costs=dict.fromkeys(names, figure))
    trial = trial_of(tmp_path / "two", "evaluation.costs=[drift,leak]")
    assert trial.trial_key == trial_of(tmp_path / "one").trial_key
    done = Known(tmp_path, tmp_path / "two", costs=lambda config: ("retain/leak", "retain/kl")).result(trial)
    assert done is not None
    assert (done.outcome.duplicate_of, list(done.outcome.costs)) == ("three/0000", ["retain/kl", "retain/leak"])
    copied = folder.read_result(trial.folder)
    assert copied is not None
    assert copied["costs"]["retain/leak"] == figure


def test_a_copy_of_a_copy_names_the_trial_that_was_trained(tmp_path: Path) -> None:
    former, trial = trial_of(tmp_path / "two"), trial_of(tmp_path / "three")
    complete(former, duplicate_of="one/0007")
    done = Known(tmp_path, tmp_path / "three").result(trial)
    assert done is not None
    assert done.outcome.duplicate_of == "one/0007"


@pytest.mark.parametrize("how", ["another trial", "failed", "its own study"])
def test_nothing_else_is_taken(tmp_path: Path, how: str) -> None:
    former = trial_of(tmp_path / "one", *(["lora.rank=3"] if how == "another trial" else []))
    complete(former)
    if how == "failed":
        body = json.loads((former.folder / "result.json").read_text()) | {"state": "FAILED"}
        folder.write_result(former.folder, body)
    root = tmp_path / ("one" if how == "its own study" else "two")
    trial = trial_of(root, number=5)
    assert Known(tmp_path, root).result(trial) is None
    assert not trial.folder.exists()
