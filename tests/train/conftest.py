"""What the parity tests share."""

from __future__ import annotations

import pytest
from tests.train.parity import TRIALS, Run, alone
from tests.train.plans import plan_of

from sweep.model.base import Base, load


@pytest.fixture
def tiny() -> Base:
    return load("tiny", device="cpu")


@pytest.fixture(scope="session")
def solo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Every trial with nobody beside it."""
    folder, base = tmp_path_factory.mktemp("solo"), load("tiny", device="cpu")
    return {name: alone(base, plan_of(folder / name, **TRIALS[name]), folder) for name in TRIALS}
