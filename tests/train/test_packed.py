"""The packed engine: its contract with one slot and with several."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from tests.train.contract import EngineContract
from tests.train.plans import plan_of

from sweep.model.base import Base
from sweep.train.packed import Packed


class TestOneSlot(EngineContract):
    make = staticmethod(lambda base: Packed(base, checkpoint_seconds=0))


class TestThreeSlots(EngineContract):
    make = staticmethod(lambda base: Packed(base, slots=3, checkpoint_seconds=0))


def test_a_stopped_trial_leaves_its_place_and_no_memory(tiny: Base, tmp_path: Path) -> None:
    """What was laid out stays for the next trial; the adapter, its gradients and its optimizer go."""
    engine = Packed(tiny)
    engine.start("a", plan_of(tmp_path / "a", epochs=1))
    engine.advance()
    adapter, layout = weakref.ref(engine._slots["a"].adapter), engine._bank.layout
    engine.stop("a")
    gc.collect()
    assert adapter() is None
    engine.start("b", plan_of(tmp_path / "b", epochs=1))
    assert engine._bank.layout == layout
