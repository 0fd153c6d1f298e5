"""The best of a study as a model in MLflow: registered once, and another one only when another is best."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient
from tests.track.cases import outcome, study, trial
from tests.track.picture import models, picture

from sweep.track import folder
from sweep.track.ending import Ending, Winner
from sweep.track.mirror import Mirror
from sweep.trial import Measurement, Rung

STUDY = "ranks.v2-0123abcd"  # a name that MLflow would not take for a model


def run(root: Path, uri: str, best: int, warnings: list[str]) -> None:
    """A study of two trials, each recorded, of which one is best; again where it was run before."""
    mirror = Mirror(uri, "company", warnings.append)
    mirror.open_study(root, study({}))
    for number in (0, 1):
        one = trial(root, number)
        folder.write_trial(one, 10)
        (one.folder / "adapter").mkdir(exist_ok=True)
        (one.folder / "adapter" / "adapter_config.json").write_text(f'{{"r": {number}}}')
        mirror.open_trial(one, 10)
        mirror.rung(Rung(one, 1, 3, ((1, 2.0),), (Measurement("L1/acc", 0.25, 4, 0.1, "higher"),)))
        mirror.close_trial(one, outcome())
    mirror.close_study(Ending("FINISHED", best={"number": best, "objective": 0.4}, winner=Winner(f"{best:04d}", f"trial {best}")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / STUDY


def test_the_best_is_registered_once_with_params_and_metrics(root: Path, uri: str, warnings: list[str]) -> None:
    for _ in range(2):
        run(root, uri, 1, warnings)
    (model,) = models(uri)
    assert (model["name"], model["run"]) == ("ranks_v2-0123abcd-best", "0001")
    assert model["params"]["rank"] == "16"
    assert ("L1/acc", 3, 0.1) in model["metrics"], "the last value, not that of a rung"
    assert ("L1/acc", 1, 0.25) not in model["metrics"]
    told = {"sweep.id": STUDY, "sweep.trial_key": "key-0001", "sweep.best": "true", "sweep.title": "trial 1"}
    assert told.items() <= model["tags"].items()
    assert picture(uri)["trial", "0001"]["points"].count(("L1/acc", 3, 0.1)) == 1, "the run's own points are not doubled"


def test_another_best_is_another_model_and_the_former_one_says_so(
    root: Path, uri: str, warnings: list[str], tmp_path: Path
) -> None:
    for best, told in ((0, {"0000": "true"}), (1, {"0000": "false", "0001": "true"}), (0, {"0000": "true", "0001": "false"})):
        run(root, uri, best, warnings)
        assert {model["run"]: model["tags"]["sweep.best"] for model in models(uri)} == told
        client = MlflowClient(uri)
        (parent,) = client.search_runs([client.get_experiment_by_name("company").experiment_id], "tags.`sweep.kind` = 'study'")
        hung = client.download_artifacts(parent.info.run_id, "adapter/adapter_config.json", str(tmp_path))
        assert Path(hung).read_text() == f'{{"r": {best}}}'


def test_a_model_that_a_killed_process_left_half_made_is_finished(
    root: Path, uri: str, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_model_artifacts", full)
        run(root, uri, 1, warnings)
    assert "disk full" in warnings.pop()
    assert [(model["status"], model["files"]) for model in models(uri)] == [("PENDING", [])]
    run(root, uri, 1, warnings)
    assert [(model["status"], model["files"]) for model in models(uri)] == [("READY", ["MLmodel"])]
