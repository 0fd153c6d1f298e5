"""The mirror rebuilt from a study's folders, held against the one that was written while it ran: a real study, real MLflow."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from tests.track.cases import study as study_body
from tests.track.cases import trial
from tests.track.picture import Picture, models, picture

from sweep.cli.main import main as sweep
from sweep.config import plain
from sweep.track import folder, recorded
from sweep.track.ending import Ending
from sweep.track.lock import alone
from sweep.track.mirror import Mirror
from sweep.track.rebuild import main
from sweep.trial import Trial

# two configurations that learn and two that diverge, each with two seeds; arms; one finalist, and its readings of test
WORDS = (
    "model=tiny", "training.epochs=2", "data.kinds=[direct]", "data.facts=4", "evaluation.levels=[1,2]", "evaluation.questions=2",
    "evaluation.rung_questions=1", "evaluation.max_new_tokens=4", "evaluation.arms=[base,gold,bm25_qa,lora]",
    "search.constraints=null", "search.seeds=[0,1]", "search.confirm.top=1", "search.confirm.seeds=2", "lora.rank=2,4",
    "training.learning_rate=1e-2,1e20", "-m",
)  # fmt: skip
NUMBERS = ("rank", "alpha", "lr", "epochs", "batch_size", "seed", "log10_lr", "trainable_m")
WORDS_ALONE = ("targets", "layers", "model", "quant", "data", "lm_head")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study; its mirror is in `mlruns/` of the folder that it ran in."""
    work = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(work)
        assert sweep(list(WORDS)) == 0
    (made,) = (work / "multirun").glob("sweep-*")
    return made


@pytest.fixture(scope="module")
def live(root: Path) -> Picture:
    return picture(uri_of(root))


@pytest.fixture
def elsewhere(tmp_path: Path, template: Path) -> str:
    """Another database, made already, which takes seconds."""
    (tmp_path / "mlruns").mkdir()
    shutil.copyfile(template, tmp_path / "mlruns" / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlruns/mlflow.db"


def uri_of(root: Path) -> str:
    return f"sqlite:///{root.parents[1]}/mlruns/mlflow.db"


def spans(uri: str) -> dict[str, tuple[int, int]]:
    """When each run of a store began and ended, ms since 1970."""
    client = MlflowClient(uri)
    found = [run.info for each in client.search_experiments() for run in client.search_runs([each.experiment_id])]
    return {info.run_id: (info.start_time, info.end_time) for info in found}


def small(tmp_path: Path) -> tuple[Path, Trial]:
    """The folder of a study with one trial, which began."""
    root = tmp_path / "ranks-0123abcd"
    one = trial(root, 3, params={"lora.rank": 4}, lora__rank=4)
    folder.write_atomically(root / folder.STUDY, json.dumps(study_body({"lora.rank": [4, 8]})))
    folder.write_trial(one, 1_500_000)
    folder.write_hydra(one.folder, plain(one.config), one.overrides, {})
    return root, one


def test_the_rebuilt_mirror_is_the_live_one_run_by_run_and_stays_so(
    root: Path, live: Picture, elsewhere: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):  # the second time nothing is added
        assert main([str(root), "--uri", elsewhere]) == 0
        rebuilt = picture(elsewhere)
        assert rebuilt.keys() == live.keys()
        for key, run in live.items():
            assert rebuilt[key] == run, key
        assert models(elsewhere) == models(uri_of(root))
    said = capsys.readouterr().out
    assert "its own run, 7 of kind arm, 1 of kind confirm, 10 of kind seed, 4 of kind trial" in said
    assert "tags.`sweep.kind` = 'trial'" in said


def test_the_database_of_the_folder_is_the_usual_one_and_a_live_mirror_is_left_as_it_is(root: Path, live: Picture) -> None:
    before = spans(uri_of(root))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root.parents[1])
        assert main([]) == 0
    assert picture(uri_of(root)) == live
    assert spans(uri_of(root)) == before


