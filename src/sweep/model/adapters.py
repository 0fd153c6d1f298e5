"""Many LoRA adapters on one frozen base at once: each trial owns its weights, one forward pass serves them all.

A batch is laid out by voice: of its rows, which all have the same length, the first block belongs to adapter 0, the next block
to adapter 1. A linear layer then adds two batched products over all voices at once, never a loop over adapters:

    out_KNO = base(x)_KNO + (x_KND @ down_KRD^T * scale_K) @ up_KRO

Trials of different rank, target modules and layers share the products: what an adapter lacks is zero in the bank's workspace,
and zero it stays, for each gradient there is a product with a zero. Outside the workspace nothing is padded.
A module that no voice targets runs as if the bank were not there. Slow, trusted twin: PEFT, by way of `sweep.model.lora`.

K voices (adapters that run together), N tokens of a voice, D width in, O width out, R rank of the workspace, r a trial's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from sweep.model.adapter import Adapter
from sweep.model.base import DTYPES, Base
from sweep.model.dropout import keep


@dataclass(frozen=True)
class Part:
    """What one module adds for the voices from `first` up to `last`; those outside do not target it."""

    voices: int  # K, of the whole batch
    first: int
    last: int
    down_KRD: Tensor
    up_KRO: Tensor
    scale_K: Tensor
    streams: Streams | None
    module_key: Tensor  # int32, for dropout; no Python number, lest compiled code be made anew for every layer
    fresh: bool  # the frozen layer's output may be written into; bitsandbytes hands out views of its own

    def add(self, x: Tensor, out: Tensor) -> Tensor:
        """`out` plus the adapters' share, written into `out` where that may be."""
        x_KND = x.reshape(self.voices, -1, x.shape[-1])[self.first : self.last]
        x_KND = x_KND.to(self.down_KRD.dtype)
        if self.streams is not None:
            x_KND = keep(x_KND, *self.streams.of(self.first, self.last), self.module_key)
        low_KNR = torch.bmm(x_KND, self.down_KRD.transpose(1, 2))
        low_KNR = (low_KNR * self.scale_K[:, None, None]).to(low_KNR.dtype)  # the factor stays fp32: rsLoRA's is no round number
        if not self.fresh and out.dtype == low_KNR.dtype and self.last - self.first == self.voices:
            return torch.baddbmm(out.view(self.voices, -1, out.shape[-1]), low_KNR, self.up_KRO).view_as(out)
        out = out if self.fresh else out.clone()
        out_KNO = out.view(self.voices, -1, out.shape[-1])[self.first : self.last]
        if out.dtype == low_KNR.dtype:
            out_KNO.baddbmm_(low_KNR, self.up_KRO)
        else:
            out_KNO.add_(torch.bmm(low_KNR, self.up_KRO))
        return out


@dataclass(frozen=True)
class Streams:
    """Random streams of dropout: a key for every token, a rate for every voice."""

    token_keys_KN: Tensor  # int32
    rate_K: Tensor

    def of(self, first: int, last: int) -> tuple[Tensor, Tensor]:
        """The keys and rates of some voices."""
        return self.token_keys_KN[first:last], self.rate_K[first:last]

    def at(self, tokens_KL: Tensor) -> Streams:
        """Those of some tokens of each voice, for a layer that sees these only."""
        return Streams(self.token_keys_KN.gather(1, tokens_KL), self.rate_K)


class PackedLinear(nn.Module):
    """A frozen linear layer that adds the bank's part, if it has one now."""

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        self.base = base
        self.part: Part | None = None

    @property
    def weight(self) -> Any:
        """The frozen weight, which models look at for its dtype."""
        return self.base.weight

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.base(x)
        return out if self.part is None else self.part.add(x, out)


@dataclass
class _Block:
    """Where a module lies in the workspace: `slots` times its down factor, then as often its up factor."""

    width_in: int
    width_out: int
    at_down: int
    at_up: int
    key: Tensor  # dropout's: its number among all layers of the base, the same whatever else is targeted
    linear: PackedLinear


@dataclass
class _Row:
    """Whose weights a place of the workspace holds."""

    adapter: Adapter | None = None
    version: int = -1
    shape: tuple[Any, ...] = ()  # modules with their widths, and the rank, of who is or was here
    weights: list[Tensor] = field(default_factory=list)  # views on the workspace, one for each factor of the adapter
    grads: list[Tensor] = field(default_factory=list)


