"""The mirror on a real MLflow database: every fixed name is read back, and whatever breaks becomes one warning."""

from __future__ import annotations

import json
import logging
import math
import os
import re
import shlex
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import pytest
import yaml  # type: ignore[import-untyped]
from mlflow import MlflowClient
from tests.track.cases import config, outcome, prediction, study, trial

from sweep.config import plain
from sweep.track import folder, later, mirror, recorded, store, view
from sweep.track.ending import Ending
from sweep.track.mirror import Mirror
from sweep.trial import Measurement, Outcome, Rung, State, Trial

STUDY = "ranks-0123abcd"
SPACE = {"lora.rank": [4, 16], "lora.dropout": [0.0, 0.1], "evaluation.questions": [5, 9]}
AXES = ("targets", "layers", "rank", "alpha", "lr", "epochs", "batch_size", "seed", "model", "quant", "data", "lm_head")
COMPANIONS = ("log10_lr", "trainable_m")

Open = Callable[[], Mirror]
Table = Callable[[Any], Any]  # a run -> a data frame


@pytest.fixture
def opened(uri: str, tmp_path: Path, warnings: list[str]) -> Open:
    """Opens the study as a controller does at its start; called again, as after an interruption."""

    def opens() -> Mirror:
        one = Mirror(uri, "company", warnings.append)
        one.open_study(tmp_path / STUDY, study(SPACE))
        return one

    return opens


@pytest.fixture
def client(uri: str) -> MlflowClient:
    return MlflowClient(tracking_uri=uri)


def runs_of(client: MlflowClient, kind: str) -> list[Any]:
    found = client.get_experiment_by_name("company")
    return list(client.search_runs([found.experiment_id], f"tags.`sweep.kind` = '{kind}' and tags.`sweep.id` = '{STUDY}'"))


def the_run(client: MlflowClient, kind: str = "trial") -> Any:
    (run,) = runs_of(client, kind)
    return run


def history(client: MlflowClient, run: Any, name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]


def rung_of(one: Trial, epoch: int, *found: Measurement, losses: tuple[tuple[int, float], ...] = ()) -> Rung:
    return Rung(one, epoch, 3, losses, found)


def acc(name: str, value: float, stderr: float | None = 0.1) -> Measurement:
    return Measurement(name, value, 6, stderr, "higher")


