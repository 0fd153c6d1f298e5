"""Learning rates: ours are those of transformers, step by step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import torch
from tests.train.plans import plan_of
from transformers import get_scheduler

from sweep.config import TrainingConfig
from sweep.train.engine import Plan
from sweep.train.schedule import rate

SCHEDULES = get_args(get_type_hints(TrainingConfig)["schedule"])


def theirs(plan: Plan) -> list[float]:
    """What transformers multiplies the peak rate with before each step."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    found = get_scheduler(plan.training.schedule, optimizer, num_warmup_steps=plan.warmup_steps, num_training_steps=plan.steps)
    rates = []
    for _ in range(plan.steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        found.step()
    return rates


def test_there_are_four() -> None:
    assert sorted(SCHEDULES) == ["constant", "constant_with_warmup", "cosine", "linear"]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup_ratio", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("epochs", [1, 7])
def test_every_step_has_the_rate_of_transformers(schedule: str, warmup_ratio: float, epochs: int, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, epochs=epochs, schedule=schedule, warmup_ratio=warmup_ratio, batch_size=2)
    assert [rate(plan, done) for done in range(plan.steps)] == pytest.approx(theirs(plan), abs=1e-12)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_trial_of_one_step(schedule: str, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, epochs=1, schedule=schedule, batch_size=64)
    assert plan.steps == 1
    assert [rate(plan, 0)] == theirs(plan)


def test_the_comparison_sees_another_warm_up(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, epochs=3, schedule="linear", warmup_ratio=0.2)
    other = replace(plan, training=replace(plan.training, warmup_ratio=0.4))
    assert [rate(plan, done) for done in range(plan.steps)] != pytest.approx(theirs(other), abs=1e-3)
