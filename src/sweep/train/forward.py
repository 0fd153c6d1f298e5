"""One pass of K trials through the base: logits where labels are, each trial's own mean loss, gradients into the bank.

K trials, N tokens of a trial, L labels, D width, V vocabulary.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sweep.data.tokens import IGNORED, TokenRow
from sweep.errors import ModelFault
from sweep.model.adapter import Adapter
from sweep.model.adapters import Bank, PackedLinear, targets
from sweep.model.attention import kernels
from sweep.model.base import Base
from sweep.model.memory import allowed_bytes, ran_out
from sweep.model.recording import Unrecordable
from sweep.train.batch import Batch, Drop, join, stack
from sweep.train.recorded import Recorded

log = logging.getLogger(__name__)

EAGER_PASSES = 2  # of a shape before it is recorded, which takes as long as a few of them
SHARE_TO_RECORD = 0.25  # of the device's memory that a pass may take and still be recorded


class Forward:
    """Runs batches through one base with one bank."""

    def __init__(self, base: Base, bank: Bank, record: bool = True) -> None:
        """`record`: on CUDA, record the passes of a small model.

        Raises: ModelFault for a model that cannot compute joined rows as if each stood alone.
        """
        self._base = base
        self._bank = bank
        self._cuda = base.device.startswith("cuda")
        self.records = self._cuda and record  # passes are recorded: for a model so small that launching costs more than computing
        self._passes: dict[Any, list[Recorded]] = {}
        self._seen: Counter[Any] = Counter()  # unrecorded passes, by what would be recorded and their shape
        self._pool: Any = None
        _prove(base)

    def train(self, adapters: Sequence[Adapter], batch: Batch) -> Tensor:
        """Each trial's share of its window's loss in nats per answer token, [K]; gradients are left in the bank."""
        recorded = self._recorded(adapters, batch) if self.records else None
        if recorded is not None:
            self._bank.copy_in(adapters)
            return recorded.replay(batch)
        judging = self.records
        held = _allocated(self._base.device) if judging else 0
        with self._bank.speaking(adapters, batch.streams):
            losses_K = self._step(batch)
        if judging:
            taken = torch.cuda.max_memory_allocated(self._base.device) - held
            self.records = taken <= SHARE_TO_RECORD * allowed_bytes(self._base.device)
        return losses_K

    @property
    def compiled(self) -> bool:
        """The base's blocks are compiled."""
        return any(block._compiled_call_impl is not None for block in self._base.layers.blocks(self._base.model))

    def compile(self) -> None:
        """Fuse the elementwise work of each block by torch.compile; takes half a minute or more at the next pass."""
        self.forget()
        for block in self._base.layers.blocks(self._base.model):
            block.compile()

    def forget(self) -> None:
        """Give recorded passes and cached memory back to the device."""
        self._passes.clear()
        self._seen.clear()
        self._pool = None
        if self._cuda:
            torch.cuda.empty_cache()

    def close(self) -> None:
        """Leave nothing on the base."""
        self.forget()
        for block in self._base.layers.blocks(self._base.model):
            block._compiled_call_impl = None

    def _recorded(self, adapters: Sequence[Adapter], batch: Batch) -> Recorded | None:
        """A recorded pass into which the batch fits, or a new one; none for a shape that is rare, or where memory is short."""
        modules = frozenset[str]().union(*targets(adapters))
        kind = (batch.streams is not None, modules, self._bank.layout)
        passes = self._passes.setdefault(kind, [])
        fitting = [one for one in passes if one.takes(batch)]
        if fitting:
            return min(fitting, key=lambda one: one.size)
        self._seen[kind, batch.shape] += 1
        if self._seen[kind, batch.shape] <= EAGER_PASSES:
            return None
        held = batch.copied()
        with self._bank.speaking(adapters, held.streams):
            try:
                passes.append(Recorded(held, lambda: self._step(held), self._pool))
            except Unrecordable as error:
                log.info("training goes on unrecorded: %s", error)
                self.records = False
                return None
        self._pool = passes[-1].pool
        return passes[-1]

    def _step(self, batch: Batch) -> Tensor:
        self._bank.zero_grads()
        attending = kernels() if self.records else nullcontext()  # a large model's step is long beside a plan, and gains by it
        with _learning(self._base), _only_at(self._base.model, batch.sources_KL), attending:
            logits_KLV = self._base.model(
                input_ids=batch.ids_KN,
                position_ids=batch.positions_KN,
                attention_mask=_mask(self._base, batch.seen_K1NN),
                use_cache=False,
            ).logits
        flat = logits_KLV.float().flatten(0, 1)  # in two dimensions: the kernel for three is ten times slower
        nll_KL = cross_entropy(flat, batch.labels_KL.flatten(), reduction="none", ignore_index=IGNORED).view_as(batch.labels_KL)
        loss_K = nll_KL.sum(1) / batch.counts_K
        # A trial whose loss is NaN reaches nobody else: the sum's gradient is 1 for each.
        loss_K.sum().backward()  # type: ignore[no-untyped-call]
        return loss_K.detach()


