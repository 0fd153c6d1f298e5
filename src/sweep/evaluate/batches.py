"""Rows of several voices worked on together, as many at once as memory allows; no row is lost where it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from sweep.model.decoder import device_of
from sweep.model.memory import ran_out

Row = TypeVar("Row")
Found = TypeVar("Found")

CPU_ROWS = 128  # rows of all voices together; on 2 cores, 64 took a sixth longer and 312 gained 3 %


def at_once(model: Any, voices: int) -> int:
    """How many rows of one voice to begin with where nothing is configured."""
    return max(1, CPU_ROWS // voices) if device_of(model).type == "cpu" else 1 << 30


def work(
    asked: Sequence[Sequence[Row]],
    rows: int,
    length: Callable[[Row], int],
    act: Callable[[list[list[Row]]], list[list[Found]]],
    *,
    on_batch: Callable[[int], None] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[list[Found]]:
    """What `act` finds for every row, in the rows' places. It gets at most `rows` rows of each voice, some voices fewer.

    Rows of like length go together, the longest first: if memory is short, it shows at once. Then the rows in work are begun
    again in halves. `on_batch` hears how many rows of all voices are done, `say` that memory ran out.
    Raises: what CUDA raises where one row a voice is too much.
    """
    left = [_longest_first([length(row) for row in voice]) for voice in asked]
    found: list[dict[int, Found]] = [{} for _ in asked]
    while most := max((len(voice) for voice in left), default=0):
        rows = min(rows, most)
        batch = [places[:rows] for places in left]
        done = _fitting(act, [[voice[at] for at in places] for voice, places in zip(asked, batch, strict=True)], last=rows == 1)
        if done is None:
            torch.cuda.empty_cache()
            say(f"the GPU has no memory for {rows * len(asked)} questions at once; going on with half of them, none is lost")
            rows = (rows + 1) // 2
            continue
        for k, (places, values) in enumerate(zip(batch, done, strict=True)):
            found[k].update(zip(places, values, strict=True))
            left[k] = left[k][rows:]
        if on_batch is not None:
            on_batch(sum(len(voice) for voice in found))
    return [[voice[at] for at in range(len(voice))] for voice in found]


def _longest_first(lengths: Sequence[int]) -> list[int]:
    """Places of the rows, like lengths together."""
    return sorted(range(len(lengths)), key=lambda at: -lengths[at])


def _fitting(
    act: Callable[[list[list[Row]]], list[list[Found]]], batch: list[list[Row]], *, last: bool
) -> list[list[Found]] | None:
    """What was found; None where memory ran out. The caller is outside the except block: its traceback holds tensors."""
    try:
        return act(batch)
    except RuntimeError as error:
        if last or not ran_out(error):
            raise
        return None
