"""The main job: `+experiment=layer_ablation -m` through Hydra, Optuna, TRL and MLflow, on the tiny and on the embedded model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TINY = (
    "model=tiny", "training.epochs=1", "data.kinds=[multi]", "evaluation.questions=1", "evaluation.max_new_tokens=4",
    "search.constraints=null",  # it learns nothing, and a best trial is wanted
)  # fmt: skip


def sweep(folder: Path, *words: str, seconds: int = 500, code: int = 0) -> str:
    """Run the command line in a folder; what it printed."""
    command = [sys.executable, "-m", "sweep", *words]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, env={**os.environ})
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def results(study: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(study.glob("[0-9]*/result.json"))]


@pytest.fixture(scope="module")
def ablation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One layer ablation on the tiny model: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("ablation")
    said = sweep(folder, "+experiment=layer_ablation", *TINY[:2], "-m", *TINY[2:])
    (study,) = (folder / "multirun").iterdir()
    return study, said


def test_three_arms_are_trained_and_the_base_is_measured(ablation: tuple[Path, str]) -> None:
    study, _ = ablation
    assert study.name.startswith("layer_ablation-")
    assert [result["params"]["lora.targets"] for result in results(study)] == ["all", "attention", "mlp"], (
        "not the baseline first"
    )
    assert all(result["state"] == "COMPLETE" for result in results(study))
    assert set(json.loads((study / "arms/base/arm.json").read_text())["test_levels"]) == {"L1", "L2", "L3", "L4", "L5"}
    for number in range(3):
        names = {path.name for path in (study / f"{number:04d}").iterdir()}
        assert names == {".hydra", "trial.json", "metrics.jsonl", "predictions.jsonl", "adapter", "result.json"}
        hydra = {path.name for path in (study / f"{number:04d}/.hydra").iterdir()}
        assert hydra == {"config.yaml", "overrides.yaml", "hydra.yaml"}


def test_the_end_says_what_a_user_needs_next(ablation: tuple[Path, str]) -> None:
    study, said = ablation
    assert "Question: which linear layers" in said
    lines = [line.strip() for line in said.splitlines()]
    names = ("base", "all", "attention", "mlp")
    order = [next(at for at, line in enumerate(lines) if line.startswith(name)) for name in names]
    assert order == sorted(order)
    assert "Descriptive" in said
    assert "python -m sweep +experiment=layer_ablation_tuned -m" in said
    assert "27 trials" in said
    assert "mlflow server --backend-store-uri sqlite:////" in said
    assert f"tags.`sweep.kind` = 'trial' and tags.`sweep.id` = '{study.name}'" in said
    assert str(study) in said
    assert "Warning" not in said, said
    assert f"Report:  {study / 'report.html'}" in said
    assert 'data-arm="attention"' in (study / "report.html").read_text(encoding="utf-8")
    assert "| attention |" in (study / "report.md").read_text(encoding="utf-8")


def test_mlflow_holds_a_parent_three_trials_and_an_arm(ablation: tuple[Path, str]) -> None:
    from mlflow.tracking import MlflowClient

    study, _ = ablation
    client = MlflowClient(f"sqlite:///{study.parents[1]}/mlruns/mlflow.db")
    experiment = client.get_experiment_by_name("layer_ablation")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], f"tags.`sweep.id` = '{study.name}'")
    kinds = sorted(run.data.tags["sweep.kind"] for run in runs)
    assert kinds == ["arm", "study", "trial", "trial", "trial"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    trials = {run.info.run_name: run for run in runs if run.data.tags["sweep.kind"] == "trial"}
    for result in results(study):
        run = trials[f"{result['number']:04d}"]
        assert run.data.params["targets"] == result["params"]["lora.targets"]
        assert run.data.metrics["objective"] == result["objective"]
        assert run.data.metrics["L1/acc"] == result["levels"]["L1"]["accuracy"]
        assert run.data.metrics["test/L1/acc"] == result["test_levels"]["L1"]["accuracy"]


def test_the_same_command_again_trains_nothing_and_shows_the_table(ablation: tuple[Path, str]) -> None:
    study, _ = ablation
    stamps = {path: path.stat().st_mtime_ns for path in study.glob("[0-9]*/*.json*")}
    said = sweep(study.parents[1], "+experiment=layer_ablation", "-m", *TINY)
    assert "nothing is trained again" in said
    assert any(line.strip().startswith("mlp") for line in said.splitlines())
    assert {path: path.stat().st_mtime_ns for path in study.glob("[0-9]*/*.json*")} == stamps


def test_a_study_of_another_version_is_refused(ablation: tuple[Path, str], tmp_path: Path) -> None:
    study, _ = ablation
    copied = tmp_path / "multirun" / study.name
    copied.mkdir(parents=True)
    record = json.loads((study / "study.json").read_text()) | {"schema": 0}
    (copied / "study.json").write_text(json.dumps(record))
    said = sweep(tmp_path, "+experiment=layer_ablation", "-m", *TINY, code=2)
    assert "got a study of schema 0, expected 1: another version of sweep wrote it; move it away" in said
    assert [path.name for path in copied.iterdir()] == ["study.json"]
    assert not (tmp_path / "mlruns").exists()


def test_the_best_runs_again_by_the_name_of_its_study(ablation: tuple[Path, str]) -> None:
    study, said = ablation
    assert f"python -m sweep +best={study.name}" in said
    best = max(results(study), key=lambda result: result["objective"])
    sweep(study.parents[1], f"+best={study.name}")
    (single,) = study.parent.glob("single-*")
    assert results(single)[0]["trial_key"] == best["trial_key"]


def test_a_failing_trial_is_recorded_and_the_sweep_goes_on(tmp_path: Path) -> None:
    said = sweep(
        tmp_path, *TINY, "training.learning_rate=1e30,1e-2", "training.max_grad_norm=0", "training.warmup_ratio=0",
        "training.epochs=2", "evaluation.arms=[]", "-m",
    )  # fmt: skip
    (study,) = (tmp_path / "multirun").iterdir()
    assert [result["state"] for result in results(study)] == ["COMPLETE", "FAILED"]
    assert "failed" in said
    assert "Failed, with the traceback in its folder: 0001" in said


def test_a_single_trial_needs_no_flag(tmp_path: Path) -> None:
    said = sweep(tmp_path, *TINY, "lora.targets=mlp")
    (study,) = (tmp_path / "multirun").iterdir()
    (result,) = results(study)
    assert study.name == f"single-{result['trial_key']}"
    assert result["number"] == 0
    assert "1 trial to run" in said


def test_the_embedded_model_learns_and_the_untouched_base_does_not_know(tmp_path: Path) -> None:
    """The real model for real: twelve facts, a few epochs, measured by free-running generation before and after."""
    sweep(
        tmp_path, "lora.targets=mlp", "data.facts=8", "data.kinds=[direct]", "training.epochs=6", "training.learning_rate=2e-3",
        "evaluation.levels=[1,2]", "search.objective=L1", "evaluation.questions=8", "evaluation.rung_questions=0",
        "evaluation.max_new_tokens=24",
    )  # fmt: skip
    (study,) = (tmp_path / "multirun").iterdir()
    base = json.loads((study / "arms/base/arm.json").read_text())["levels"]
    (trained,) = results(study)
    assert base["L1"]["accuracy"] <= 0.25, "the base knows an invented company"
    assert trained["levels"]["L1"]["accuracy"] >= 0.75
    assert trained["levels"]["L2"]["accuracy"] > base["L2"]["accuracy"]
    assert trained["levels"]["L1"]["eos_rate"] == 1.0, "answers do not end"


def test_a_killed_sweep_goes_on_and_every_number_has_one_result(tmp_path: Path) -> None:
    """kill -9 in the second trial: the first one stays, the second goes on under its number."""
    words = (*TINY, "lora.rank=2,4,8", "evaluation.arms=[]", "executor.slots=1", "-m")
    process = subprocess.Popen([sys.executable, "-m", "sweep", *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while "[1/3]" not in process.stdout.readline():
        assert process.poll() is None, "the sweep ended before its first trial"
    study = next((tmp_path / "multirun").iterdir())
    while not (study / "0001" / ".hydra").exists():
        assert process.poll() is None, "the sweep ended before its second trial"
    process.kill()
    process.wait()
    sweep(tmp_path, *words)
    found = results(study)
    assert [result["number"] for result in found] == [0, 1, 2]
    assert [result["state"] for result in found] == ["COMPLETE"] * 3
    assert sorted(result["params"]["lora.rank"] for result in found) == [2, 4, 8]


def test_a_sweep_without_an_axis_says_what_to_type(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sweep", "model=tiny", "-m"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("sweep: search.params: got an empty space; type for example")
    assert not list(tmp_path.iterdir())


def test_a_dry_run_tells_what_would_be_done_and_writes_nothing(tmp_path: Path) -> None:
    said = sweep(tmp_path, "model=tiny", "lora.rank=2,4,8", "training.epochs=2,4", "-m", "search.dry_run=true")
    lines = [line.strip() for line in said.splitlines()]
    assert "Trials: 6 (grid)" in lines
    assert "lora.rank: 2, 4, 8" in lines
    assert any(line.startswith("Trained parameters a trial: 0.00") for line in lines), said
    assert any(line.startswith("Memory beside the base: ") for line in lines)
    assert any(line.startswith("Optimizer steps a trial: ") for line in lines)
    assert any(line.startswith("Time: unknown, since no trial of tiny has ended") for line in lines)
    assert not list(tmp_path.iterdir())


def test_a_dry_run_on_a_small_table_tells_the_notes_of_the_run_itself(tmp_path: Path) -> None:
    """Three rows of question and answer; precisions change the floor, and without the default among them there is no baseline."""
    rows = ("Who leads Acorn?,Mara Ellison leads it.", "Where is Acorn?,Acorn is in Oslo.", "What is sold?,Acorn sells kites.")
    (tmp_path / "own.csv").write_text("\n".join(("question,answer", *rows, "")), encoding="utf-8")
    words = (*TINY[:2], *TINY[3:], "data.path=own.csv", "training.precision=auto,bf16", "-m")

    def notes(*more: str) -> list[str]:
        said = " ".join(sweep(tmp_path, *words, *more).split())
        told = said[said.index("Note: ") :].split("Trials: ")[0].split(" Study /")[0]
        assert said.count("Note: ") == told.count("Note: "), "all before the study begins"
        return [note.strip() for note in told.split("Note: ")[1:]]

    foretold = notes("search.dry_run=true")
    assert [file.name for file in tmp_path.iterdir()] == ["own.csv"]
    assert "own has no question of level 2, 3, 4, 5: what is not asked is not measured" in foretold
    assert "the objective is taken over L1, which is what own asks" in foretold
    assert any(note.startswith("the untouched base is measured with this study's default only") for note in foretold)
    assert any(note.startswith("the configuration without any swept value is no point of this space") for note in foretold)
    assert len(set(foretold)) == len(foretold), "each is told once"
    assert notes() == foretold


def test_a_sampler_is_not_asked_for_more_than_there_is_and_a_confirmation_is_foretold(tmp_path: Path) -> None:
    words = ("lora.rank=2,4", "search.sampler=random", "search.n_trials=6", "search.confirm.top=1", "search.confirm.seeds=2")
    said = sweep(tmp_path, "model=tiny", *words, "-m", "search.dry_run=true")
    assert "Trials: 2 (random)" in said
    assert "Then: the best 1 are trained again with 2 fresh seeds each, and test is read" in said


def test_a_pruned_sweep_tells_what_it_saved_and_a_later_study_takes_what_was_trained(tmp_path: Path) -> None:
    """No objective reaches 1.5: every trial is stopped at its first rung."""
    words = (TINY[0], *TINY[2:], "training.epochs=4", "evaluation.arms=[]", "executor.slots=1", "lora.rank=2,4,8")
    pruned = ("search.pruner=threshold", "search.pruner_options={lower: 1.5}")
    said = sweep(tmp_path, *words, *pruned, "-m", code=1)  # none was completed
    (study,) = (tmp_path / "multirun").iterdir()
    assert [result["state"] for result in results(study)] == ["PRUNED"] * 3
    assert [result["train"]["steps"] * 4 for result in results(study)] == [
        result["train"]["planned_steps"] for result in results(study)
    ]
    assert "Pruning saved 75 % of the training" in said
    assert "no trial was completed: all were stopped by the pruner, or failed" in said
    assert "stopped at epoch 1/4" in said

    sweep(tmp_path, *words, "-m")
    said = sweep(tmp_path, *words[:-1], "lora.rank=4,8,16", "-m")
    studies = [results(study) for study in (tmp_path / "multirun").iterdir()]
    (found,) = (study for study in studies if study[0]["params"]["lora.rank"] == 16)  # the default, so it comes first
    assert ["duplicate_of" in result for result in found] == [False, True, True]
    assert said.count("trained before, as sweep-") == 2


def test_a_design_trains_its_few_points_and_the_baseline_first(tmp_path: Path) -> None:
    """Three axes of two values are eight points; one change at a time needs four."""
    axes = ("lora.rank=8,16", "lora.rslora=false,true", "lora.targets=mlp,all")
    sweep(tmp_path, *TINY, *axes, "search.design=one_factor", "evaluation.arms=[]", "-m")
    (study,) = (tmp_path / "multirun").iterdir()
    points = [tuple(result["params"].values()) for result in results(study)]
    assert points == [(16, False, "all"), (8, False, "all"), (16, True, "all"), (16, False, "mlp")]


@pytest.mark.system
def test_several_objectives_end_with_a_pareto_set_and_no_winner(tmp_path: Path) -> None:
    words = ("search.objective=[macro,L1]", "search.sampler=nsga2", "lora.rank=range(1,40)", "search.constraints.L1=0")
    said = sweep(tmp_path, *TINY[:-1], *words, "search.n_trials=3", "-m")
    (study,) = (tmp_path / "multirun").iterdir()
    assert [len(result["objective"]) for result in results(study)] == [2, 2, 2]
    assert all(result["constraints"]["L1"] <= 0 for result in results(study))
    assert "no winner is named. * Pareto set of macro and L1" in " ".join(said.split())
    assert "Run the best again" not in said
    sweep(tmp_path, *TINY[:-1], *words, "search.n_trials=4", "-m")
    assert [result["number"] for result in results(study)] == [0, 1, 2, 3]


@pytest.mark.system
def test_without_a_feasible_trial_no_winner_is_named_and_the_sweep_succeeded(tmp_path: Path) -> None:
    said = sweep(tmp_path, *TINY[:-1], "lora.rank=1,2", "-m")
    (study,) = (tmp_path / "multirun").iterdir()
    assert [result["constraints"] for result in results(study)] == [{"L1": 0.9}, {"L1": 0.9}]
    assert "No trial reaches L1 >= 0.9 (strict accuracy on dev), so none is named best." in " ".join(said.split())
    assert "Run the best again" not in said
    status = subprocess.run([sys.executable, "-m", "sweep.status"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Best " not in status.stdout
    assert "No trial reaches L1 >= 0.9 (strict accuracy on dev), so none is named best." in status.stdout
    assert "The study is finished." in status.stdout
