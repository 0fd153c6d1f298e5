"""The packed engine: its contract with one slot and with several."""

from __future__ import annotations

import pytest
from tests.train.contract import EngineContract

from sweep.model.base import Base, load
from sweep.train.packed import Packed


@pytest.fixture
def tiny() -> Base:
    return load("tiny", device="cpu")


class TestOneSlot(EngineContract):
    make = staticmethod(lambda base: Packed(base, checkpoint_seconds=0))


class TestThreeSlots(EngineContract):
    make = staticmethod(lambda base: Packed(base, slots=3, checkpoint_seconds=0))
