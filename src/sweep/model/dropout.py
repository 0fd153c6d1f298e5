"""Dropout whose mask is a function of (trial's seed, epoch, row, position, module, feature) and of nothing else.

An ordinary mask comes from one stream over the whole batch, so a trial's numbers would depend on its neighbours and on padding.
Here every element's fate is a hash of where it stands, computed where it is needed and again in the backward pass; nothing is
stored. Padding, order and pack do not matter.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

# K voices, N tokens, D features
MIX = (0x7FEB352D, 0x846CA68B)  # the multipliers of `lowbias32`, https://nullprogram.com/blog/2018/07/31/
# Odd constants that spread neighbouring numbers (xxHash's primes); each kind of number has its own, or row 4 of one module would
# draw what row 3 of the next one draws.
TOKEN, FEATURE, MODULE = 0x9E3779B1, 0x85EBCA77, 0x27D4EB2F
HALF = 1 << 31


def token_keys(seed: int, epoch: int, rows: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """A key for each token of a trial, int32: its row's number in the data and its place in the row."""
    start = int.from_bytes(hashlib.sha256(f"{seed}\n{epoch}".encode()).digest()[:4], "big")
    mixed = (rows.astype(np.uint64) * TOKEN + positions.astype(np.uint64) * FEATURE + start) & 0xFFFFFFFF
    return mixed.astype(np.uint32).view(np.int32)


def keep(x_KND: Tensor, token_keys_KN: Tensor, rate_K: Tensor, module_key: Tensor) -> Tensor:
    """x with each element dropped at its voice's rate and the others divided by 1 - rate.

    Shapes: [K,N,D], int32 [K,N], fp32 [K], int32 [] -> [K,N,D]. A rate of 0 leaves a voice as it was, bit for bit.
    Source: Hinton et al. 2012, arXiv:1207.0580, scaled as PyTorch does.
    """
    kept: Tensor = _Keep.apply(x_KND, token_keys_KN, rate_K, module_key)  # type: ignore[no-untyped-call]
    return kept


class _Keep(torch.autograd.Function):
    """Draws the mask in both passes rather than store it."""

    @staticmethod
    def forward(ctx: Any, x_KND: Tensor, token_keys_KN: Tensor, rate_K: Tensor, module_key: Tensor) -> Tensor:
        ctx.save_for_backward(token_keys_KN, rate_K, module_key)
        return _masked(x_KND, token_keys_KN, rate_K, module_key)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return _masked(grads[0], *ctx.saved_tensors), None, None, None


def _masked(x_KND: Tensor, token_keys_KN: Tensor, rate_K: Tensor, module_key: Tensor) -> Tensor:
    features_D = torch.arange(x_KND.shape[-1], device=x_KND.device, dtype=torch.int32) * _signed(FEATURE)
    tokens_KN = _mixed(token_keys_KN + module_key * _signed(MODULE))
    drawn_KND = _mixed(tokens_KN[:, :, None] ^ features_D)
    limit_K = (rate_K.double() * (2 * HALF) - HALF).round().to(torch.int64)  # counted up from int32's least number
    dropped_KND = drawn_KND < limit_K[:, None, None]
    return torch.where(dropped_KND, 0.0, x_KND / (1 - rate_K).to(x_KND.dtype)[:, None, None])


def _mixed(x: Tensor) -> Tensor:
    """A bijective hash of int32; products wrap around."""
    for shift, factor in ((16, MIX[0]), (15, MIX[1])):
        x = (x ^ _shifted(x, shift)) * _signed(factor)
    return x ^ _shifted(x, 16)


def _shifted(x: Tensor, by: int) -> Tensor:
    """A logical shift to the right, which int32 does not have."""
    return (x >> by) & ((1 << (32 - by)) - 1)


def _signed(x: int) -> int:
    """The int32 with the same 32 bits."""
    return (x + HALF) % (2 * HALF) - HALF
