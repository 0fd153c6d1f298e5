"""The packed engine: its contract with one slot and with several."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import torch
from tests.train.contract import EngineContract
from tests.train.plans import plan_of

from sweep.model.base import Base
from sweep.train.packed import Packed
from sweep.train.slot import STATE


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


def test_a_checkpoint_that_does_not_tell_its_epochs_end_is_none(tiny: Base, tmp_path: Path) -> None:
    """Older versions wrote such; of the last epoch nothing would ever be told."""
    engine, plan = Packed(tiny, checkpoint_seconds=0), plan_of(tmp_path, epochs=1)
    engine.start("a", plan)
    engine.advance()
    engine.stop("a")
    state = torch.load(plan.checkpoints / STATE, weights_only=True)
    del state["losses"]
    torch.save(state, plan.checkpoints / STATE)
    with pytest.raises(FileNotFoundError, match="of an older version"):
        engine.start("a", plan, resume=plan.checkpoints)