def test_the_study_has_every_kind_of_run_and_their_ends(live: Picture) -> None:
    """What the comparison above compares."""
    kinds = {kind: sorted(name for of, name in live if of == kind) for kind, _ in live}
    assert kinds["trial"] == ["0000", "0001", "0002", "0003"]
    assert kinds["confirm"] == ["confirm/0000"] or kinds["confirm"] == ["confirm/0002"]
    assert {"base", "bm25_qa", "gold", "lora", "confirm/base"} < set(kinds["arm"])
    assert sorted(live["trial", name]["status"] for name in kinds["trial"]) == ["FAILED", "FAILED", "FINISHED", "FINISHED"]
    assert {run["status"] for (kind, _), run in live.items() if kind == "seed"} <= {"FINISHED", "FAILED", "KILLED"}
    points = {(name, step) for name, step, _ in live["seed", "0000/s0"]["points"]}
    assert {("L1/acc", 1), ("L1/stderr", 1), ("macro/stderr", 1), ("health/loop_rate_stderr", 1)} < points
    assert {(name, step) for name, step, _ in live["trial", "0000"]["points"]} > {("L1/stderr", 1), ("train/loss", 1)}


def test_every_child_has_every_axis_and_numbers_that_charts_take(live: Picture) -> None:
    """MLflow's compare page takes a param as a numeric axis where all its texts begin as numbers; contours want three that
    differ."""
    children = {key: run["params"] for key, run in live.items() if key[0] != "study"}
    for params in children.values():
        assert {*NUMBERS, *WORDS_ALONE} <= set(params)
    trials = [params for (kind, _), params in children.items() if kind == "trial"]
    found = {name: {float(params[name].split(",")[0]) for params in trials} for name in NUMBERS}
    assert {name for name, values in found.items() if len(values) > 1} == {"rank", "alpha", "lr", "log10_lr", "trainable_m"}


def test_how_well_retrieval_found_its_texts_is_a_metric_of_its_arm(root: Path, live: Picture) -> None:
    measured = json.loads((root / "arms/bm25_qa/arm.json").read_text())["levels"]
    points = live["arm", "bm25_qa"]["points"]
    for level in ("L1", "L2"):
        assert (f"{level}/recall_at_1", 0, measured[level]["recall_at_1"]) in points
        assert (f"{level}/recall_at_k", 0, measured[level]["recall_at_k"]) in points


def test_report_and_best_adapter_hang_on_the_study_and_the_best_is_a_model(root: Path, live: Picture) -> None:
    study = live["study", root.name]
    files = {name for name, _ in study["files"]}
    assert {"report.html", "report.md", "best.json", "adapter/adapter_model.safetensors"} <= files
    (model,) = models(uri_of(root))
    kind, name = next(key for key in live if key[1] == model["run"])
    assert (kind, name.partition("/s")[0]) == ("seed", f"confirm/{int(study['tags']['sweep.best']):04d}")
    assert model["name"] == f"{root.name}-best"
    assert model["status"].endswith("READY")
    assert model["files"] == ["MLmodel"], "no pickle"
    assert model["params"] == live[kind, name]["params"]
    assert {key for key, _, _ in model["metrics"]} == {key for key, _, _ in live[kind, name]["points"]}
    assert set(model["metrics"]) <= set(live[kind, name]["points"])


def test_a_trial_that_was_killed_is_rebuilt_as_killed_with_what_it_had(tmp_path: Path, elsewhere: str) -> None:
    root, one = small(tmp_path)
    folder.append_metrics(one.folder, [{"step": 1, "epoch": 1, folder.LOSS: 2.5}, {"step": 1, "epoch": 1, "L1/acc": 0.5}])
    assert main([str(root), "--uri", elsewhere]) == 0
    runs = picture(elsewhere)
    assert (runs["trial", "0003"]["status"], runs["study", root.name]["status"]) == ("KILLED", "KILLED")
    assert runs["trial", "0003"]["points"] == [("L1/acc", 1, 0.5), ("train/loss", 1, 2.5)]
    assert runs["trial", "0003"]["params"]["trainable_m"] == "1.5"
    assert runs["trial", "0003"]["tags"]["sweep.trial_key"] == "key-0003"
    before = spans(elsewhere)
    assert main([str(root), "--uri", elsewhere]) == 0
    assert spans(elsewhere) == before, "it was killed when it was killed"


