"""A sweep with several seeds whose finalists are confirmed: as a user runs it, on the tiny model."""

from __future__ import annotations

import json
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.sweeping import begin, end, tracked_runs, wait_for
from tests.test_main_job import sweep

from sweep import status
from sweep.cli.main import main
from sweep.confirm import sides
from sweep.report.confirmed import outstanding
from sweep.search.space import Choice

WORDS = (
    "model=tiny", "training.epochs=1", "data.kinds=[multi]", "evaluation.questions=2", "evaluation.max_new_tokens=4",
    "evaluation.rung_questions=0", "search.constraints=null", "search.reuse=false",
)  # fmt: skip
STUDY = (
    *WORDS, "lora.targets=attention,mlp", "search.seeds=[0,1]", "search.confirm.top=1", "search.confirm.seeds=2",
    "+search.contrasts={lora.targets:[[attention,mlp]]}", "-m",
)  # fmt: skip

SHORT = (
    *WORDS, "evaluation.levels=[1,2]", "evaluation.costs=[]", "evaluation.arms=[]", "executor.slots=1", "lora.rank=2,4",
    "search.confirm.top=1", "search.confirm.seeds=2", "-m",
)  # fmt: skip


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One such study: its folder and what it printed."""
    home = tmp_path_factory.mktemp("confirm")
    said = sweep(home, *STUDY)
    (study,) = (home / "multirun").iterdir()
    return study, said


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_every_seed_has_its_folder_and_the_trial_their_mean(confirmed: tuple[Path, str]) -> None:
    study, _ = confirmed
    for number in ("0000", "0001"):
        whole, seeds = load(study / number / "result.json"), [load(study / number / f"s{seed}/seed.json") for seed in (0, 1)]
        assert [one["params"]["seed"] for one in seeds] == [0, 1]
        assert len({one["train"]["final_loss"] for one in seeds}) == 2, "both seeds are one training"
        assert whole["train"]["final_loss"] == pytest.approx(sum(one["train"]["final_loss"] for one in seeds) / 2)
        assert whole["config_key"] == seeds[0]["config_key"] == seeds[1]["config_key"]
        assert len({whole["trial_key"], *(one["trial_key"] for one in seeds)}) == 3


def test_test_is_read_for_the_chosen_the_contrasts_and_the_base_alone(confirmed: tuple[Path, str]) -> None:
    study, said = confirmed
    told = load(study / "confirm.json")
    assert told == {
        "finalists": [0],
        "seeds": [2, 3],
        "chosen": 0,
        "contrasts": {"targets=attention": 0, "targets=mlp": 1},
        "over": True,
    }
    readers = [file.parent for file in study.rglob("*.json") if "test_levels" in (body := load(file)) and body["test_levels"]]
    expected = {f"confirm/{number}/s{seed}/test" for number in ("0000", "0001") for seed in (2, 3)} | {"confirm/base"}
    assert {str(place.relative_to(study)) for place in readers} == expected
    of_two = "The test split was read for 2 configurations (each counted once, with all its seeds) and for the arm base."
    assert of_two in " ".join(said.split())
    assert "* chosen by its mean on dev over 2 fresh seeds" in said
    assert "chosen: attention" in (study / "table.md").read_text()
    report = (study / "report.md").read_text(encoding="utf-8")
    assert "## Confirmed on test" in report
    assert "| targets=attention | targets=mlp |" in report, "the declared contrast"


def test_an_adapter_that_was_kept_says_what_it_said_when_it_was_trained(confirmed: tuple[Path, str], tmp_path: Path) -> None:
    study, _ = confirmed
    sweep(tmp_path, *WORDS, "lora.targets=mlp", "seed=3", "evaluation.splits=[dev,test]")
    (single,) = (tmp_path / "multirun").iterdir()
    answers = {row["qid"]: row["answer"] for row in rows(single / "0000") if row["split"] == "test"}
    read = {row["qid"]: row["answer"] for row in rows(study / "confirm/0001/s3/test")}
    untouched = {row["qid"]: row["answer"] for row in rows(study / "confirm/base")}
    assert read == answers
    assert read != untouched, "the adapter changes nothing, so this test would see nothing"


def rows(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / "predictions.jsonl").read_text().splitlines()]


def test_mlflow_holds_the_same_and_nothing_runs_on(confirmed: tuple[Path, str]) -> None:
    from mlflow.tracking import MlflowClient

    study, _ = confirmed
    client = MlflowClient(f"sqlite:///{study.parents[1]}/mlruns/mlflow.db")
    experiments = [one.experiment_id for one in client.search_experiments()]
    runs = client.search_runs(experiments, f"tags.`sweep.id` = '{study.name}'")
    kinds = Counter(run.data.tags["sweep.kind"] for run in runs)
    assert kinds == {"study": 1, "trial": 2, "confirm": 2, "seed": 8, "arm": 6}
    assert {run.info.status for run in runs} == {"FINISHED"}
    by_name = {run.info.run_name: run for run in runs}
    assert by_name["0001/s1"].data.tags["mlflow.parentRunId"] == by_name["0001"].info.run_id
    assert by_name["confirm/0001/s3"].data.tags["mlflow.parentRunId"] == by_name["confirm/0001"].info.run_id
    assert by_name["0001"].data.params["seed"] == "0,1"
    assert by_name["0001/s1"].data.params["seed"] == "1"


def test_the_same_command_again_trains_nothing_and_what_is_missing_alone(confirmed: tuple[Path, str], tmp_path: Path) -> None:
    study, _ = confirmed
    home = tmp_path / "copy"
    shutil.copytree(study.parents[1], home)
    copy = home / "multirun" / study.name
    before = {file: file.stat().st_mtime_ns for file in copy.rglob("*.json") if file.name in ("seed.json", "arm.json")}
    (copy / "confirm/0001/result.json").unlink()
    (copy / "confirm/0001/s3/seed.json").unlink()
    (copy / "confirm/0000/s2/test/arm.json").unlink()
    sweep(home, *STUDY)
    changed = {str(file.relative_to(copy)) for file, time in before.items() if file.stat().st_mtime_ns != time}
    assert changed == {"confirm/0001/s3/seed.json", "confirm/0000/s2/test/arm.json"}


def test_where_no_trial_reaches_the_constraints_nobody_is_confirmed_and_the_table_says_so(tmp_path: Path) -> None:
    words = [word for word in WORDS if not word.startswith("search.constraints")]
    said = sweep(tmp_path, *words, "lora.rank=2,4", "search.confirm.top=1", "search.confirm.seeds=1", "-m")
    assert "No trial reaches L1 >= 0.9" in said
    assert "No trial was confirmed, since none of the search is named best." in said
    assert "Finalists trained again" not in said, "a table without a row tells nothing"
    assert "The test split was not read." in said
    (study,) = (tmp_path / "multirun").iterdir()
    assert load(study / "confirm.json")["chosen"] is None
    assert not outstanding(study, load(study / "study.json"))


def test_where_nobody_is_confirmed_the_contrasts_are_trained_and_read_on_test_all_the_same(tmp_path: Path) -> None:
    words = [word for word in STUDY if not word.startswith(("search.constraints", "search.seeds", "search.confirm.seeds"))]
    said = sweep(tmp_path, *words, "search.confirm.seeds=1", "evaluation.levels=[1]", "search.objective=L1")
    told = "No trial was confirmed, since none of the search is named best; test was read for the contrasts alone."
    assert told in " ".join(said.split())
    (study,) = (tmp_path / "multirun").iterdir()
    record = load(study / "confirm.json")
    assert (record["finalists"], record["chosen"]) == ([], None)
    assert record["contrasts"] == {"targets=attention": 0, "targets=mlp": 1}
    readings = {str(file.parent.relative_to(study)) for file in study.glob("confirm/**/arm.json")}
    assert readings == {"confirm/base", "confirm/0000/s1/test", "confirm/0001/s1/test"}


def test_a_confirmation_is_outstanding_until_test_was_read(confirmed: tuple[Path, str], tmp_path: Path) -> None:
    study, _ = confirmed
    about = load(study / "study.json")
    assert not outstanding(study, about)
    record = load(study / "confirm.json")
    (tmp_path / "confirm.json").write_text(json.dumps(record | {"over": False}))
    assert outstanding(tmp_path, about)
    (tmp_path / "confirm.json").unlink()
    assert outstanding(tmp_path, about)
    about["config"]["search"]["confirm"]["top"] = 0
    assert not outstanding(tmp_path, about)


def test_how_far_finalists_are_is_read_off_their_folders(confirmed: tuple[Path, str], tmp_path: Path) -> None:
    study = shutil.copytree(confirmed[0], tmp_path / "study")
    (study / "confirm/0000/result.json").unlink()
    (study / "confirm/0000/s3/seed.json").unlink()
    assert status.read(study).seeds == {"confirm/0000": (1, 2)}


def test_a_confirmation_that_ctrl_c_cut_off_goes_on_and_ends_as_one_that_was_never_stopped(tmp_path: Path) -> None:
    """A real signal to a real process, while the finalist's second seed trains."""
    homes = [tmp_path / name for name in ("cut", "whole")]
    for home in homes:
        home.mkdir()
    cut_off, whole = (begin(home, *SHORT) for home in homes)
    wait_for(cut_off, "[seed] confirm/0000/s1")
    cut_off.send_signal(signal.SIGINT)
    code, said = end(cut_off)
    assert code == 130, said
    assert "are finished first" in said
    assert "The confirmation (search.confirm) is not over; the same command goes on with it" in said
    (study,) = (homes[0] / "multirun").iterdir()
    assert load(study / "ending.json")["status"] == "KILLED"
    assert "The confirmation of this study is not over" in (study / "report.md").read_text()
    assert not list(study.glob("confirm/**/arm.json")), "test was read"
    first = {file: file.stat().st_mtime_ns for file in study.rglob("s*/seed.json")}
    assert first

    code, said = end(begin(homes[0], *SHORT))
    assert code == 0, said
    assert {file: file.stat().st_mtime_ns for file in first} == first, "a seed that had ended was trained again"
    code, never_stopped = end(whole)
    assert code == 0, never_stopped
    of_one = "The test split was read for 1 configuration (counted once, with all its seeds) and for the arm base."
    assert of_one in " ".join(said.split())
    assert told(study) == told(homes[1] / "multirun" / study.name)
    assert "The confirmation of this study is not over" not in (study / "report.md").read_text()
    assert {run.info.status for run in tracked_runs(homes[0], study)} == {"FINISHED"}


