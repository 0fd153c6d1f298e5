"""The order in which a trial sees its rows: a pure function of (seed, epoch), shared by every engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BATCHES_A_GROUP = 50  # as in transformers' LengthGroupedSampler: sorted within a group, so that some randomness is left


def epoch_order(rows: int, seed: int, epoch: int, lengths: Sequence[int] | None = None, step_rows: int = 1) -> list[int]:
    """Row indices of one epoch (counted from 0), each exactly once.

    With `lengths` (tokens a row), rows of like length come together: groups of 50 optimizer steps of `step_rows` rows are
    sorted by length, longest first, and the longest row of all comes first, so that memory runs out at once or never.
    """
    order = [int(row) for row in np.random.default_rng([seed, epoch]).permutation(rows)]
    if lengths is None:
        return order
    size = BATCHES_A_GROUP * step_rows
    grouped = [row for at in range(0, rows, size) for row in sorted(order[at : at + size], key=lambda r: -lengths[r])]
    longest = max(grouped, key=lambda row: lengths[row])
    return [longest, *(row for row in grouped if row != longest)]
