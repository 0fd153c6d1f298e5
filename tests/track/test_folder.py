"""The trial folder: its files, and that `result.json` is there wholly or not at all."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml  # type: ignore[import-untyped]
from tests.track.cases import outcome, prediction, trial

from sweep.config import plain
from sweep.track import folder, recorded, runs
from sweep.trial import State

KEYS = [
    "trial_key", "config_key", "number", "state", "objective", "constraints", "params", "levels", "test_levels", "costs",
    "train", "provenance",
]  # fmt: skip


def test_hydra_files_hold_what_was_composed(tmp_path: Path) -> None:
    one = trial(tmp_path, lora__rank=4)
    overrides, hydra = ["lora.rank=4", "data.path=社内"], {"job": {"name": "sweep"}}
    folder.write_hydra(one.folder, plain(one.config), overrides, hydra)
    written = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in (one.folder / ".hydra").iterdir()}
    assert written == {"config.yaml": plain(one.config), "overrides.yaml": overrides, "hydra.yaml": hydra}
    assert "社内" in (one.folder / ".hydra" / "overrides.yaml").read_text("utf-8")


def test_a_kill_while_the_hydra_files_are_written_leaves_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one lies, its overrides lie too."""
    write = folder.write_atomically

    def killed(path: Path, text: str) -> None:
        if path.name == "overrides.yaml":
            raise KeyboardInterrupt
        write(path, text)

    monkeypatch.setattr(folder, "write_atomically", killed)
    with pytest.raises(KeyboardInterrupt):
        folder.write_hydra(tmp_path, {"seed": 0}, [], {})
    assert folder.read_config(tmp_path) is None


def test_result_has_exactly_the_fixed_keys(tmp_path: Path) -> None:
    one = trial(tmp_path, number=7, params={"lora.rank": 4})
    body = folder.result_body(one, outcome(), {"device": "cpu"})
    assert list(body) == KEYS
    folder.write_result(one.folder, body)
    read = folder.read_result(one.folder)
    assert read == json.loads((one.folder / "result.json").read_text("utf-8"))
    assert read is not None
    assert (read["trial_key"], read["number"], read["state"], read["params"]) == ("key-0007", 7, "COMPLETE", {"lora.rank": 4})
    assert read["levels"]["L5"]["accuracy"] == 0.5
    assert read["test_levels"]["L1"]["accuracy"] == 0.7


def test_one_objective_is_a_number_and_several_are_a_list(tmp_path: Path) -> None:
    one = folder.result_body(trial(tmp_path), outcome(constraints={"L1": -0.05, "L3": math.nan}), {})
    assert (one["objective"], folder.values(one)) == (0.4, (0.4,))
    folder.write_result(tmp_path, one)
    assert (folder.read_result(tmp_path) or {})["constraints"] == {"L1": -0.05, "L3": None}
    several = folder.result_body(trial(tmp_path), outcome(further=(0.9, 0.1)), {})
    assert (several["objective"], folder.values(several)) == ([0.4, 0.9, 0.1], (0.4, 0.9, 0.1))
    assert folder.values({"objective": None}) == folder.values({}) == ()


def test_a_failed_trial_says_why(tmp_path: Path) -> None:
    failed = outcome(State.FAILED, objective=None, levels={}, test_levels={}, train={}, error="Traceback\nValueError: lost")
    body = folder.result_body(trial(tmp_path), failed, {})
    assert list(body) == [*KEYS, "error", "again"]
    assert body["error"].endswith("ValueError: lost")


def test_an_arm_is_written_beside_trials_with_a_null_number(tmp_path: Path) -> None:
    arm = trial(tmp_path, arm="base")
    folder.write_result(arm.folder, folder.result_body(arm, outcome(), {}), folder.record(arm))
    assert json.loads((arm.folder / "arm.json").read_text("utf-8"))["number"] is None
    assert folder.read_result(arm.folder) is None


def test_no_result_before_the_first_write(tmp_path: Path) -> None:
    assert folder.read_result(tmp_path / "0000") is None


def test_nan_and_infinity_become_null_and_numpy_becomes_numbers(tmp_path: Path) -> None:
    numbers = {"f": np.float32(0.5), "i": np.int64(3), "n": np.float64("nan")}
    folder.write_result(tmp_path, {"a": math.nan, "b": [math.inf, 1.5], "c": {"d": -math.inf}} | numbers)
    text = (tmp_path / "result.json").read_text("utf-8")
    expected = {"a": None, "b": [None, 1.5], "c": {"d": None}, "f": 0.5, "i": 3, "n": None}
    assert json.loads(text, parse_constant=pytest.fail) == expected
    folder.append_metrics(tmp_path, [{"train/loss": math.nan}])
    assert (tmp_path / "metrics.jsonl").read_text("utf-8") == '{"train/loss": null}\n'