class Bank:
    """The workspace in which up to `slots` adapters run together, and the layers that read it.

    Weights are copied in when they changed, in the precision of the base's products; gradients come out the same way. So the
    number of voices, not their identity, decides every shape, and trials come and go without touching the model.
    """

    def __init__(self, base: Base, slots: int, wide: bool = False) -> None:
        """`wide`: a module that any voice targets runs over all of them, so that who targets what changes no shape."""
        self.base = base
        self.wide = wide
        self.slots = slots
        self.layout = 0  # counts up when the workspace moves: recorded passes over it are then void
        self.dtype = DTYPES[base.precision]
        self.rank = 0
        self._blocks: dict[str, _Block] = {}
        self._rows = [_Row() for _ in range(slots)]
        self._parts: dict[tuple[str, int, int], tuple[Tensor, Tensor]] = {}
        self._spanned: dict[tuple[frozenset[str], ...], list[tuple[_Block, int, int, Tensor, Tensor]]] = {}
        self._weights = self._grads = torch.empty(0)
        self._scale_S = torch.zeros(slots, device=base.device)

    # ---- layout -------------------------------------------------------------------------------------------------------

    def fit(self, adapter: Adapter) -> None:
        """Make room for an adapter: layers it targets, its rank. Grows the workspace, never shrinks it before `clear`."""
        names = self._blocks.keys() | adapter.sizes.keys()
        if names != self._blocks.keys() or adapter.config.rank > self.rank:
            known, rank = set(self._blocks), self.rank
            try:
                self._lay_out(names, max(rank, adapter.config.rank))
            except RuntimeError:  # no memory for the newcomer: those who run go on
                self._lay_out(known, rank)
                raise

    def clear(self) -> None:
        """Take the bank off the base, which is then as `load` returned it, and free the workspace."""
        self._take_off()
        self._blocks, self._parts, self._spanned, self.rank = {}, {}, {}, 0
        self._rows = [_Row() for _ in range(self.slots)]
        self._weights = self._grads = torch.empty(0)

    def _lay_out(self, names: set[str], rank: int) -> None:
        self._take_off()
        blocks, at = {}, 0
        for number, layer in enumerate(self.base.layers.found):
            if layer.name in names:
                at_up = at + self.slots * rank * layer.width_in
                frozen = self.base.model.get_submodule(layer.name)
                assert not isinstance(frozen, PackedLinear), "another engine is on this base; close it first"
                linear = PackedLinear(frozen)
                key = torch.tensor(number + 1, dtype=torch.int32, device=self.base.device)
                blocks[layer.name] = _Block(layer.width_in, layer.width_out, at, at_up, key, linear)
                at = at_up + self.slots * rank * layer.width_out
        self._weights = self._grads = torch.empty(0)  # free the old before asking for the new
        self._parts, self._spanned, self._rows = {}, {}, [_Row() for _ in range(self.slots)]
        self._weights = torch.zeros(at, device=self.base.device, dtype=self.dtype)
        self._grads = torch.zeros_like(self._weights)
        self._blocks, self.rank = blocks, rank
        self.layout += 1
        for name, block in blocks.items():
            self._set(name, block.linear)

    def _take_off(self) -> None:
        for name, block in self._blocks.items():
            self._set(name, block.linear.base)

    def _set(self, name: str, module: nn.Module) -> None:
        parent, _, leaf = name.rpartition(".")
        setattr(self.base.model.get_submodule(parent), leaf, module)

    # ---- running ------------------------------------------------------------------------------------------------------

    @contextmanager
    def speaking(self, adapters: Sequence[Adapter], streams: Streams | None = None) -> Iterator[None]:
        """Within it, the base's forward pass carries these adapters, one voice each, in this order.

        `streams`: dropout, for training; None runs without.
        """
        self.copy_in(adapters)
        self._route(adapters, streams)
        try:
            yield
        finally:
            for block in self._blocks.values():
                block.linear.part = None

    def copy_in(self, adapters: Sequence[Adapter]) -> None:
        """Bring the workspace up to date with these adapters' weights."""
        assert len(adapters) <= self.slots, f"the bank has {self.slots} slots, got {len(adapters)} adapters"
        with torch.no_grad():
            for at, adapter in enumerate(adapters):
                self._copy_row(at, adapter)

    def release(self, adapter: Adapter) -> None:
        """Let go of an adapter that will not come again, and of its memory; its place is written over by the next."""
        for row in self._rows:
            if row.adapter is adapter:
                row.adapter = None

    def zero_grads(self) -> None:
        """Forget the gradients of the last pass."""
        self._grads.zero_()

    @torch.no_grad()
    def grads_to(self, adapter: Adapter, at: int, add: bool) -> None:
        """Write, or add, the gradients of the voice in place `at` to its adapter's own in fp32."""
        found = self._rows[at].grads
        if add:
            torch._foreach_add_(adapter.grad_views, found)  # asks for no memory: it must not fail for one trial of a pack only
        else:
            torch._foreach_copy_(adapter.grad_views, found)

    def _copy_row(self, at: int, adapter: Adapter) -> None:
        row = self._rows[at]
        if row.adapter is adapter and row.version == adapter.version:
            return
        shape = (tuple(adapter.sizes.items()), adapter.config.rank)
        if row.shape != shape:
            if row.weights:
                torch._foreach_zero_(row.weights)
            row.weights, row.grads = self._views(self._weights, at, adapter), self._views(self._grads, at, adapter)
            row.shape = shape
        torch._foreach_copy_(row.weights, adapter.weight_views)
        self._scale_S[at] = adapter.scale
        row.adapter, row.version = adapter, adapter.version

    def _views(self, workspace: Tensor, at: int, adapter: Adapter) -> list[Tensor]:
        """What an adapter fills of a voice's place; a smaller rank is the beginning of each block, so all are contiguous."""
        rank, found = adapter.config.rank, []
        for name in adapter.sizes:
            block = self._blocks[name]
            for start, width in ((block.at_down, block.width_in), (block.at_up, block.width_out)):
                begin = start + at * self.rank * width
                found.append(workspace[begin : begin + rank * width].view(rank, width))
        return found

    def _route(self, adapters: Sequence[Adapter], streams: Streams | None) -> None:
        for block, first, last, down_KRD, up_KRO in self._spans(adapters):
            fresh = type(block.linear.base) is nn.Linear
            scale_K = self._scale_S[first:last]
            block.linear.part = Part(len(adapters), first, last, down_KRD, up_KRO, scale_K, streams, block.key, fresh)

    def _spans(self, adapters: Sequence[Adapter]) -> list[tuple[_Block, int, int, Tensor, Tensor]]:
        """For each module that any of these targets: the voices from the first that does to the last, and their weights."""
        key = targets(adapters)
        if self.wide:
            key = (frozenset[str]().union(*key),) * len(key)
        if key not in self._spanned:
            found = []
            for name, block in self._blocks.items():
                places = [at for at, modules in enumerate(key) if name in modules]
                if places:
                    first, last = places[0], places[-1] + 1
                    found.append((block, first, last, *self._leaves(name, first, last)))
            self._spanned[key] = found
        return self._spanned[key]

    def _leaves(self, name: str, first: int, last: int) -> tuple[Tensor, Tensor]:
        """Parameters that lie in the workspace, and whose gradients do."""
        key = (name, first, last)
        if key not in self._parts:
            block, rank = self._blocks[name], self.rank
            pair = []
            for start, width in ((block.at_down, block.width_in), (block.at_up, block.width_out)):
                begin, end, shape = start + first * rank * width, start + last * rank * width, (last - first, rank, width)
                leaf = nn.Parameter(self._weights[begin:end].view(shape))
                leaf.grad = self._grads[begin:end].view(shape)
                pair.append(leaf)
            self._parts[key] = (pair[0], pair[1])
        return self._parts[key]


class Voices:
    """The base with some adapters active, to be called like the base: rows in as many equal blocks as there are voices."""

    def __init__(self, bank: Bank, adapters: Sequence[Adapter]) -> None:
        self._bank = bank
        self._adapters = tuple(adapters)

    def __call__(self, **inputs: Any) -> Any:
        """The causal language model's own forward pass."""
        # Blocks compiled for training would be compiled anew for every length of an answer.
        with self._bank.speaking(self._adapters), torch.compiler.set_stance("force_eager"):
            return self._bank.base.model(**inputs)

    @property
    def config(self) -> Any:
        """Of the base."""
        return self._bank.base.model.config

    def parameters(self) -> Iterator[nn.Parameter]:
        """Of the base; they tell the device."""
        return self._bank.base.model.parameters()


def targets(adapters: Sequence[Adapter]) -> tuple[frozenset[str], ...]:
    """The modules of each."""
    return tuple(adapter.modules for adapter in adapters)


def tight(adapters: Sequence[Adapter]) -> list[int]:
    """An order in which adapters with like targets stand together, so that few layers run over voices that do not target them."""
    return sorted(range(len(adapters)), key=lambda at: tuple(adapters[at].sizes))