@pytest.mark.parametrize(("ended", "status"), [(Ending("FINISHED", 0.25), "FINISHED"), (None, "KILLED")])
def test_a_study_whose_end_is_not_recorded_keeps_the_end_that_mlflow_has(
    tmp_path: Path, elsewhere: str, capsys: pytest.CaptureFixture[str], ended: Ending | None, status: str
) -> None:
    """An older version wrote it, or its process was killed; then its own run runs still."""
    root, _ = small(tmp_path)
    warned: list[str] = []
    mirror = Mirror(elsewhere, "sweep", warned.append)
    mirror.open_study(root, study_body({"lora.rank": [4, 8]}))
    if ended is not None:
        mirror.close_study(ended)
    assert warned == []
    assert main([str(root), "--uri", elsewhere]) == 0
    run = picture(elsewhere)["study", root.name]
    assert run["status"] == status
    assert run["points"] == ([] if ended is None else [("saved_share", 0, 0.25)])
    assert capsys.readouterr().out.count("How the study ended is not recorded (ending.json is missing)") == 1


@pytest.mark.parametrize("left", ["", None])
def test_a_trial_killed_while_its_configuration_was_written_has_no_run(tmp_path: Path, elsewhere: str, left: str | None) -> None:
    root, one = small(tmp_path)
    file = one.folder / ".hydra" / "overrides.yaml"
    file.unlink()
    if left is not None:
        file.write_text(left)
    assert main([str(root), "--uri", elsewhere]) == 0
    assert [kind for kind, _ in picture(elsewhere)] == ["study"]


def test_folders_of_an_older_version_are_read_by_how_they_ended(root: Path, tmp_path: Path) -> None:
    """They have no trial.json."""
    shutil.copytree(root, tmp_path / "old")
    old = tmp_path / "old"
    before = [(one.trial.name, one.trial.trial_key, one.trainable) for one in recorded.everything(old) if one.outcome]
    for file in old.rglob(folder.TRIAL):
        file.unlink()
    after = [(one.trial.name, one.trial.trial_key, one.trainable) for one in recorded.everything(old)]
    whole = [one for one in after if one[2] is not None]
    assert [name for name, _, _ in after] == [name for name, _, _ in before]
    assert whole
    assert set(whole) <= set(before)


# ---- what cannot be done ----------------------------------------------------------------------------------------------------


def refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(argv) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert "Traceback" not in found.err
    return found.err


def test_a_study_that_runs_is_refused(root: Path, elsewhere: str, capsys: pytest.CaptureFixture[str]) -> None:
    with alone(root):
        said = refused([str(root), "--uri", elsewhere], capsys)
    assert f"{root}: another process runs this study; wait for its end, or stop it" in said
    assert picture(elsewhere) == {}


def test_a_study_that_is_not_there_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused([root.name.replace("sweep", "sweeq"), "--output-dir", str(root.parent)], capsys)
    assert f"did you mean {root.name}?" in said


def test_an_mlflow_that_cannot_be_had_is_a_fault(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
    said = refused([str(root), "--uri", f"http://ann:s3cret@127.0.0.1:{port}"], capsys)
    assert f"MLflow (http://127.0.0.1:{port}) does not answer: ConnectionRefusedError" in said
    assert "s3cret" not in said
    assert "s3cret" not in refused([str(root), "--uri", "postgres://ann:s3cret@127.0.0.1/db"], capsys)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 99}, "got a study of schema 99, expected 1"),
        (
            {"config": {"tracking": {"uri": "postgresql://ann:***@host/runs", "experiment": "x"}}},
            "password is not recorded; type",
        ),
    ],
)
def test_a_record_that_does_not_say_enough_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_atomically(tmp_path / folder.STUDY, json.dumps(study_body({}) | change))
    assert said in refused([str(tmp_path)], capsys)
