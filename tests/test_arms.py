"""Arms in a study: the base with something to read, and the best adapter after the search. One tiny sweep, run for real."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from mlflow import MlflowClient
from tests.composed import config
from tests.sweeping import tracked_runs

from sweep import costs
from sweep.arms import KINDS
from sweep.cli.main import main as sweep
from sweep.report.propagation import by_level, propagation, told
from sweep.track import identity
from sweep.track.folder import PREDICTIONS, read_rows

WORDS = (
    "model=tiny", "training.epochs=1", "data.facts=4", "data.kinds=[direct]", "evaluation.levels=[1,2]", "evaluation.questions=2",
    "evaluation.rung_questions=0", "evaluation.max_new_tokens=4", "search.constraints=null", "lora.rank=2,4", "-m",
)  # fmt: skip
ALL = f"evaluation.arms=[{','.join(KINDS)}]"


def arms(root: Path) -> dict[str, dict[str, Any]]:
    return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in root.glob("arms/*/arm.json")}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a sweep with the base alone was run, and then the same one with all arms."""
    place = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert sweep([*WORDS]) == 0
        assert sweep([*WORDS, ALL]) == 0
    return place


@pytest.fixture(scope="module")
def study(work: Path) -> Path:
    (root,) = (work / "multirun").iterdir()  # one: arms make no other study of it
    return root


def test_every_arm_is_measured_with_its_time_and_memory(study: Path) -> None:
    found = arms(study)
    assert set(found) == set(KINDS)
    for name, body in found.items():
        assert body["state"] == "COMPLETE", body.get("error")
        assert set(body["levels"]) == {"L1", "L2"}
        assert body["train"]["seconds_an_answer"] > 0
        assert body["train"]["peak_bytes"] > 1e6
        assert body["train"]["peak_of"] == ("tensors on the GPU" if torch.cuda.is_available() else "the process")
        assert ("recall_at_1" in body["levels"]["L1"]) == KINDS[name].retrieves
        assert body["costs"]["health/loop_rate"]["n"] == 4
        assert (costs.LEAK in body["costs"]) == (name == "base"), "only the base is what others are held against"


def test_the_best_adapter_says_again_what_it_said_when_it_was_trained(study: Path) -> None:
    results = [json.loads(file.read_text(encoding="utf-8")) for file in study.glob("[0-9]*/result.json")]
    best = max(results, key=lambda body: (body["objective"], body["levels"]["L1"]["key_recall"], -body["number"]))
    places = (study / f"{best['number']:04d}", study / "arms" / "lora")
    said = [[row["answer"] for row in read_rows(place / PREDICTIONS) if row["level"]] for place in places]
    assert said[0] == said[1]


def test_what_stands_in_the_prompt_changes_what_is_said(study: Path) -> None:
    files = [study / "arms" / name / "predictions.jsonl" for name in ("base", "gold")]
    said = [[json.loads(line)["answer"] for line in file.read_text(encoding="utf-8").splitlines()] for file in files]
    assert said[0] != said[1]


def test_a_finished_arm_is_not_asked_again_but_with_other_texts_it_is(
    work: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    before = {file: file.stat().st_mtime_ns for file in study.glob("arms/*/arm.json")}
    assert sweep([*WORDS, ALL, "evaluation.retrieval.k=1"]) == 0
    changed = {file.parent.name for file in before if file.stat().st_mtime_ns != before[file]}
    assert changed == {name for name, kind in KINDS.items() if kind.retrieves}
    assert arms(study)["bm25_qa"]["params"] == {"evaluation.retrieval.k": 1}


def test_the_table_has_a_row_for_each_and_mlflow_a_run(work: Path, study: Path) -> None:
    lines = (study / "table.md").read_text(encoding="utf-8").splitlines()
    names = [line.split("|")[1].strip() for line in lines if line.startswith("| ")][1:]
    assert names[: len(KINDS)] == list(KINDS)
    runs = [run for run in tracked_runs(work, study) if run.data.tags["sweep.kind"] == "arm"]
    assert {run.info.run_name for run in runs} == set(KINDS)
    retrieving = next(run for run in runs if run.info.run_name == "bm25_passages")
    assert {"L1/recall_at_1", "L1/recall_at_k", "train/seconds_an_answer", "train/peak_bytes"} <= set(retrieving.data.metrics)


def test_a_run_that_a_crash_left_open_is_closed_as_the_arm_it_was(
    work: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between an adapter's arm and its run's end."""
    monkeypatch.chdir(work)
    before = {run.info.run_name: run for run in tracked_runs(work, study) if run.data.tags["sweep.kind"] == "arm"}
    client = MlflowClient(f"sqlite:///{work}/mlruns/mlflow.db")
    client.update_run(before["lora"].info.run_id, status="RUNNING")
    assert sweep([*WORDS, ALL, "evaluation.retrieval.k=1"]) == 0
    after = [run for run in tracked_runs(work, study) if run.data.tags["sweep.kind"] == "arm" and run.info.run_name == "lora"]
    assert [(run.info.run_id, run.info.status) for run in after] == [(before["lora"].info.run_id, "FINISHED")]
    assert after[0].data.params == before["lora"].data.params


def test_a_best_trial_whose_adapter_is_gone_costs_its_arms_and_not_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sweep([*WORDS, "evaluation.arms=[]"]) == 0
    for adapter in tmp_path.glob("multirun/*/*/adapter"):
        shutil.rmtree(adapter)
    capsys.readouterr()
    assert sweep([*WORDS, "evaluation.arms=[lora]"]) == 0
    said = capsys.readouterr().out
    assert "The arms of the best adapter are left out" in said
    assert "got no adapter/ with its configuration" in said
    assert "Accuracy by level" in said


def test_without_a_winner_the_arms_of_the_best_adapter_are_left_out_and_a_single_trial_may_be_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    single = [word for word in WORDS if word not in ("lora.rank=2,4", "-m", "search.constraints=null")]
    assert sweep([*single, "evaluation.arms=[lora]"]) == 0
    assert "The arms of the best adapter are left out: No trial reaches L1 >= 0.9" in capsys.readouterr().out
    assert sweep([*single, "search.constraints=null", "evaluation.arms=[lora]"]) == 0
    (root,) = (tmp_path / "multirun").iterdir()
    assert set(arms(root)) == {"lora"}


def test_arms_are_no_part_of_a_name() -> None:
    plain, more = config("model=tiny"), config("model=tiny", ALL, "evaluation.retrieval.k=7")
    assert identity.trial_key(plain, "d", None) == identity.trial_key(more, "d", None)
    assert identity.study_id("x", {}, plain, "d") == identity.study_id("x", {}, more, "d")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("evaluation.arms=[bse]", "expected a list of base or bm25_qa"),
        ("evaluation.arms=[base,base]", "expected each once"),
        ("evaluation.retrieval.k=0", "1 or more"),
        ("evaluation.retrieval.template=x", "expected a text with {context} and {question}"),
    ],
)
def test_a_misspelt_arm_is_refused(word: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert sweep(["model=tiny", word]) == 2
    assert said in capsys.readouterr().err


def test_propagation_is_the_way_from_floor_to_ceiling() -> None:
    assert propagation(0.1, 0.5, 0.9) == pytest.approx(0.5)
    assert propagation(0.0, 0.9, 0.6) == pytest.approx(1.5)
    assert propagation(0.5, 0.6, 0.5) is None
    levels = [{"L1": {"accuracy": value}, "L5": {"accuracy": 0.0}} for value in (0.0, 0.5, 1.0)]
    assert told(by_level(*levels)) == "L1 0.50 · L5 –"
