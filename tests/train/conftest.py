"""Bases and runs that the tests of this room share. Where there is a GPU, engines run on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.train.parity import TRIALS, Run, alone
from tests.train.plans import plan_of

from sweep.model.base import Base, load


@pytest.fixture
def tiny() -> Base:
    return load("tiny")


@pytest.fixture
def tiny_bf16(tmp_path: Path) -> Base:
    """The same weights, rounded; `tiny` itself is fp32 whatever one asks for."""
    exact: Any = load("tiny", device="cpu")
    exact.model.save_pretrained(tmp_path / "tiny")
    exact.tokenizer.save_pretrained(tmp_path / "tiny")
    return load(str(tmp_path / "tiny"), precision="bf16")


@pytest.fixture(scope="session")
def solo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Every trial with nobody beside it."""
    folder, base = tmp_path_factory.mktemp("solo"), load("tiny")
    return {name: alone(base, plan_of(folder / name, **TRIALS[name]), folder) for name in TRIALS}
