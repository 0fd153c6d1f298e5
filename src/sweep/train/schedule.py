"""The learning rate of a step, as a share of its peak: the formulas of transformers' schedules under our names."""

from __future__ import annotations

import math

from sweep.train.engine import Plan


def rate(plan: Plan, done: int) -> float:
    """The factor for the optimizer step after `done` finished ones. A warm-up begins at 0, so its first step moves nothing."""
    warm, total = plan.warmup_steps, plan.steps
    match plan.training.schedule:
        case "constant":
            return 1.0
        case _ if done < warm:
            return done / warm
        case "constant_with_warmup":
            return 1.0
        case "linear":
            return max(0.0, (total - done) / max(1, total - warm))
        case "cosine":
            return max(0.0, 0.5 * (1 + math.cos(math.pi * (done - warm) / max(1, total - warm))))
