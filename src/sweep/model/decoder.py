"""Rows that are continued together, one token a step, by any causal language model of transformers.

The prompts are read in one pass. Then each step reads one token a row and writes its keys and values into tensors which are as
long as the longest answer may get and do not move: nothing is copied from step to step, and on CUDA a step is recorded as a
graph, because launching a small model's kernels takes ten times longer than running them. A model whose cache is of another
kind (a window that slides, a state) grows it as transformers does.

N rows, T tokens of a row (prompt, padding on the left, and what was said), H heads, D width of a head.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import pad

from sweep.model.attention import kernels
from sweep.model.base_cache import Filled, fix, holds_all
from sweep.model.recording import Unrecordable, record

SHRINK = 7 / 8  # dropping rows pays when at most this share goes on: it copies the cache
SHRINK_RECORDED = 1 / 4  # then a step must also be recorded anew
LEAST_STEPS = 6  # still to come, for a recording to pay
ALIGNED = 16  # on CUDA, T is a multiple of it: fused attention would pad its mask in every layer

log = logging.getLogger(__name__)


class Steps(Protocol):
    """Rows in work, after their prompts were read."""

    shrink: float  # rows are better dropped when at most this share of them goes on

    def step(self, tokens_N: Tensor) -> Tensor:
        """Append a token to each row; the token that follows it by the greedy rule, [N], which the next step may overwrite."""
        ...

    def keep(self, kept_N: Tensor) -> None:
        """Go on with these rows only."""
        ...


def begin(model: Any, prompts: Sequence[Sequence[int]], filler: int, steps: int) -> tuple[Tensor, Steps]:
    """Read token ids of prompts, one a row: the first token that each row says, [N], and the rows to go on with.

    `filler` pads on the left, masked. `steps`: how many tokens will be appended at most.
    """
    ids_NT, mask_NT, position_NT = _padded(prompts, filler, device_of(model))
    width = ids_NT.shape[1]
    with kernels():
        out = _call(model, ids_NT, mask_NT, position_NT, None)
    first_N, cache = out.logits[:, -1].argmax(-1), out.past_key_values
    del out
    if holds_all(cache, width, width + steps) and not _placed_by_mask(model):
        return first_N, Fixed(model, mask_NT, position_NT[:, -1:], cache, steps, whole=mask_NT.is_cuda)
    return first_N, Growing(model, mask_NT, position_NT[:, -1:], cache)


def continuations(model: Any, rows: Sequence[tuple[Sequence[int], Sequence[int]]], filler: int) -> Tensor:
    """Logits at the last tokens of rows, prompt and continuation, in one pass: [N, L + 1, V], of L tokens of the longest
    continuation. Those at a row's last token but one foretell the last one.
    """
    keep = max(len(said) for _, said in rows) + 1
    ids_NT, mask_NT, position_NT = _padded([[*prompt, *said] for prompt, said in rows], filler, device_of(model))
    with kernels():
        logits_NLV: Tensor = _call(model, ids_NT, mask_NT, position_NT, None, keep=keep, grows=False).logits
    return logits_NLV


def _padded(rows: Sequence[Sequence[int]], filler: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Token ids, mask and positions, [N, T] each, padded on the left."""
    width = max(len(row) for row in rows)
    ids_NT = torch.tensor([[filler] * (width - len(row)) + list(row) for row in rows], device=device)
    mask_NT = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids_NT, mask_NT, (mask_NT.cumsum(1) - 1).clamp(min=0)


def device_of(model: Any) -> torch.device:
    """Where the model's first parameter lies, and its inputs must."""
    return torch.device(next(iter(model.parameters())).device)