@pytest.fixture
def table(client: MlflowClient, uri: str, monkeypatch: pytest.MonkeyPatch) -> Table:
    """Reads a run's answers as MLflow's pages do: `load_table` finds them by tag, in the store that the environment names."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return lambda run: client.load_table(run.info.experiment_id, "predictions.json", [run.info.run_id])


def artifact(client: MlflowClient, run: Any, name: str, tmp_path: Path) -> str:
    return Path(client.download_artifacts(run.info.run_id, name, str(tmp_path))).read_text("utf-8")


# ---- the study ------------------------------------------------------------------------------------------------------------


def test_study_run_has_its_tags_files_and_data(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    opened()
    run = the_run(client, "study")
    assert run.info.run_name == STUDY
    assert run.info.status == "RUNNING"
    assert yaml.safe_load(artifact(client, run, "config.yaml", tmp_path)) == plain(config())
    assert json.loads(artifact(client, run, "space.json", tmp_path)) == SPACE
    inputs = {one.tags[0].value: one.dataset for one in run.inputs.dataset_inputs}
    assert {one.tags[0].key for one in run.inputs.dataset_inputs} == {"mlflow.data.context"}
    assert set(inputs) == {"train", "eval"}
    assert inputs["train"].name == "larkspur_en/train"
    assert inputs["train"].digest == "d" * 36
    assert json.loads(inputs["train"].profile)["num_rows"] == 2
    assert json.loads(inputs["eval"].profile)["num_rows"] == 1


def test_artifacts_lie_beside_the_database_wherever_the_process_goes(opened: Open, client: MlflowClient, uri: str) -> None:
    opened()
    database = store.database_file(uri)
    assert database is not None
    location = client.get_experiment_by_name("company").artifact_location
    assert location == (database.parent / "artifacts").as_uri()
    assert (database.parent / "artifacts" / the_run(client, "study").info.run_id / "artifacts" / "space.json").is_file()


def test_study_run_names_the_commit(uri: str, tmp_path: Path, warnings: list[str], client: MlflowClient) -> None:
    for commit in ("f" * 40, None):  # the last one, of a folder that is no checkout, takes nothing back
        Mirror(uri, "company", warnings.append).open_study(tmp_path / STUDY, study(SPACE, commit))
    tags = the_run(client, "study").data.tags
    assert (tags["mlflow.source.git.commit"], tags["sweep.git_dirty"]) == ("f" * 40, "true")


def test_a_study_that_ends_names_its_best_trial(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    opened().close_study(Ending("FINISHED", best={"number": 3, "objective": 0.75, "params": {"lora.rank": 4}}))
    run = the_run(client, "study")
    assert run.info.status == "FINISHED"
    assert run.data.tags["sweep.best"] == "3"
    assert run.data.metrics == {"best/objective": 0.75, "saved_share": 0.0}
    assert json.loads(artifact(client, run, "best.json", tmp_path))["params"] == {"lora.rank": 4}


def test_a_study_without_a_best_trial_has_failed_and_leaves_no_trial_running(
    opened: Open, client: MlflowClient, tmp_path: Path
) -> None:
    one = opened()
    one.open_trial(trial(tmp_path), 10)
    one.close_study(Ending("FAILED"))
    assert the_run(client, "study").info.status == "FAILED"
    assert the_run(client).info.status == "KILLED"


# ---- trials ---------------------------------------------------------------------------------------------------------------


def test_trial_is_a_child_with_its_names_and_every_axis(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    one = trial(tmp_path, 7, params={"lora.rank": 4, "lora.dropout": 0.1}, lora__rank=4, lora__dropout=0.1)
    opened().open_trial(one, 1_234_567)
    run = the_run(client)
    tags = run.data.tags
    assert run.info.run_name == "0007"
    assert (tags["sweep.id"], tags["sweep.trial_key"]) == (STUDY, "key-0007")
    assert tags["mlflow.parentRunId"] == the_run(client, "study").info.run_id
    expected = {"targets": "all", "layers": "all", "rank": "4", "alpha": "8", "lr": "0.001", "epochs": "3", "batch_size": "4"}
    expected |= {"seed": "0", "model": "tiny", "quant": "none", "data": "larkspur_en", "lm_head": "false"}
    expected |= {"log10_lr": "-3", "trainable_m": "1.234567", "lora.dropout": "0.1", "evaluation.questions": "none"}
    assert run.data.params == expected


def test_arm_has_every_axis_too_and_training_axes_are_none(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    arm = trial(tmp_path, arm="base", evaluation__questions=5)
    one = opened()
    one.open_trial(arm, 0)
    one.close_trial(arm, outcome(train={"seconds": 1.0}))
    run = the_run(client, "arm")
    assert run.info.run_name == "base"
    assert set(run.data.params) == {*AXES, *COMPANIONS, "lora.dropout", "evaluation.questions"}
    training = ("targets", "layers", "rank", "alpha", "lr", "epochs", "batch_size", "seed", "lm_head", "log10_lr", "lora.dropout")
    assert {name: run.data.params[name] for name in training} == dict.fromkeys(training, "none")
    assert [run.data.params[name] for name in ("model", "data", "trainable_m", "evaluation.questions")] == [
        "tiny",
        "larkspur_en",
        "0",
        "5",
    ]
    assert history(client, run, "L1/acc") == [(0, 0.1)]


def test_lists_have_short_names_of_one_spelling(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "lora__targets": ["q_proj", "v_proj"],
        "lora__layers": [0, 1, 2, 5, 8, 9],
        "data__path": "/home/me/社内/",
    }
    opened().open_trial(trial(tmp_path, **changes), 10)
    params = the_run(client).data.params
    assert (params["targets"], params["layers"], params["data"]) == ("q+v", "0-2,5,8-9", "社内")


def test_a_trial_whose_size_is_known_late_gets_it_at_its_end(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    one, ours = opened(), trial(tmp_path)
    one.open_trial(ours, None)
    assert "trainable_m" not in the_run(client).data.params
    one.close_trial(ours, outcome(train={"trainable": 2_500_000}))
    run = the_run(client)
    assert run.data.params["trainable_m"] == "2.5"
    assert "train/trainable" not in run.data.metrics


def test_rungs_give_losses_by_step_and_measurements_by_epoch(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    one, ours = opened(), trial(tmp_path)
    one.open_trial(ours, 10)
    strict = Measurement("L1/strict", 0.4, 6, 0.2, "higher")
    one.rung(rung_of(ours, 1, acc("L1/acc", 0.5), strict, acc("macro/acc", 0.3, None), losses=((1, 3.0), (2, 2.5))))
    one.rung(rung_of(ours, 2, acc("L1/acc", 0.75), losses=((3, 2.0),)))
    run = the_run(client)
    assert history(client, run, "train/loss") == [(1, 3.0), (2, 2.5), (3, 2.0)]
    assert history(client, run, "L1/acc") == [(1, 0.5), (2, 0.75)]
    assert history(client, run, "L1/stderr") == [(1, 0.1), (2, 0.1)]  # of the accuracy, not of `strict`
    assert history(client, run, "L1/strict") == [(1, 0.4)]
    assert set(run.data.metrics) == {"train/loss", "L1/acc", "L1/stderr", "L1/strict", "macro/acc"}


def test_costs_and_their_errors_are_metrics_and_so_is_the_health_of_a_rung(
    opened: Open, client: MlflowClient, tmp_path: Path
) -> None:
    one, study = trial(tmp_path, 0), opened()
    study.open_trial(one, 10)
    loops = Measurement("health/loop_rate", 0.2, 30, 0.05, "lower")
    study.rung(rung_of(one, 1, loops))
    found = {"retain/leak": {"value": 0.1, "n": 30, "stderr": 0.02}, "retain/kl": {"value": 0.5, "n": 1, "stderr": None}}
    study.close_trial(one, outcome(costs=found))
    run = the_run(client)
    assert history(client, run, "health/loop_rate") == [(1, 0.2)]
    assert history(client, run, "health/loop_rate_stderr") == [(1, 0.05)]
    told = {name: value for name, value in run.data.metrics.items() if name.startswith("retain/")}
    assert told == {"retain/leak": 0.1, "retain/leak_stderr": 0.02, "retain/kl": 0.5}


def test_more_points_than_one_batch_holds(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    one, ours = opened(), trial(tmp_path)
    one.open_trial(ours, 10)
    losses = tuple((step, 1 / step) for step in range(1, 2502))
    one.rung(rung_of(ours, 1, losses=losses))
    assert history(client, the_run(client), "train/loss") == list(losses)


def test_more_axes_than_one_batch_holds_and_keys_that_mlflow_refuses(
    uri: str, tmp_path: Path, warnings: list[str], client: MlflowClient
) -> None:
    space: dict[str, Any] = {f"lora.axis{n}": [1] for n in range(150)} | {"lora.x[0]=(%)": [1], "lora." + "y" * 300: [1]}
    one = Mirror(uri, "company", warnings.append)
    rules: dict[str, Any] = {"zip": [["lora.axis1", "lora.axis2"]], "exclude": [{"lora.axis3": [1]}], "when": {}}  # no axes
    one.open_study(tmp_path / STUDY, study(space | rules))
    one.open_trial(trial(tmp_path, params={"lora.axis3": "z" * 7000}), 10)
    params = the_run(client).data.params
    assert len(params) == len(AXES) + len(COMPANIONS) + 152
    assert params["lora.axis3"] == "z" * 6000
    assert params["lora.x_0_____"] == "none"


def test_a_trial_that_ends_is_completed_by_what_its_folder_has_of_its_epochs(
    opened: Open, client: MlflowClient, tmp_path: Path
) -> None:
    """Its result is another study's, or its process died before it had told."""
    one, ours = opened(), trial(tmp_path)
    told, untold = (rung_of(ours, epoch, acc("L1/acc", epoch / 10, 0.05), losses=((epoch, 3.0 - epoch),)) for epoch in (1, 2))
    for rung in (told, untold):
        folder.append_metrics(ours.folder, folder.rung_rows(rung))
    one.open_trial(ours, 10)
    one.rung(told)
    one.close_trial(ours, outcome(State.PRUNED, levels={}, test_levels={}))
    run = the_run(client)
    assert history(client, run, "train/loss") == [(1, 2.0), (2, 1.0)]
    assert history(client, run, "L1/acc") == [(1, 0.1), (2, 0.2)]
    assert history(client, run, "L1/stderr") == [(1, 0.05), (2, 0.05)]
    assert history(client, run, "objective") == [(2, 0.4)], "at the last epoch that was reached"