def told(study: Path) -> dict[str, Any]:
    """All that its records say, but for when and on what it was found out, how fast and in how much memory."""
    found = {str(file.relative_to(study)): load(file) for file in study.rglob("*.json") if file.parent.name != "adapter"}
    for body in found.values():
        for name in ("provenance", "home"):  # the second is a study's own, drawn at its beginning
            body.pop(name, None)
        for name in ("seconds", "wall_seconds", "seconds_an_answer", "peak_bytes"):
            body.get("train", {}).pop(name, None)
    assert {"confirm.json", "ending.json", "confirm/base/arm.json", "confirm/0000/s2/test/arm.json"} <= found.keys()
    return found


def test_a_side_of_a_contrast_may_be_a_list_of_modules() -> None:
    axis = Choice("lora.targets", ("[q_proj,v_proj]", "mlp", "[q_proj]"))
    assert sides(axis, ["q_proj"]) == ["[q_proj]"]
    assert sides(axis, ["q_proj", "v_proj"]) == ["[q_proj,v_proj]"]
    assert sides(axis, "mlp") == ["mlp"]
    assert sides(axis, "all") == []


def test_seeds_of_another_study_are_taken_over(confirmed: tuple[Path, str], tmp_path: Path) -> None:
    study, _ = confirmed
    home = tmp_path / "copy"
    shutil.copytree(study.parents[1], home)
    said = sweep(home, *WORDS[:-1], "lora.targets=mlp", "search.seeds=[1,0,5]", "training.epochs=1", "lora.rank=16,8", "-m")
    (other,) = (path for path in (home / "multirun").iterdir() if path.name != study.name)
    taken = {body.get("duplicate_of") for file in other.glob("*/s*/seed.json") if (body := load(file))}
    assert taken == {f"{study.name}/0001/s0", f"{study.name}/0001/s1", None}
    assert f"trained before, as {study.name}/0001/s1" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("search.seeds=[]",), "search.seeds: got [], expected seeds, or null"),
        (("search.seeds=[1,1]",), "search.seeds: got [1, 1], expected each seed once"),
        (("search.seeds=[0,1]", "seed=3,4"), "seed is an axis of this sweep too"),
        (("search.seeds=[0,1]", "seed=3"), "but seed is set too"),
        (("search.confirm.top=1", "seed=3,4"), "type search.seeds=[0,1,2] in its place"),
        (("search.confirm.top=1", "evaluation.splits=[dev,test]"), "every trial would read test"),
        (("search.confirm.top=1", "search.objective=[macro,L1]"), "of several objectives none says who is best"),
        (("+search.contrasts={lora.targets:[[attention,mlp]]}",), "type search.confirm.top=3"),
        (("search.confirm.top=1", "+search.contrasts={lora.targets:[attention]}"), "expected pairs of values"),
        (("search.confirm.top=1", "+search.contrasts={lora.rank:[[4,8]]}"), "lora.rank is no axis of this sweep"),
        (("search.confirm.top=1", "+search.contrasts={lora.targets:[[mlp,all]]}"), "got all, expected one of attention, mlp"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["model=tiny", "lora.targets=attention,mlp", *words, "-m"]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