class Growing:
    """The cache grows as the model lets it."""

    shrink = SHRINK

    def __init__(self, model: Any, mask_NT: Tensor, position_N1: Tensor, cache: Any) -> None:
        self._model, self._cache = model, cache
        self._mask_NT, self._position_N1 = mask_NT, position_N1

    def step(self, tokens_N: Tensor) -> Tensor:
        self._mask_NT, self._position_N1 = pad(self._mask_NT, (0, 1), value=1), self._position_N1 + 1
        with kernels():
            out = _call(self._model, tokens_N[:, None], self._mask_NT, self._position_N1, self._cache)
        self._cache = out.past_key_values
        next_N: Tensor = out.logits[:, -1].argmax(-1)
        return next_N

    def keep(self, kept_N: Tensor) -> None:
        self._cache.reorder_cache(kept_N)
        self._mask_NT, self._position_N1 = self._mask_NT[kept_N], self._position_N1[kept_N]


class Fixed:
    """The cache lies in tensors of full length."""

    def __init__(self, model: Any, mask_NT: Tensor, position_N1: Tensor, cache: Any, steps: int, whole: bool) -> None:
        """`whole`: a step computes over the full length, masked, as a recording must; else over what is filled."""
        self._model, self._cache, self._left = model, cache, steps
        rows, width = mask_NT.shape
        length = -(-(width + steps) // ALIGNED) * ALIGNED if whole else width + steps
        self._filled = Filled(width, whole, mask_NT.device)
        dtype = cache.layers[0].keys.dtype
        self._mask_N11T = torch.full((rows, 1, 1, length), torch.finfo(dtype).min, dtype=dtype, device=mask_NT.device)
        self._mask_N11T[:, 0, 0, :width].masked_fill_(mask_NT.bool(), 0)
        self._position_N1 = position_N1.clone()
        self._tokens_N1 = torch.zeros_like(position_N1)
        self._next_N = self._tokens_N1[:, 0]
        fix(cache, length, self._filled)
        self._graph: Any = None
        self._records, self._warm = whole and mask_NT.is_cuda, False
        self.shrink = SHRINK_RECORDED if self._records else SHRINK

    def step(self, tokens_N: Tensor) -> Tensor:
        self._tokens_N1.copy_(tokens_N[:, None])
        if self._graph is None and self._records and self._warm and self._left >= LEAST_STEPS:
            self._record()
        if self._graph is not None:
            self._graph.replay()
        else:
            self._advance()
        self._warm = True
        self._left -= 1
        return self._next_N

    def keep(self, kept_N: Tensor) -> None:
        self._graph = None
        self._mask_N11T, self._position_N1 = self._mask_N11T[kept_N], self._position_N1[kept_N]
        self._tokens_N1 = self._tokens_N1[kept_N]
        for layer in self._cache.layers:
            layer.keep(kept_N)

    def _advance(self) -> None:
        """One step on the tensors in place; what a recording repeats."""
        self._filled.grow()
        self._position_N1.add_(1)
        self._mask_N11T.index_fill_(3, self._filled.last_1, 0)
        with kernels():
            out = _call(self._model, self._tokens_N1, self._filled.of(self._mask_N11T, 3), self._position_N1, self._cache)
        self._next_N = out.logits[:, -1].argmax(-1)

    def _record(self) -> None:
        try:
            self._graph, _ = record(self._advance)
        except Unrecordable as error:
            log.info("answers go on unrecorded: %s", error)
            self._records = False


def _placed_by_mask(model: Any) -> bool:
    """Attention is biased by distances (ALiBi, arXiv:2108.12409) that the model counts in a mask of two dimensions."""
    config = getattr(model, "config", None)
    return getattr(config, "model_type", "") in ("bloom", "mpt") or bool(getattr(config, "alibi", False))


def _call(model: Any, ids_NT: Tensor, mask: Tensor, position_NT: Tensor, cache: Any, keep: int = 1, grows: bool = True) -> Any:
    """The model's forward pass; logits of the last `keep` tokens only. `grows`: a cache comes back."""
    return model(
        input_ids=ids_NT,
        attention_mask=mask,
        position_ids=position_NT,
        past_key_values=cache,
        use_cache=grows,
        logits_to_keep=keep,
    )
