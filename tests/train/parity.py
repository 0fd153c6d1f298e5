"""Two runs of the same trials side by side: what each trial did, and how far two of them lie apart.

`assert_equal_runs` is the one comparison of `test_parity.py`; `test_parity_controls.py` shows that it can fail.
Method and bounds: a run is the loss of each step and the weights before and after. A bound on every step would not see a small
drift to one side, one on the mean would not see a single step, so there are both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.plans import plan_of

from sweep.model import lora
from sweep.model.base import Base
from sweep.train import packed
from sweep.train.engine import Broken, Engine, EpochEnd, Plan
from sweep.train.packed import Packed
from sweep.train.reference import Reference

Weights = dict[str, tuple[torch.Tensor, torch.Tensor]]  # (A, B) by module


@dataclass(frozen=True)
class Bounds:
    """How far apart two runs may lie."""

    loss: float  # any step, relative
    movement: float  # ||found - expected|| / ||expected - first|| over all A and B
    weight: float = float("inf")  # any single weight, in peak learning rates
    drift: float | None = None  # mean over the steps of the signed loss gap, relative; None: as `loss`


# Clipping acts in every step of the AdamW trials, in some steps of "plain", never in the other two.
TRIALS: dict[str, dict[str, Any]] = {
    "all": {"epochs": 4, "rank": 4, "learning_rate": 3e-3},
    "attention": {
        "epochs": 5, "rank": 16, "targets": "attention", "batch_size": 2, "weight_decay": 0.1, "schedule": "cosine",
        "warmup_ratio": 0.3, "max_grad_norm": 0.3, "seed": 1,
    },
    "head": {
        "epochs": 6, "rank": 8, "targets": "mlp", "layers": "1", "lm_head": True, "batch_size": 3, "accumulation": 2, "seed": 3,
        "lr_ratio_b": 4.0, "rslora": True, "schedule": "constant_with_warmup",
    },
    "plain": {
        "epochs": 4, "rank": 6, "targets": "mlp", "layers": "0", "optimizer": "sgd", "learning_rate": 0.05, "alpha": 3.0,
        "weight_decay": 0.01, "schedule": "constant", "max_grad_norm": 0.25, "seed": 2,
    },
    "free": {
        "epochs": 3, "rank": 3, "targets": ("q_proj", "down_proj"), "optimizer": "sgd", "learning_rate": 0.01,
        "max_grad_norm": 0.0, "seed": 4,
    },
    "out": {
        "epochs": 4, "rank": 2, "targets": "attention", "lm_head": True, "batch_size": 5, "accumulation": 3, "optimizer": "sgd",
        "learning_rate": 0.02, "lr_ratio_b": 2.0, "group_by_length": True, "seed": 5,
    },
}  # fmt: skip
ADAMW, SGD = ("all", "attention", "head"), ("plain", "free", "out")  # by optimizer
# measured: loss 1e-6, drift 4e-7, movement 8e-6, weight 0.003 x lr; nf4 and a CPU's int8 (threshold 0) likewise
TO_REFERENCE = Bounds(loss=2e-5, drift=2e-6, movement=3e-4, weight=0.3)
# measured: loss 1e-6, drift 2e-7, movement 6e-6, weight 0.002 x lr
TO_ITSELF = Bounds(loss=5e-6, drift=1e-6, movement=1e-4, weight=0.1)
# measured: loss 2e-7, drift 4e-8, movement 2e-6
SGD_TO_ITSELF = Bounds(loss=2e-6, drift=5e-7, movement=5e-6, weight=0.1)


# int8 on CUDA rounds the inputs of products to 8 bits: a last bit that differs may change a rounding, the loss by a hundredth.
# Measured on an H100: loss 2e-2, drift 2e-3, movement 2e-2, weight 0.7 x lr.
ROUNDED = Bounds(loss=6e-2, drift=6e-3, movement=7e-2, weight=2.0)


def bounds(name: str) -> Bounds:
    return TO_ITSELF if name in ADAMW else SGD_TO_ITSELF


def rounds(base: Base) -> bool:
    """Its products round their inputs; on a CPU, int8 layers train in full precision."""
    return base.quantization == "int8" and base.device.startswith("cuda")


@dataclass(frozen=True)
class Run:
    """What one trial did."""

    losses: tuple[float, ...]  # nats per answer token, one an optimizer step
    first: Weights
    last: Weights
    rate: float  # peak learning rate
    error: Exception | None = None  # of a trial that broke

    def then(self, later: Run) -> Run:
        """This run and the one that went on from its checkpoint."""
        return replace(later, losses=(*self.losses, *later.losses), first=self.first)


@dataclass(frozen=True)
class Gaps:
    """How far apart two runs lie, in the units of Bounds."""

    loss: float
    drift: float
    movement: float
    weight: float


def gaps(found: Run, expected: Run) -> Gaps:
    """Measure. Runs that differ in steps, modules or first weights have nothing to compare."""
    assert len(found.losses) == len(expected.losses) > 0
    assert found.last.keys() == expected.last.keys()
    assert all(torch.equal(a, b) for a, b in zip(_flat(found.first), _flat(expected.first), strict=True)), "first weights"
    relative = [(a - b) / b for a, b in zip(found.losses, expected.losses, strict=True)]
    apart = [(a - b).norm() for a, b in zip(_flat(found.last), _flat(expected.last), strict=True)]
    moved = [(a - b).norm() for a, b in zip(_flat(expected.first), _flat(expected.last), strict=True)]
    largest = max(float((a - b).abs().max()) for a, b in zip(_flat(found.last), _flat(expected.last), strict=True))
    return Gaps(
        loss=max(abs(gap) for gap in relative),
        drift=abs(sum(relative)) / len(relative),
        movement=float(torch.stack(apart).norm() / torch.stack(moved).norm()),
        weight=largest / expected.rate,
    )


def assert_equal_runs(found: Run, expected: Run, bounds: Bounds) -> None:
    """Both trials broke nowhere and lie within the bounds of each other. NaN is outside every bound."""
    assert found.error is None
    assert expected.error is None
    measured = gaps(found, expected)
    assert measured.loss <= bounds.loss, measured
    assert measured.drift <= (bounds.loss if bounds.drift is None else bounds.drift), measured
    assert measured.movement <= bounds.movement, measured
    assert measured.weight <= bounds.weight, measured


def train(
    engine: Engine,
    plans: Mapping[str, Plan],
    folder: Path,
    *,
    resumed: Collection[str] = (),
    epochs: int | None = None,
    look: Callable[[], None] = lambda: None,
) -> dict[str, Run]:
    """Train these trials as a Worker does: in the order given, the next one as soon as a slot is free. The engine is closed then.

    `resumed`: keys that go on from their checkpoints; `epochs`: stop each trial after so many; `look` is called at every event.
    """
    waiting, running = list(plans), dict[str, list[float]]()
    first: dict[str, Weights] = {}
    done: dict[str, Run] = {}
    while waiting or running:
        while waiting and len(running) < engine.slots:
            key = waiting.pop(0)
            engine.start(key, plans[key], plans[key].checkpoints if key in resumed else None)
            running[key], first[key] = [], weights_of(engine, key, folder)
        for event in engine.advance():
            key, rate = event.key, plans[event.key].training.learning_rate
            if isinstance(event, Broken):
                done[key] = Run(tuple(running.pop(key)), first[key], {}, rate, event.error)
                continue
            running[key] += [loss for _, loss in event.losses]
            look()
            if event.epoch == (epochs or plans[key].training.epochs):
                done[key] = Run(tuple(running.pop(key)), first[key], weights_of(engine, key, folder), rate)
                engine.stop(key)
    engine.close()
    return done


def set_ragged(monkeypatch: pytest.MonkeyPatch, ratio: float) -> None:
    """Trials whose lengths differ by more run in passes of their own, recorded or not."""
    monkeypatch.setattr(packed, "RAGGED", ratio)
    monkeypatch.setattr(packed, "RAGGED_RECORDED", ratio)


def by_reference(base: Base, plan: Plan, folder: Path) -> Run:
    """One trial with the slow engine."""
    return train(Reference(base), {"x": plan}, folder)["x"]


def alone(base: Base, plan: Plan, folder: Path) -> Run:
    """One trial with the packed engine and nobody beside it."""
    return train(Packed(base), {"x": plan}, folder)["x"]


def plans(folder: Path, names: Sequence[str] = tuple(TRIALS), **changes: Any) -> dict[str, Plan]:
    return {name: plan_of(folder / name, **{**TRIALS[name], **changes}) for name in names}


def pack(base: Base, folder: Path, names: Sequence[str] = tuple(TRIALS), **changes: Any) -> dict[str, Run]:
    """These trials in one pack."""
    return train(Packed(base, slots=len(names)), plans(folder, names, **changes), folder)


def weights_of(engine: Engine, key: str, folder: Path) -> Weights:
    """A trial's weights, as it exports them."""
    engine.save(key, folder / "weights")
    return lora.read(folder / "weights")


def epoch_ends(engine: Engine, events: int) -> list[EpochEnd]:
    """Advance until so many epochs have ended."""
    found: list[EpochEnd] = []
    while len(found) < events:
        news = engine.advance()
        assert news, "nothing is left to train"
        assert not any(isinstance(one, Broken) for one in news), news
        found += [one for one in news if isinstance(one, EpochEnd)]
    return found


def _flat(weights: Weights) -> list[torch.Tensor]:
    return [part.float() for name in sorted(weights) for part in weights[name]]
