"""Clocks, the memory that was used, and the rate at which the machine multiplies matrices."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import torch

from sweep.model import memory
from sweep.model.base import DTYPES, Base

CUBE = 8192  # side of the product on a GPU
TRIES, SECONDS = 5, 0.3  # of measuring the rate


class Enough(Exception):
    """All windows are timed; training stops where it is."""


class Clock:
    """Hears every trial's optimizer steps, and notes when all of them have made one. After the last it raises Enough."""

    def __init__(self, trials: int, rounds: int, cuda: bool) -> None:
        self._trials = trials
        self._rounds = rounds
        self._cuda = cuda
        self._heard = 0
        self.at: list[float] = []

    def __call__(self, key: str, step: int, steps: int, loss: float) -> None:
        self._heard += 1
        if self._heard < self._trials * (len(self.at) + 1):
            return
        self.at.append(now(self._cuda))
        if len(self.at) == self._rounds:
            raise Enough

    def windows(self, warmup: int, steps: int, repeats: int) -> list[float]:
        """Seconds of each window of so many rounds behind the warm-up."""
        edges = [self.at[warmup - 1 + at * steps] for at in range(repeats + 1)]
        return [end - begin for begin, end in pairwise(edges)]


def now(cuda: bool) -> float:
    """The time when all that was asked of the device is done."""
    if cuda:
        torch.cuda.synchronize()
    return time.perf_counter()


def timed(act: Callable[[], object], cuda: bool) -> float:
    """Seconds one call takes."""
    begun = now(cuda)
    act()
    return now(cuda) - begun


def forget_peak(cuda: bool) -> None:
    """Begin a new measurement of memory."""
    memory.forget_peak("cuda" if cuda else "cpu")


def peak(cuda: bool) -> int:
    """Bytes at most since `forget_peak`; where the system cannot forget, since the process began."""
    return memory.peak("cuda" if cuda else "cpu")


def product_rate(base: Base) -> tuple[float, str]:
    """Floating-point operations a second of a plain product, and its shape in words.

    A GPU multiplies large square matrices. A CPU multiplies what a pass of this model holds: 160 tokens by its widest layer.
    """
    widest = max((layer for layer in base.layers.found if layer.depth is not None), key=lambda one: one.width_in * one.width_out)
    cuda = base.device.startswith("cuda")
    rows, width_in, width_out = (CUBE, CUBE, CUBE) if cuda else (160, widest.width_in, widest.width_out)
    dtype = torch.bfloat16 if cuda else DTYPES[base.precision]
    left = torch.randn(rows, width_in, device=base.device, dtype=dtype)
    right = torch.randn(width_in, width_out, device=base.device, dtype=dtype)
    once = max(min(timed(lambda: left @ right, cuda) for _ in range(TRIES)), 1e-9)
    calls = max(1, round(SECONDS / once))

    def many() -> None:
        for _ in range(calls):
            left @ right

    seconds = min(timed(many, cuda) for _ in range(TRIES))  # the machine at its best
    return 2 * rows * width_in * width_out * calls / seconds, f"{rows} x {width_in} x {width_out}, {str(dtype).partition('.')[2]}"
