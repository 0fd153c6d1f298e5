"""Workers in this process: one, on the device at hand."""

from __future__ import annotations

from sweep.evaluate.exam import OnPhase
from sweep.train.engine import OnStep
from sweep.worker import Worker


def workers(on_step: OnStep | None = None, on_phase: OnPhase | None = None) -> list[Worker]:
    """One Worker, which loads its base with its first trial."""
    return [Worker(on_step, on_phase)]
