"""Train many trials' adapters at once on one frozen base: one forward and one backward pass serve them all.

Every trial keeps its own rows, order, batch size, epochs, rate, schedule, clipping, accumulation, optimizer state and dropout
(`slot.py`); they share only the products with the frozen weights (`sweep.model.adapters`). A trial's numbers are those it would
have alone, up to rounding. Slow, trusted twin: `sweep.train.reference`; `tests/train/test_parity.py` holds the two together.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from sweep.errors import ModelFault
from sweep.model import lora
from sweep.model.adapters import Bank, Voices, tight
from sweep.model.base import Base
from sweep.model.memory import ran_out
from sweep.train.batch import Drop, Joined, join, stack
from sweep.train.engine import Broken, Diverged, EpochEnd, NoRoom, OnStep, Plan
from sweep.train.forward import Forward
from sweep.train.pace import Pace
from sweep.train.slot import Micro, Slot, open_slot

RAGGED = 1.25  # trials whose sequences differ in length by more than this run in passes of their own: padding would cost more
RAGGED_RECORDED = 2.0  # where launching costs more than computing, so does a second pass
LONG = 120.0  # seconds of training left from which on compiling pays: it costs 30 to 60 and saves a quarter (7B, H100)
TICKS_TO_JUDGE = 8  # steps of everybody after which this is decided
CHECKPOINT_SECONDS = 30.0  # of training that a killed process may lose; on a GPU an epoch may be shorter than writing it down
SHAPE_STEP = 32  # on CUDA, lengths are rounded up to multiples of this, so that few shapes occur


@dataclass(frozen=True)
class _Due:
    """A slot and what it trains on next."""

    slot: Slot
    micro: Micro
    joined: Joined


class Packed:
    """The engine contract with many slots."""

    def __init__(
        self,
        base: Base,
        slots: int = 1,
        on_step: OnStep | None = None,
        say: Callable[[str], None] | None = None,
        adaptive: bool = False,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
        record: bool = True,
    ) -> None:
        """`say` hears what a person should know, such as a pack that was halved for want of memory.

        `adaptive`: the number of trials in one pass follows measured tokens a second. Who runs beside whom then depends on time,
        and the last bits of a loss on that; without it, all that fit run together and a repetition is exact.
        `checkpoint_seconds`: a trial is written down at the first end of an epoch this long after the last time.
        `record`: False keeps passes on CUDA from being recorded, which only a comparison wants.
        """
        self.slots = slots
        self._base = base
        self._cuda = base.device.startswith("cuda")
        self._on_step = on_step
        self._say = say or (lambda line: None)
        self._checkpoint_seconds = checkpoint_seconds
        self._bank = Bank(base, slots, wide=self._cuda)
        self._forward = Forward(base, self._bank, record)
        self._slots: dict[str, Slot] = {}
        self._together = slots  # trials in one pass at most
        self._pace = Pace(slots) if adaptive else None
        self._compiles = adaptive and self._cuda and shutil.which("cc") is not None
        self._ticks = 0
        self._fastest = 0.0  # seconds of a step of everybody

    # ---- the contract -------------------------------------------------------------------------------------------------

    def start(self, key: str, plan: Plan, resume: Path | None = None) -> None:
        """Open a slot with the trial's fresh adapter."""
        assert len(self._slots) < self.slots, f"all {self.slots} slots are taken"
        self._fits_window(plan)
        try:
            self._open(key, plan, resume)
        except NoRoom:
            if self._slots:
                raise
            self.close()  # what earlier trials left recorded and laid out
            self._open(key, plan, resume)

    def _open(self, key: str, plan: Plan, resume: Path | None) -> None:
        layout, failed = self._bank.layout, False
        try:
            slot = open_slot(key, plan, self._base)
            if resume is not None:
                slot.load_state(resume)
            self._bank.fit(slot.adapter)
        except RuntimeError as error:
            if not ran_out(error):
                raise
            failed = True  # handled outside: the exception's frames hold the tensors that must go
        if self._bank.layout != layout or failed:
            self._forward.forget()
        if failed:
            raise NoRoom(
                f"the GPU has no memory for another trial of rank {plan.lora.rank} beside {len(self._slots)} running ones"
            )
        self._slots[key] = slot

    def advance(self) -> list[EpochEnd | Broken]:
        """Train all trials in step until one or more end an epoch. Those that go on from a checkpoint are at such an end."""
        if told := [end for slot in self._slots.values() if (end := slot.end_epoch()) is not None]:
            return [*told]
        while due := [slot for slot in self._slots.values() if not slot.ended]:
            if events := self._tick(due):
                return events
        return []

    def adapted(self, *keys: str) -> Any:
        """The base with these trials' adapters: a batch is laid out in as many equal blocks of rows as there are keys."""
        return Voices(self._bank, [self._slots[key].adapter for key in keys])

    def save(self, key: str, folder: Path) -> None:
        """Write the adapter in PEFT format."""
        adapter = self._slots[key].adapter
        lora.write(folder, self._base, adapter.config, adapter.read())

    def load(self, key: str, folder: Path) -> None:
        """Set the adapter's weights from a folder in PEFT format."""
        self._slots[key].adapter.write(lora.read(folder))

    def stop(self, key: str) -> None:
        """Drop the slot. What was recorded and compiled stays for the next trial; without a trial, the base speaks as it was."""
        self._bank.release(self._slots.pop(key).adapter)

    def close(self) -> None:
        """Leave the base as it was."""
        assert not self._slots, f"{', '.join(self._slots)} still in their slots"
        self._forward.close()
        self._bank.clear()

    def compile(self) -> None:
        """Compile the base's blocks now, as the engine does by itself where much training is left."""
        self._forward.compile()
        if self._pace is not None:
            self._pace.forget()

    def _fits_window(self, plan: Plan) -> None:
        """A window that slides over long rows is not drawn in a joined pass; raises ModelFault for rows longer than it."""
        config: Any = self._base.model.config
        window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
        longest = max(len(row.input_ids) for row in plan.rows)
        if window is not None and longest > window:
            raise ModelFault(
                f"training.max_length: a row has {longest} tokens, but the attention of {self._base.source} sees {window} at a "
                f"time, which packed trials cannot follow; type training.max_length={window} or training.engine=reference"
            )

    # ---- one step of everybody ----------------------------------------------------------------------------------------

    def _tick(self, slots: Sequence[Slot]) -> list[EpochEnd | Broken]:
        """One micro-batch of each of these slots."""
        joined: dict[tuple[Any, ...], Joined] = {}  # trials of one seed read the same rows at the same time
        due = []
        for slot in slots:
            micro, share = slot.next_micro(), slot.plan.lora.dropout == 0
            key = (id(slot.plan.rows), micro.rows, share)
            if key not in joined:
                joined[key] = join(slot.plan.rows, micro.rows, share)
            due.append(_Due(slot, micro, joined[key]))
        events: list[EpochEnd | Broken] = []
        started = time.perf_counter()
        for group in self._groups(due):
            begun = time.perf_counter()
            events += self._train(group)
            if self._pace is not None and not self._forward.records:
                self._pace.took(len(group), sum(len(one.joined.ids_N) for one in group), time.perf_counter() - begun)
        self._maybe_compile(slots, time.perf_counter() - started)
        return events

    def _maybe_compile(self, slots: Sequence[Slot], seconds: float) -> None:
        """On a GPU, compile the model once it is clear that what is left takes long; a short training would lose by it."""
        self._ticks += 1
        self._fastest = min(seconds, self._fastest) if self._ticks > 1 else seconds
        left = self._fastest * max(slot.plan.steps - slot.step for slot in slots)
        worth = self._ticks >= TICKS_TO_JUDGE and left > LONG
        if self._compiles and worth and not self._forward.records and not self._forward.compiled:
            self._say("compiling the model for the rest of this training; the next steps take up to a minute")
            self.compile()

    def _groups(self, due: Sequence[_Due]) -> list[list[_Due]]:
        """Slots that run together: of like length, at most as many as fit."""
        records = self._forward.records  # such passes take about as long for many trials as for one: no pace to measure
        together = self._together if self._pace is None or records else self._pace.size(len(due))
        ragged = RAGGED_RECORDED if records else RAGGED
        by_length = sorted(due, key=lambda one: len(one.joined.ids_N))
        groups: list[list[_Due]] = []
        for one in by_length:
            shortest = len(groups[-1][0].joined.ids_N) if groups else 0
            if groups and len(groups[-1]) < together and len(one.joined.ids_N) <= ragged * shortest:
                groups[-1].append(one)
            else:
                groups.append([one])
        return [[group[at] for at in tight([one.slot.adapter for one in group])] for group in groups]

    def _train(self, group: list[_Due]) -> list[EpochEnd | Broken]:
        """Forward, backward and update of one group. Where that fails, each half of the group runs by itself, so that a trial
        fails alone and memory that ran out costs none; nothing is lost, because gradients are handed out after the whole pass."""
        error: Exception | None = None
        try:
            losses_K = self._pass(group)
        except Exception as found:
            error = found.with_traceback(None) if ran_out(found) else found  # its frames hold the tensors that must go
        if error is None:
            return self._learn(group, losses_K)
        half = len(group) // 2
        if ran_out(error):
            self._forward.forget()
            if half > 0:
                self._limit(half, len(group))
        if half == 0:
            self.stop(group[0].slot.key)
            return [Broken(group[0].slot.key, error)]
        del error
        return [*self._train(group[:half]), *self._train(group[half:])]

    def _limit(self, most: int, tried: int) -> None:
        """Never more than this many trials in a pass again."""
        self._together = min(self._together, most)
        if self._pace is not None:
            self._pace.limit(most)
        self._say(f"the GPU has no memory for {tried} trials in one pass; going on with {most}, no trial is lost")

    def _pass(self, group: Sequence[_Due]) -> Tensor:
        """The loss of each trial's micro-batch; its gradients are then in the bank."""
        adapters = [one.slot.adapter for one in group]
        drops = [Drop(one.slot.plan.lora.dropout, one.slot.plan.seed, one.slot.epoch) for one in group]
        counts = [one.micro.window_labels for one in group]
        step = SHAPE_STEP if self._cuda else 1
        return self._forward.train(adapters, stack([one.joined for one in group], counts, drops, self._base.device, step))

    def _learn(self, group: Sequence[_Due], losses_K: Tensor) -> list[EpochEnd | Broken]:
        """Let every slot use its gradients, then read the losses: the device does not wait while updates are launched."""
        for at, one in enumerate(group):
            self._bank.grads_to(one.slot.adapter, at, add=not one.micro.opens)
            one.slot.learn(one.micro)
        losses = losses_K.tolist()[: len(group)]  # a recorded pass may have had room for more
        found = (self._note(one, loss) for one, loss in zip(group, losses, strict=True))
        return [event for event in found if event is not None]

    def _note(self, one: _Due, loss: float) -> EpochEnd | Broken | None:
        """Hear a slot's loss; an epoch's end is checkpointed."""
        slot = one.slot
        try:
            learned = slot.note(loss, one.micro)
        except Diverged as error:
            self.stop(slot.key)
            return Broken(slot.key, error)
        if learned is not None and self._on_step is not None:
            self._on_step(slot.key, slot.step, slot.plan.steps, learned)
        end = slot.end_epoch()
        if end is not None and time.monotonic() - slot.saved >= self._checkpoint_seconds:
            slot.save_state(slot.plan.checkpoints, end)
        return end