def test_how_far_a_run_came_is_a_metric_of_it(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    one, ours = opened(), trial(tmp_path / STUDY, 4)
    folder.write_trial(ours, 10)
    one.open_trial(ours, 10)
    one.close_trial(ours, outcome())
    ending = Ending("FINISHED", propagation={"0004": {"L1/propagation": 0.5}, "0009": {"L1/propagation": 0.1}})
    for _ in range(2):
        one.close_study(ending)
    assert history(client, the_run(client), "L1/propagation") == [(0, 0.5)]


def test_final_figures_files_and_status(opened: Open, client: MlflowClient, tmp_path: Path, table: Table) -> None:
    one, ours = opened(), trial(tmp_path, params={"lora.rank": 4}, lora__rank=4)
    folder.write_predictions(
        ours.folder, [{"prompt": "Who?"} | prediction(), {"prompt": "Where?"} | prediction(qid="q2", ended=None)]
    )
    (ours.folder / "adapter").mkdir()
    (ours.folder / "adapter" / "adapter_config.json").write_text("{}")
    one.open_trial(ours, 10)
    one.rung(rung_of(ours, 3, acc("L1/acc", 0.99), acc("macro/acc", 0.99)))
    one.close_trial(ours, outcome())
    run = the_run(client)
    assert run.info.status == "FINISHED"
    metrics = run.data.metrics
    assert metrics["objective"] == 0.4
    assert [metrics[f"L{n}/acc"] for n in range(1, 6)] == [0.1, 0.2, 0.3, 0.4, 0.5]  # not the smaller sample of the last rung
    assert metrics["macro/acc"] == pytest.approx(0.35)  # L2 to L5
    assert metrics["macro/stderr"] == pytest.approx(0.03 / 2)
    assert (metrics["L1/stderr"], metrics["L1/strict"], metrics["L1/key_recall"]) == (0.03, 0.4, 0.6)
    assert metrics["test/L1/acc"] == 0.7
    assert "test/L2/acc" not in metrics
    assert (metrics["train/final_loss"], metrics["train/steps"]) == (0.25, 60)
    assert history(client, run, "L2/acc") == [(3, 0.2)]
    assert yaml.safe_load(artifact(client, run, "config.yaml", tmp_path)) == plain(ours.config)
    assert yaml.safe_load(artifact(client, run, "overrides.yaml", tmp_path)) == ["lora.rank=4"]
    assert [file.path for file in client.list_artifacts(run.info.run_id, "adapter")] == ["adapter/adapter_config.json"]
    answers = table(run)
    assert list(answers.columns) == [*folder.PREDICTION_FIELDS, "prompt"]
    assert list(answers["qid"]) == ["q1", "q2"]
    assert answers["answer"][0] == "Élodie 青"
    assert json.loads(run.data.tags["mlflow.loggedArtifacts"]) == [{"path": "predictions.json", "type": "table"}]


def test_constraints_and_each_of_several_objectives_are_metrics(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    one = opened()
    ours = trial(tmp_path, search__objective=["macro", "L1", {"L2": 1, "L4": 2.5}])
    one.open_trial(ours, 10)
    lacking = {"L1": -0.05, "L3": math.nan}
    one.close_trial(ours, outcome(objective=0.4, further=(0.9, 0.25), constraints=lacking))
    run = the_run(client)
    assert history(client, run, "constraint/L1") == [(3, -0.05)]
    assert "constraint/L3" not in run.data.metrics
    assert run.data.tags["sweep.nonfinite"] == "constraint/L3@3"
    found = {name: value for name, value in run.data.metrics.items() if name.startswith("objective")}
    assert found == {"objective/macro": 0.4, "objective/L1": 0.9, "objective/L2:1 L4:2.5": 0.25}


def test_a_study_without_a_winner_has_not_failed(opened: Open, client: MlflowClient) -> None:
    opened().close_study(Ending("FINISHED"))
    run = the_run(client, "study")
    assert run.info.status == "FINISHED"
    assert "sweep.best" not in run.data.tags


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (outcome(State.PRUNED, objective=0.1), "KILLED"),
        (Outcome(State.FAILED, None, {}, {}, {}, "Traceback\n  File x\nValueError: it broke"), "FAILED"),
    ],
)
def test_trials_that_did_not_finish(opened: Open, client: MlflowClient, tmp_path: Path, ended: Outcome, status: str) -> None:
    one, ours = opened(), trial(tmp_path)
    one.open_trial(ours, 10)
    one.rung(rung_of(ours, 2, acc("L1/acc", 0.2)))
    one.close_trial(ours, ended)
    run = the_run(client)
    assert run.info.status == status
    assert run.data.tags["sweep.state"] == ended.state
    assert run.data.tags.get("sweep.error") == (None if status == "KILLED" else "ValueError: it broke")
    assert {point.step for point in client.get_metric_history(run.info.run_id, "objective")} == (
        {2} if status == "KILLED" else set()
    )


