"""The file of a study's best configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from sweep.track import best
from sweep.track.folder import write_hydra


def test_the_best_is_written_without_what_says_how_a_study_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "multirun/rank-1"
    config = {"lora": {"rank": 4}, "seed": 1, "search": {"sampler": "tpe"}, "executor": {}, "tracking": {}, "output_dir": "x"}
    write_hydra(root / "0003", config, [], {})
    best.write(root, 3)
    shelf = tmp_path / ".sweep/best/rank-1.yaml"
    assert shelf.read_text() == (root / "best.yaml").read_text()
    assert shelf.read_text().startswith("# @package _global_\n")
    assert yaml.safe_load(shelf.read_text()) == {"lora": {"rank": 4}, "seed": 1}


def test_a_trial_whose_configuration_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="0003: its "):
        best.write(tmp_path, 3)
