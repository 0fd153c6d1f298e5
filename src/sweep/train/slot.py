"""One trial inside the packed engine: its adapter, optimizer, schedule, order of rows and place in the epoch.

Nothing here knows of other trials. A slot that is freed is dropped with all it holds; a new trial gets a new one.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from sweep.model.adapter import Adapter
from sweep.model.base import Base
from sweep.train.engine import Diverged, EpochEnd, Plan
from sweep.train.order import epoch_order
from sweep.train.schedule import rate

STATE = "state.pt"
BETAS, EPS = (0.9, 0.999), 1e-8  # transformers' defaults


@dataclass(frozen=True)
class Micro:
    """What a slot trains on next: some rows, the labels of the whole accumulation window, and whether the window ends here."""

    rows: tuple[int, ...]
    window_labels: int
    opens: bool
    closes: bool


@dataclass
class Slot:
    """A running trial. `step` counts optimizer steps, `micro` micro-batches within the epoch."""

    key: str
    plan: Plan
    adapter: Adapter
    optimizer: torch.optim.Optimizer
    step: int = 0
    micro: int = 0
    saved: float = field(default_factory=time.monotonic)  # when it was last written down, or opened
    losses: list[tuple[int, float]] = field(default_factory=list)  # of this epoch, or of one whose end is still to be told
    _window_loss: float = 0.0
    _labels: tuple[int, ...] = ()  # of each row
    _order: tuple[int, list[int]] = (-1, [])  # (epoch, its order of rows)

    def __post_init__(self) -> None:
        self._labels = tuple(sum(row.completion_mask[1:]) for row in self.plan.rows)

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return self.step // self.plan.steps_per_epoch

    @property
    def ended(self) -> bool:
        """All epochs are trained."""
        return self.step >= self.plan.steps

    def next_micro(self) -> Micro:
        """The micro-batch that is due."""
        training = self.plan.training
        batch, window = self._rows_of(self.micro), self.micro - self.micro % training.accumulation
        members = [row for at in range(window, window + training.accumulation) for row in self._rows_of(at)]
        labels = sum(self._labels[row] for row in members)
        last = self.micro == window + training.accumulation - 1 or not self._rows_of(self.micro + 1)
        return Micro(tuple(batch), labels, self.micro == window, last)

    def learn(self, micro: Micro) -> None:
        """Take note of a micro-batch whose gradients are in place; at the window's end, make the optimizer step."""
        self.micro += 1
        if micro.closes:
            self._update()

    def note(self, loss: float, micro: Micro) -> float | None:
        """Take note of that micro-batch's share of the loss, which is known later than its gradients.

        Gives the loss of the optimizer step that ended, in nats per answer token. Raises: Diverged where it is not finite.
        """
        self._window_loss = loss if micro.opens else self._window_loss + loss
        if not micro.closes:
            return None
        if not math.isfinite(self._window_loss):
            raise Diverged(f"the training loss is {self._window_loss} at optimizer step {self.step} of {self.plan.steps}")
        self.losses.append((self.step, self._window_loss))
        return self._window_loss

    def end_epoch(self) -> EpochEnd | None:
        """The event, if an epoch has just ended; the next call is for the next epoch."""
        if self.step % self.plan.steps_per_epoch or not self.losses:
            return None
        end = EpochEnd(self.key, self.epoch, tuple(self.losses))
        self.losses, self.micro = [], 0
        return end

    # ---- checkpoints --------------------------------------------------------------------------------------------------

    def save_state(self, folder: Path, end: EpochEnd) -> None:
        """Write everything a finished epoch leaves, atomically; its end too, lest the process die before that is measured."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            "step": self.step,
            "losses": list(end.losses),
            "weights": [flat.detach() for flat in self.adapter.parameters],
            "optimizer": self.optimizer.state_dict(),
            "shape": _shape(self.adapter),
        }
        torch.save(state, folder / f"{STATE}.part")
        (folder / f"{STATE}.part").replace(folder / STATE)
        self.saved = time.monotonic()

    def load_state(self, folder: Path) -> None:
        """Go on from what `save_state` wrote: `end_epoch` tells the same end again.

        Raises: FileNotFoundError for no checkpoint, ValueError for another's.
        """
        if not (folder / STATE).is_file():
            raise FileNotFoundError(f"{folder}: holds no checkpoint to go on from")
        state: dict[str, Any] = torch.load(folder / STATE, map_location=self.adapter.down.device, weights_only=True)
        if "losses" not in state:
            raise FileNotFoundError(f"{folder}: holds a checkpoint of an older version, from which nobody can go on")
        if state["shape"] != _shape(self.adapter):
            raise ValueError(f"{folder}: holds the checkpoint of a trial with other targets or another rank")
        with torch.no_grad():
            for flat, saved in zip(self.adapter.parameters, state["weights"], strict=True):
                flat.copy_(saved)
        self.adapter.changed()
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.losses = state["step"], [(step, loss) for step, loss in state["losses"]]

    # ---- steps --------------------------------------------------------------------------------------------------------

    def _rows_of(self, micro: int) -> list[int]:
        """Row numbers of a micro-batch of this epoch; none behind its end."""
        training, rows = self.plan.training, self.plan.rows
        epoch = self.step // self.plan.steps_per_epoch
        if self._order[0] != epoch:
            lengths = [len(row.input_ids) for row in rows] if training.group_by_length else None
            step_rows = training.batch_size * training.accumulation
            self._order = (epoch, epoch_order(len(rows), self.plan.seed, epoch, lengths, step_rows))
        return self._order[1][micro * training.batch_size :][: training.batch_size]

    def _update(self) -> None:
        """Clip by this trial's own norm, then step at this trial's own rate."""
        training = self.plan.training
        if training.max_grad_norm > 0:
            torch.nn.utils.clip_grad_norm_(self.adapter.parameters, training.max_grad_norm)
        factor = rate(self.plan, self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        self.optimizer.step()
        self.adapter.changed()
        self.step += 1


def open_slot(key: str, plan: Plan, base: Base) -> Slot:
    """A slot with a fresh adapter. LoRA+ (arXiv:2402.12354): B learns `lr_ratio_b` times as fast as A."""
    adapter = Adapter(base, plan.modules, plan.lora, plan.seed)
    training = plan.training
    peaks = (training.learning_rate, training.learning_rate * plan.lora.lr_ratio_b)
    groups: list[dict[str, Any]] = [
        {"params": [flat], "lr": peak, "peak": peak} for flat, peak in zip(adapter.parameters, peaks, strict=True)
    ]
    optimizer: torch.optim.Optimizer
    if training.optimizer == "sgd":
        optimizer = torch.optim.SGD(groups, weight_decay=training.weight_decay, fused=True)
    else:
        assert training.optimizer == "adamw", f"the packed engine has no {training.optimizer}; demands.read refuses it"
        optimizer = torch.optim.AdamW(groups, weight_decay=training.weight_decay, betas=BETAS, eps=EPS, fused=True)
        for flat in adapter.parameters:  # as its first step would; now, so that a trial that does not fit is noticed
            moments = {"exp_avg": torch.zeros_like(flat), "exp_avg_sq": torch.zeros_like(flat)}
            optimizer.state[flat] = {"step": torch.zeros((), device=flat.device), **moments}
    return Slot(key, plan, adapter, optimizer)


def _shape(adapter: Adapter) -> str:
    """What a checkpoint's tensors must agree in."""
    return json.dumps([adapter.config.rank, list(adapter.sizes.items())])