def test_a_crash_before_the_rename_leaves_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            folder.write_result(tmp_path, {"number": 1})
    assert folder.read_result(tmp_path) is None
    folder.write_result(tmp_path, {"number": 2})
    assert folder.read_result(tmp_path) == {"number": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_a_crash_before_the_rename_keeps_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_result(tmp_path, {"number": 1})
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        folder.write_result(tmp_path, {"number": 2})
    assert folder.read_result(tmp_path) == {"number": 1}


def test_the_result_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        calls.append("sync")
        sync(handle)

    def rename(self: Path, target: Path) -> Path:
        calls.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    folder.write_result(tmp_path, {"number": 1})
    assert calls == ["sync", "replace", "sync"]  # the second one: the folder, which holds the name


def test_predictions_have_the_fixed_fields_first_and_readable_letters(tmp_path: Path) -> None:
    folder.write_predictions(tmp_path, [{"prompt": "Who?"} | prediction(), prediction(qid="q2", ended=None)])
    rows = folder.read_rows(tmp_path / "predictions.jsonl")
    assert list(rows[0]) == [*folder.PREDICTION_FIELDS, "prompt"]
    assert rows[1] == prediction(qid="q2", ended=None)
    assert "Élodie 青" in (tmp_path / "predictions.jsonl").read_text("utf-8")


def test_a_prediction_without_a_field_is_refused(tmp_path: Path) -> None:
    row = prediction()
    del row["grade"]
    with pytest.raises(AssertionError, match="grade missing"):
        folder.write_predictions(tmp_path, [row])
    assert not (tmp_path / "predictions.jsonl").exists()


def test_metrics_are_appended_and_a_torn_line_spoils_only_itself(tmp_path: Path) -> None:
    folder.append_metrics(tmp_path, [{"step": 1, "train/loss": 2.0}])
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2, "tra')
    folder.append_metrics(tmp_path, [{"step": 3, "train/loss": 1.0}])
    folder.append_metrics(tmp_path, [])
    assert [row["step"] for row in folder.read_rows(tmp_path / "metrics.jsonl")] == [1, 3]


def test_rows_of_a_file_that_is_not_there_are_none(tmp_path: Path) -> None:
    assert folder.read_rows(tmp_path / "metrics.jsonl") == []


@pytest.mark.parametrize(("module", "loaded"), [("sweep.track.folder", False), ("mlflow", True)])
def test_the_folder_needs_no_mlflow(module: str, loaded: bool) -> None:
    found = subprocess.check_output([sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"], text=True).split()
    assert ("mlflow" in found) is loaded


def test_results_of_a_study_come_by_number_and_only_of_trials_that_ended(tmp_path: Path) -> None:
    for name in ("0002", "0010", "10000", "0001"):
        folder.write_result(tmp_path / name, {"state": "COMPLETE", "number": int(name)})
    (tmp_path / "0003").mkdir()
    folder.write_result(tmp_path / "arms" / "base", {"state": "COMPLETE"}, folder.ARM)
    (tmp_path / folder.STUDY).write_text("{}")
    assert [place.name for place in folder.trials(tmp_path)] == ["0001", "0002", "0003", "0010", "10000"]
    assert [result["number"] for result in folder.results(tmp_path).values()] == [1, 2, 10, 10000]


def test_who_ended_is_found_whatever_record_it_left_and_seeds_come_by_number(tmp_path: Path) -> None:
    left = {"arms/base": folder.ARM, "0001": folder.RESULT, "0001/s10": folder.SEED, "confirm/0001/s3/test": folder.ARM}
    for place, name in left.items():
        folder.write_result(tmp_path / place, {"state": place}, name)
    for place in ("0001/s9", "0001/spare", "0001/s10/s"):
        (tmp_path / place).mkdir()
    found = {at.relative_to(tmp_path).as_posix(): body["state"] for at, body in folder.all_ended(tmp_path)}
    assert found == {place: place for place in left}
    assert [folder.ended(tmp_path / place) for place in left] == [{"state": place} for place in left]
    assert folder.ended(tmp_path / "0001/s9") is None
    assert [part.name for part in folder.parts(tmp_path / "0001")] == ["s9", "s10"]
    assert folder.seeds(tmp_path / "0001") == [{"state": "0001/s10"}]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("0003", "trial"), ("0003/s1", "seed"), ("confirm/0003", "confirm"), ("confirm/0003/s7", "seed"), ("base", "arm"),
        ("confirm/base", "arm"), ("confirm/0003/s7/test", "arm"),
    ],
)  # fmt: skip
def test_a_run_is_of_the_kind_that_its_name_and_its_folder_say(tmp_path: Path, name: str, kind: str) -> None:
    assert runs.kind(name) == kind
    assert recorded.named(tmp_path, recorded.place_of(tmp_path, kind, name)) == (kind, name)