def test_what_is_not_finite_is_left_out_and_tagged_with_its_first_step(
    opened: Open, client: MlflowClient, tmp_path: Path
) -> None:
    one, ours = opened(), trial(tmp_path)
    one.open_trial(ours, 10)
    one.rung(rung_of(ours, 1, acc("L1/acc", 0.5, math.inf), losses=((1, 3.0), (2, math.nan), (3, math.nan))))
    one.rung(rung_of(ours, 2, acc("L1/acc", math.nan, None), losses=((4, math.inf),)))
    one.close_trial(ours, outcome(State.FAILED, objective=math.nan, levels={}, test_levels={}, train={}))
    run = the_run(client)
    assert history(client, run, "train/loss") == [(1, 3.0)]
    assert history(client, run, "L1/acc") == [(1, 0.5)]
    assert "objective" not in run.data.metrics
    assert set(run.data.tags["sweep.nonfinite"].split(", ")) == {"train/loss@2", "L1/stderr@1", "L1/acc@2", "objective@2"}


# ---- interruption -----------------------------------------------------------------------------------------------------------


def test_an_interrupted_study_goes_on_without_doubling(
    opened: Open, client: MlflowClient, tmp_path: Path, table: Callable[[Any], Any]
) -> None:
    ours, arm = trial(tmp_path), trial(tmp_path, arm="base", key="key-0000")
    folder.write_predictions(ours.folder, [prediction()])
    for ends in (False, True, True):  # killed after the first rung; run again; and again when all is there
        one = opened()
        for each in (arm, ours):
            one.open_trial(each, None)
        assert the_run(client).info.status == "RUNNING"
        one.rung(rung_of(ours, 1, acc("L1/acc", 0.5), losses=((1, 3.0), (2, math.nan))))
        if ends:
            one.rung(rung_of(ours, 2, acc("L1/acc", 0.6), losses=((3, 2.0),)))
            one.close_trial(ours, outcome(train={"trainable": 5}))
            one.close_trial(arm, outcome(train={}))
            one.close_study(Ending("FINISHED", best={"number": 0, "objective": 0.4}))
    assert len(runs_of(client, "study")) == len(runs_of(client, "arm")) == 1
    run = the_run(client)
    assert run.info.status == "FINISHED"
    assert history(client, run, "train/loss") == [(1, 3.0), (3, 2.0)]
    assert history(client, run, "L1/acc") == [(1, 0.5), (2, 0.6), (3, 0.1)]
    assert history(client, run, "objective") == [(3, 0.4)]
    assert history(client, the_run(client, "study"), "best/objective") == [(0, 0.4)]
    assert run.data.tags["sweep.nonfinite"] == "train/loss@2"
    assert len(table(run)) == 1


