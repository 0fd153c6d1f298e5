"""What a study says at its end, read from folders as a sweep leaves them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweep.report import ending
from sweep.track import ending as endings
from sweep.track import folder


def put(root: Path, place: str, record: str, *, number: int | None = None, state: str = "COMPLETE", **more: Any) -> None:
    """The record of an arm, a trial or a seed."""
    body: dict[str, Any] = {
        "state": state,
        "number": number,
        "params": {},
        "levels": {},
        "test_levels": {},
        "train": {},
        "objective": 0.5,
    }
    folder.write_result(root / place, body | more, record)


def levels(*accuracies: float) -> dict[str, Any]:
    return {f"L{at}": {"accuracy": accuracy} for at, accuracy in enumerate(accuracies, 1)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "arms/base", folder.ARM, levels=levels(0.0, 0.2, 1.0), test_levels=levels(0.5))
    put(tmp_path, "arms/gold", folder.ARM, levels=levels(1.0, 0.6, 1.0), test_levels=levels(1.0))
    put(tmp_path, "arms/bm25_qa", folder.ARM, levels=levels(0.5), params={"evaluation.retrieval.k": 3})
    put(tmp_path, "0000", folder.RESULT, number=0, levels=levels(0.75, 0.1, 1.0), test_levels=levels(0.75))
    put(tmp_path, "0001", folder.RESULT, number=1, levels=levels(1.0), params={"data.path": "kirisagi_ja"})
    put(tmp_path, "0002", folder.RESULT, number=2, levels=levels(1.0), state="PRUNED")
    put(tmp_path, "0003/s1", folder.SEED, number=3, levels=levels(0.25), params={"seed": 1, "data.paraphrases": 2})
    return tmp_path


def test_each_run_is_placed_between_floor_and_ceiling(root: Path) -> None:
    found = ending.read(root, None, whole=True, completed=True).propagation
    assert found["0000"] == pytest.approx({"L1/propagation": 0.75, "L2/propagation": -0.25, "test/L1/propagation": 0.5})
    assert found["arms/bm25_qa"] == {"L1/propagation": 0.5}
    assert found["0003/s1"] == {"L1/propagation": 0.25}
    assert set(found) == {"0000", "arms/bm25_qa", "0003/s1"}, "other questions have no floor, and a pruned trial was asked few"


def test_nothing_is_placed_where_an_end_is_missing(root: Path) -> None:
    put(root, "arms/gold", folder.ARM, state="FAILED")
    assert ending.read(root, None, whole=True, completed=True).propagation == {}


@pytest.mark.parametrize(
    ("best", "whole", "completed", "status"),
    [(0, True, True, "FINISHED"), (None, True, True, "FINISHED"), (None, True, False, "FAILED"), (0, False, True, "KILLED")],
)
def test_how_a_study_ended(root: Path, best: int | None, whole: bool, completed: bool, status: str) -> None:
    (root / folder.STUDY).write_text("{}")
    found = ending.read(root, best, whole=whole, completed=completed)
    assert found.status == status
    assert found.best == (None if best is None else {"number": 0, "objective": 0.5, "params": {}})
    assert found.winner is None, "its adapter is gone"


def test_an_ending_is_read_as_it_was_written_until_the_study_goes_on(tmp_path: Path) -> None:
    assert endings.read(tmp_path) is None
    endings.reopen(tmp_path)
    assert list(tmp_path.iterdir()) == []
    told = endings.Ending(
        "FINISHED", 0.25, {"number": 1}, endings.Winner("0001", "0001 rank=4"), {"0001": {"L1/propagation": 0.5}}
    )
    endings.write(tmp_path, told)
    assert endings.read(tmp_path) == told
    endings.reopen(tmp_path)
    assert endings.read(tmp_path) == replace(told, status="KILLED")