@contextmanager
def _learning(base: Base) -> Iterator[None]:
    """Within it, quantised layers know that they train: on a CPU, bitsandbytes then takes products that pass gradients on exactly
    (int8 without rounding x; nf4 not repacked for inference), as it does for the slow twin. Nothing else heeds the switch."""
    layers = [base.model.get_submodule(layer.name) for layer in base.layers.found] if base.quantization != "none" else []
    for layer in layers:
        layer.train()
    try:
        yield
    finally:
        for layer in layers:
            layer.eval()


@contextmanager
def _only_at(model: Any, sources_KL: Tensor) -> Iterator[None]:
    """Within it, the output layer sees the hidden states that predict a label, and no others."""

    def select(_: Any, inputs: tuple[Tensor, ...]) -> Tensor:
        hidden_KND = inputs[0]
        return hidden_KND.gather(1, sources_KL[:, :, None].expand(-1, -1, hidden_KND.shape[-1]))

    head = model.get_output_embeddings()
    part = head.part if isinstance(head, PackedLinear) else None
    if part is not None and part.streams is not None:
        head.part = replace(part, streams=part.streams.at(sources_KL))
    hook = head.register_forward_pre_hook(select)
    try:
        yield
    finally:
        hook.remove()
        if part is not None:
            head.part = part


def _allocated(device: str) -> int:
    """Bytes that are allocated now; from here on the peak is counted anew."""
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_allocated(device)


def _mask(base: Base, seen_K1NN: Tensor) -> Tensor:
    """Attention written out in PyTorch adds its mask to the scores; the fused kernels take a boolean one."""
    config: Any = base.model.config
    if config._attn_implementation != "eager":
        return seen_K1NN
    least = torch.finfo(torch.float32).min
    return torch.where(seen_K1NN, 0.0, least)


@torch.no_grad()
def _prove(base: Base) -> None:
    """Two rows with one beginning, joined and alone, must give the same logits: the model heeds positions and mask."""
    try:
        error = _difference(base)
    except Exception as raised:
        if ran_out(raised):
            raise
        raise ModelFault(
            f"model.source: {base.source} cannot compute rows that share a pass ({type(raised).__name__}: {raised}), so trials "
            "cannot be packed; type training.engine=reference"
        ) from raised
    if not error < (1e-3 if base.precision == "fp32" and base.quantization == "none" else 5e-2):
        raise ModelFault(
            f"model.source: {base.source} computes rows that share a pass differently from rows alone (relative difference "
            f"{error:.2g}), so trials cannot be packed; type training.engine=reference"
        )


def _difference(base: Base) -> float:
    """Between logits of rows joined and alone, relative."""
    last = min(int(base.model.get_input_embeddings().weight.shape[0]), 200) - 1  # type: ignore[operator]
    rows = [TokenRow(tuple(ids), (0, 1, 1, 1, 1, 1)) for ids in ([5, 6, 7, last, 9, 3], [5, 6, 8, 11, last, 4])]
    batch = stack([join(rows, (0, 1), share=True)], [10], [Drop(0.0, 0, 0)], base.device)
    model: Any = base.model
    inputs = {"position_ids": batch.positions_KN, "attention_mask": _mask(base, batch.seen_K1NN), "use_cache": False}
    with _learning(base):
        with _only_at(model, batch.sources_KL):
            joined_LV = model(input_ids=batch.ids_KN, **inputs).logits[0].float()
        ids_BT = torch.tensor([row.input_ids for row in rows], device=base.device)
        alone_LV = model(input_ids=ids_BT, use_cache=False).logits[:, :-1].float().flatten(0, 1)
    return float((joined_LV - alone_LV).norm() / alone_LV.norm())