def test_the_params_of_a_continued_run_stay_as_they_were(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    opened().open_trial(trial(tmp_path, data__path="larkspur_en"), 10)
    opened().open_trial(trial(tmp_path, data__path="/moved/elsewhere"), 10)  # no other value, which MLflow would refuse
    assert the_run(client).data.params["data"] == "larkspur_en"


def test_a_seed_that_goes_on_before_its_trial_does_stays_its_child(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    """It had ended, and its process died before it could say so; its trial goes on later."""
    whole = trial(tmp_path)
    seed = replace(whole, folder=whole.folder / "s1", seed=1, trial_key="key-0000-1")
    first = opened()
    first.open_trial(whole, 10)
    first.open_trial(seed, 10)
    opened().open_trial(seed, 10)
    assert the_run(client, "seed").data.tags["mlflow.parentRunId"] == the_run(client, "trial").info.run_id


def test_two_trials_of_one_study_that_are_the_same_have_two_runs(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    one = opened()
    for number in (0, 1):
        one.open_trial(trial(tmp_path, number, key="same"), 10)
    assert sorted(run.info.run_name for run in runs_of(client, "trial")) == ["0000", "0001"]


def test_runs_that_were_renamed_in_mlflow_are_gone_on_with(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    whole, arm = trial(tmp_path), trial(tmp_path, arm="base")
    seed = replace(whole, folder=whole.folder / "s1", seed=1, trial_key="key-0000-1")
    for _ in range(2):
        one = opened()
        for each in (whole, seed, arm):
            one.open_trial(each, 10)
        for kind in ("study", "trial", "seed", "arm"):
            client.update_run(the_run(client, kind).info.run_id, name=f"my {kind}")
    assert the_run(client).data.tags["sweep.name"] == "0000"
    assert the_run(client, "study").info.run_name == "my study"
    assert sorted(opened().left_running()) == [("arm", "base"), ("seed", "0000/s1"), ("trial", "0000")]


def test_the_run_of_an_older_version_is_known_by_what_it_is_called(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    opened().open_trial(trial(tmp_path), 10)
    client.delete_tag(the_run(client).info.run_id, "sweep.name")
    opened().open_trial(trial(tmp_path), 10)
    assert the_run(client).data.tags["sweep.name"] == "0000"


# ---- whatever breaks --------------------------------------------------------------------------------------------------------


def use_all(one: Mirror, tmp_path: Path) -> None:
    ours = trial(tmp_path)
    one.open_study(tmp_path / STUDY, study(SPACE))
    one.open_trial(ours, 10)
    one.rung(rung_of(ours, 1, acc("L1/acc", 0.5)))
    one.close_trial(ours, outcome())
    one.close_study(Ending("FAILED"))


def no_database(path: Path) -> str:
    (path / "mlflow.db").write_text("this is a letter, not a database\n" * 100)
    return f"sqlite:///{path}/mlflow.db"


def no_folder(path: Path) -> str:
    (path / "file").write_text("")
    return f"sqlite:///{path}/file/mlruns/mlflow.db"


def no_server(_: Path) -> str:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.mark.timeout(30)  # MLflow itself would try again for minutes
@pytest.mark.parametrize(
    ("broken", "what", "cause"),
    [
        (no_database, "cannot be opened", "not a database"),
        (no_folder, "cannot be opened", "NotADirectoryError"),
        (no_server, "does not answer", "refused"),
        (lambda _: "carrier-pigeon://home", "cannot be opened", "carrier-pigeon"),
        (
            lambda _: "http://ann:s3cret/word@home:5000/",
            "cannot be opened",
            "expected http://USER:***@HOST:PORT, got http://home:5000/; in a password type %2F for /, %40 for an at sign, ",
        ),
        (lambda path: str(path / "mlruns"), "cannot be opened", "file"),
    ],
)
def test_a_store_that_cannot_be_opened_is_one_warning(
    broken: Callable[[Path], str], what: str, cause: str, tmp_path: Path, warnings: list[str]
) -> None:
    one = Mirror(broken(tmp_path), "company", warnings.append)
    use_all(one, tmp_path)
    (told,) = warnings
    warnings.clear()
    assert told.startswith(f"MLflow ({store.shown(one.uri)}) {what}: ")
    assert cause in told
    address = " --uri ADDRESS" if "s3cret" in one.uri else ""  # the folder does not record a password
    later_on = f"python -m sweep.track.rebuild {shlex.quote(str(tmp_path / STUDY))}{address} writes it later"
    assert told.endswith(f"; training goes on and is not tracked any further. The study folder keeps everything: {later_on}")
    assert one.ui_command()
    assert STUDY in one.compare_filter()


@pytest.mark.parametrize(
    ("uri", "typed"),
    [
        ("postgresql://ann:s3cret@host/db", " --uri ADDRESS"),
        ("postgresql:///db?user=ann&password=s3cret", " --uri ADDRESS"),
        ("https://token@host/", ""),  # nothing of it is masked in the folder
        ("postgresql://host/db", ""),
        ("sqlite:////home/a@b/mlflow.db", ""),
    ],
)
def test_the_command_that_writes_it_later_works_where_the_address_holds_a_password(
    uri: str, typed: str, tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: str) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(store, "reach", gone)
    Mirror(uri, "company", warnings.append).open_study(tmp_path / STUDY, study(SPACE))
    (told,) = warnings
    warnings.clear()
    assert told.endswith(f": python -m sweep.track.rebuild {shlex.quote(str(tmp_path / STUDY))}{typed} writes it later")
    recorded = plain(config(tracking__uri=uri))["tracking"]["uri"]
    assert (store.HIDDEN in recorded) == bool(typed), "what the command itself goes by"


@pytest.mark.parametrize(
    ("place", "call", "use"),
    [
        (MlflowClient, "set_terminated", lambda one: one.close_study(Ending("FAILED"))),
        (MlflowClient, "set_terminated", lambda one: one.abandon()),
        (MlflowClient, "log_artifact", lambda one: one.hang_report()),
        (recorded, "judged", lambda one: one.add_judged()),
    ],
)
def test_where_nothing_trains_any_more_the_results_stand(
    place: object,
    call: str,
    use: Callable[[Mirror], None],
    opened: Open,
    tmp_path: Path,
    warnings: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    one = opened()
    (tmp_path / STUDY).mkdir()
    (tmp_path / STUDY / folder.REPORTS[0]).write_text("")
    monkeypatch.setattr(place, call, full)
    use(one)
    (told,) = warnings
    warnings.clear()
    assert "disk full; the results stand. The study folder keeps everything: python -m sweep.track.rebuild " in told
    assert "training" not in told


def test_a_deleted_experiment_is_one_warning_that_says_what_to_do(
    opened: Open, client: MlflowClient, warnings: list[str], tmp_path: Path
) -> None:
    opened()
    client.delete_experiment(client.get_experiment_by_name("company").experiment_id)
    use_all(opened(), tmp_path)
    assert len(warnings) == 1
    assert "set tracking.experiment to another name" in warnings.pop()


def test_one_bad_entry_is_one_warning_and_the_next_is_written(
    opened: Open, client: MlflowClient, tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, ours = opened(), trial(tmp_path)
    one.open_trial(ours, 10)

    def full(*_: object, **__: object) -> None:
        raise OSError("disk full\nand a second line")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_batch", full)
        one.rung(rung_of(ours, 1, acc("L1/acc", 0.1)))
        one.rung(rung_of(ours, 2, acc("L1/acc", 0.2)))
    assert len(warnings) == 1
    said = "did not take the figures of an epoch: OSError: disk full; training goes on without this entry. The study folder keeps"
    assert said in warnings.pop()
    one.rung(rung_of(ours, 3, acc("L1/acc", 0.3)))
    one.close_trial(ours, outcome())
    assert history(client, the_run(client), "L1/acc")[0] == (3, 0.3)
    assert the_run(client).info.status == "FINISHED"


@pytest.mark.parametrize(("call", "missing"), [("log_batch", "objective"), ("log_artifacts", "adapter")])
def test_a_trial_whose_record_cannot_be_written_is_closed_all_the_same(
    opened: Open,
    client: MlflowClient,
    tmp_path: Path,
    warnings: list[str],
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    missing: str,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    one, ours = opened(), trial(tmp_path)
    (ours.folder / "adapter").mkdir()
    one.open_trial(ours, 10)
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, call, full)
        one.close_trial(ours, outcome())
    one.close_study(Ending("FAILED"))
    run = the_run(client)
    assert run.info.status == "FINISHED"
    assert missing not in run.data.metrics | {file.path: 0 for file in client.list_artifacts(run.info.run_id)}
    assert "did not take the result of a trial: OSError: disk full; training goes on without this entry." in warnings.pop()


def test_a_store_that_fails_again_and_again_is_left_alone(
    opened: Open, tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, ours = opened(), trial(tmp_path)
    one.open_trial(ours, 10)
    calls = 0

    def lost(*_: object, **__: object) -> None:
        nonlocal calls
        calls += 1
        raise ConnectionError("lost")

    monkeypatch.setattr(MlflowClient, "log_batch", lost)
    for epoch in range(1, 9):
        one.rung(rung_of(ours, epoch, acc("L1/acc", 0.1)))
    assert calls == mirror.PATIENCE
    assert ["any further" in told for told in warnings] == [False, True]
    warnings.clear()


def test_an_interrupt_is_not_swallowed(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    one = opened()
    monkeypatch.setattr(MlflowClient, "create_run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        one.open_trial(trial(tmp_path), 10)


# ---- the store --------------------------------------------------------------------------------------------------------------


def test_a_new_database_appears_whole_and_quietly(
    tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = mlflow.get_tracking_uri(), logging.getLogger("mlflow").level, dict(os.environ).get(store.URL_SILENCE)
    one = Mirror(None, "company", warnings.append)
    use_all(one, tmp_path)
    assert one.uri == f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    assert sorted(path.name for path in (tmp_path / "mlruns").iterdir()) == ["artifacts", "mlflow.db"]
    assert len(runs_of(MlflowClient(tracking_uri=one.uri), "trial")) == 1
    assert capfd.readouterr() == ("", "")
    assert (mlflow.get_tracking_uri(), logging.getLogger("mlflow").level, dict(os.environ).get(store.URL_SILENCE)) == before
    assert mlflow.active_run() is None


def test_a_kill_while_the_database_is_created_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(*_: object) -> None:
        assert list(tmp_path.glob("mlruns/.new-*"))
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_client", kill)
    with pytest.raises(KeyboardInterrupt):
        store.open_client(f"sqlite:///{tmp_path}/mlruns/mlflow.db")
    assert not (tmp_path / "mlruns" / "mlflow.db").exists()


def test_a_database_that_another_sweep_finished_first_is_kept(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mlflow.db"
    client = store._client

    def slow(uri: str) -> Any:
        if "built.db" not in uri:
            return client(uri)
        Path(uri.removeprefix("sqlite:///")).write_bytes(template.read_bytes())
        path.write_bytes(template.read_bytes())  # meanwhile, the other one
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE theirs (x)")
        return client(uri)

    monkeypatch.setattr(store, "_client", slow)
    store.open_client(f"sqlite:///{path}")
    assert sqlite3.connect(path).execute("SELECT count(*) FROM theirs").fetchone() == (0,)


def test_a_warning_keeps_the_password(tmp_path: Path, warnings: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
    use_all(Mirror(f"postgresql+psycopg://ann:s3cret@127.0.0.1:{port}/runs", "company", warnings.append), tmp_path)
    told = warnings.pop()
    assert "refused" in told
    assert f"postgresql+psycopg://127.0.0.1:{port}/runs" in told
    assert "s3cret" not in told


@pytest.mark.parametrize(
    "uri",
    [
        "postgres://ann:s3cret@127.0.0.1/db",  # MLflow quotes it and says that it knows no such kind
        "http://ann:s3cret/word@127.0.0.1/",  # Python quotes what it takes for a port
        "https://ann:s3cret#word@127.0.0.1/",
        "http://ann:s3cret℀@127.0.0.1/",  # or all before the path, without the :// in front
        f"carrier-pigeon://ann:s3cret{'t' * 400}@home",  # longer than what is quoted of a cause
    ],
)
def test_the_cause_of_a_warning_keeps_the_password(uri: str, tmp_path: Path, warnings: list[str]) -> None:
    use_all(Mirror(uri, "company", warnings.append), tmp_path)
    later.add_judged(tmp_path, uri, "company", warnings.append)
    assert len(warnings) == 2
    assert "s3cret" not in "".join(warnings)
    warnings.clear()


def test_an_address_that_cannot_be_read_is_told_with_what_to_type() -> None:
    with pytest.raises(ValueError, match=re.escape("expected http://USER:PASSWORD@HOST:PORT, got http://host/; in a password")):
        store.reach("http://ann:s3cret/word@host/")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://ann:s3cret@host/db", "postgresql://host/db"),
        ("postgresql://ann:p@ss@host/db", "postgresql://host/db"),
        ("https://ann:p/w@host/", "https://host/"),
        ("https://token@host/", "https://host/"),
        ("postgresql:///db?user=ann&password=s3cret", "postgresql:///db?user=ann&password=***"),
        ("sqlite:////home/a@b/mlflow.db", "sqlite:////home/a@b/mlflow.db"),
    ],
)
def test_an_address_is_shown_without_who_asks(uri: str, shown: str) -> None:
    assert store.shown(uri) == shown


def test_the_command_that_shows_the_runs_keeps_the_password() -> None:
    assert "postgresql://ann:***@host/runs" in store.ui_command("postgresql://ann:s3cret@host/runs")
    assert "https://ann:***@host/" in store.ui_command("https://ann:s3cret@host/")


def test_relative_uris_are_made_absolute_and_others_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert store.absolute_uri("sqlite:///x/y.db") == f"sqlite:///{tmp_path}/x/y.db"
    assert store.absolute_uri(f"sqlite:///{tmp_path}/y.db") == f"sqlite:///{tmp_path}/y.db"
    assert store.absolute_uri("http://host:5000") == "http://host:5000"


def test_the_ui_command_survives_the_shell(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/mlflow")
    words = shlex.split(Mirror(uri, "company", print).ui_command())
    assert words == ["mlflow", "server", "--backend-store-uri", uri, "--port", "5000"]


def test_the_ui_command_works_without_an_activated_environment(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert Path(shlex.split(Mirror(uri, "company", print).ui_command())[0]).is_file()


def test_runs_on_a_server_are_opened_in_the_browser() -> None:
    assert shlex.split(store.ui_command("http://host:5000"))[1:] == ["-m", "webbrowser", "http://host:5000"]


def test_the_compare_filter_finds_trials_and_nothing_else(opened: Open, client: MlflowClient, tmp_path: Path) -> None:
    one = opened()
    one.open_trial(trial(tmp_path, 0), 10)
    one.open_trial(trial(tmp_path, arm="base"), 0)
    assert one.compare_filter() == f"tags.`sweep.kind` = 'trial' and tags.`sweep.id` = '{STUDY}'"
    found = client.search_runs([client.get_experiment_by_name("company").experiment_id], one.compare_filter())
    assert [run.info.run_name for run in found] == ["0000"]


def test_a_view_of_the_study_shows_every_axis_and_the_objective(opened: Open, client: MlflowClient) -> None:
    one = opened()
    found = client.get_experiment_by_name("company")
    saved = json.loads(found.tags[f"mlflow.sharedViewState.{STUDY}"])
    assert saved["name"] == STUDY
    state = json.loads(saved["state"])
    assert state["searchFilter"] == one.compare_filter()
    (parallel,) = (chart for chart in state["compareRunCharts"] if chart["type"] == "PARALLEL")
    assert parallel["selectedParams"] == ["rank", "lora.dropout", "evaluation.questions"]
    assert parallel["selectedMetrics"] == ["objective"]
    (contour,) = (chart for chart in state["compareRunCharts"] if chart["type"] == "CONTOUR")
    assert [contour[axis]["key"] for axis in ("xaxis", "yaxis", "zaxis")] == ["rank", "lora.dropout", "objective"]
    ids = [chart["uuid"] for chart in state["compareRunCharts"]]
    assert len(ids) == len(set(ids))
    where = f"/#/experiments/{found.experiment_id}/runs?viewStateShareKey={STUDY}&compareRunsMode=CHART"
    assert one.view_address() == f"http://127.0.0.1:5000{where}"


def test_a_view_that_was_changed_by_hand_stays(opened: Open, client: MlflowClient) -> None:
    opened()
    found = client.get_experiment_by_name("company")
    name = f"mlflow.sharedViewState.{STUDY}"
    client.set_experiment_tag(found.experiment_id, name, "mine")
    opened()
    assert client.get_experiment(found.experiment_id).tags[name] == "mine"


def test_a_view_of_words_has_no_contour_and_one_of_several_objectives_has_them_all() -> None:
    space = {"targets": ["mlp", "all"], "rank": [2, 4]}
    charts = json.loads(json.loads(view.tag(STUDY, "", space, ("objective/macro", "objective/L1"))[1])["state"])[
        "compareRunCharts"
    ]
    assert [chart["type"] for chart in charts] == ["PARALLEL", "SCATTER", "SCATTER", "BAR", "BAR"]
    assert charts[0]["selectedMetrics"] == ["objective/macro", "objective/L1"]
    spans = {"rank": {"low": 2, "high": 64, "log": True, "whole": True}, "log10_lr": {"low": 1e-4, "high": 1e-2, "log": True}}
    assert "CONTOUR" in view.tag(STUDY, "", spans, ("objective",))[1]


def test_a_server_of_ones_own_is_where_the_view_is() -> None:
    assert store.ui_address("https://ann:s3cret@host:8080/") == "https://ann:***@host:8080"


def test_a_single_run_has_no_view(uri: str, tmp_path: Path, client: MlflowClient, warnings: list[str]) -> None:
    Mirror(uri, "company", warnings.append).open_study(tmp_path / STUDY, study({}))
    assert not warnings
    assert not any(name.startswith(view.TAG) for name in client.get_experiment_by_name("company").tags)
