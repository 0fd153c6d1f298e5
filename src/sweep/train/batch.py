"""What one trial feeds through the base at once: its rows of a micro-batch joined to one sequence without padding.

Rows that begin alike share that beginning, which is computed once: the sequence is the prefix tree of its rows. Each token sees
its own ancestors only, at the position it has in its own row, so every row is computed as if it stood alone.
(With dropout nothing is shared: each row draws its own masks.)

K trials, N tokens of a trial's sequence, L labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from sweep.data.tokens import IGNORED, TokenRow
from sweep.model.adapters import Streams
from sweep.model.dropout import token_keys


@dataclass(frozen=True)
class Joined:
    """One trial's micro-batch."""

    ids_N: np.ndarray
    positions_N: np.ndarray
    seen_NN: np.ndarray  # [i, j]: token i attends to token j
    rows_N: np.ndarray  # number of the row in the trial's data, of the first row that has this token
    sources_L: np.ndarray  # the token whose output predicts a label
    labels_L: np.ndarray


def join(rows: Sequence[TokenRow], numbers: Sequence[int], share: bool) -> Joined:
    """The rows with these numbers as one sequence; `share`: beginnings that are alike stand there once."""
    ids: list[int] = []
    positions: list[int] = []
    owners: list[int] = []
    parents: list[int] = []
    sources: list[int] = []
    labels: list[int] = []
    known: dict[tuple[int, int], int] = {}  # (parent, token id) -> token
    for number in numbers:
        row, at = rows[number], -1
        for position, (token, learned) in enumerate(zip(row.input_ids, row.completion_mask, strict=True)):
            if learned and at >= 0:
                sources.append(at)
                labels.append(token)
            found = known.get((at, token)) if share else None
            if found is None:
                found = len(ids)
                known[at, token] = found
                ids.append(token)
                positions.append(position)
                owners.append(number)
                parents.append(at)
            at = found
    seen = np.eye(len(ids), dtype=bool)
    for at, parent in enumerate(parents):
        if parent >= 0:
            seen[at] |= seen[parent]
    return Joined(np.array(ids), np.array(positions), seen, np.array(owners), np.array(sources), np.array(labels))


@dataclass(frozen=True)
class Batch:
    """The sequences of K trials side by side, padded at the end to the longest. Padding attends to itself alone."""

    ids_KN: Tensor
    positions_KN: Tensor
    seen_K1NN: Tensor
    sources_KL: Tensor
    labels_KL: Tensor  # IGNORED where a trial has fewer labels
    counts_K: Tensor  # labels of each trial's whole accumulation window
    token_keys_KN: Tensor | None  # of dropout; None where no trial drops anything
    rates_K: Tensor | None  # of dropout

    @property
    def shape(self) -> tuple[int, int, int]:
        """K, N, L."""
        return (*self.ids_KN.shape, self.labels_KL.shape[1])

    @property
    def streams(self) -> Streams | None:
        """Dropout's random streams."""
        return None if self.token_keys_KN is None or self.rates_K is None else Streams(self.token_keys_KN, self.rates_K)

    def widened(self, voices: int, tokens: int, labels: int) -> Batch:
        """The same with so many trials, tokens and labels; the new ones are padding."""
        if (voices, tokens, labels) == self.shape:
            return self
        more, more_tokens, more_labels = (new - old for new, old in zip((voices, tokens, labels), self.shape, strict=True))
        seen_K1NN = pad(self.seen_K1NN, (0, more_tokens, 0, more_tokens, 0, 0, 0, more))
        seen_K1NN.diagonal(dim1=-2, dim2=-1).fill_(True)
        return replace(
            self,
            ids_KN=pad(self.ids_KN, (0, more_tokens, 0, more)),
            positions_KN=pad(self.positions_KN, (0, more_tokens, 0, more)),
            seen_K1NN=seen_K1NN,
            sources_KL=pad(self.sources_KL, (0, more_labels, 0, more)),
            labels_KL=pad(self.labels_KL, (0, more_labels, 0, more), value=IGNORED),
            counts_K=pad(self.counts_K, (0, more), value=1.0),
            token_keys_KN=None if self.token_keys_KN is None else pad(self.token_keys_KN, (0, more_tokens, 0, more)),
            rates_K=None if self.rates_K is None else pad(self.rates_K, (0, more)),
        )

    def copied(self) -> Batch:
        """The same in memory of its own."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        copies: Any = {name: None if one is None else one.clone() for name, one in found.items()}
        return Batch(**copies)

    def tensors(self) -> list[Tensor]:
        """All that are there, in the order of the fields."""
        return [found for one in fields(self) if (found := getattr(self, one.name)) is not None]


@dataclass(frozen=True)
class Drop:
    """What a trial's dropout depends on beside the place of each token."""

    rate: float
    seed: int
    epoch: int


def stack(sequences: Sequence[Joined], counts: Sequence[int], drops: Sequence[Drop], device: str, step: int = 1) -> Batch:
    """Put sequences side by side on the device; N and L are rounded up to multiples of `step`, so that shapes recur."""
    voices = len(sequences)
    width = _up(max(len(one.ids_N) for one in sequences), step)
    labels = _up(max(len(one.labels_L) for one in sequences), step)
    ids, positions = np.zeros((2, voices, width), dtype=np.int64)
    seen = np.broadcast_to(np.eye(width, dtype=bool), (voices, 1, width, width)).copy()
    sources, wanted = np.zeros((voices, labels), dtype=np.int64), np.full((voices, labels), IGNORED, dtype=np.int64)
    drawn = np.zeros((voices, width), dtype=np.int32)
    for at, one in enumerate(sequences):
        length = len(one.ids_N)
        ids[at, :length], positions[at, :length] = one.ids_N, one.positions_N
        seen[at, 0, :length, :length] = one.seen_NN
        sources[at, : len(one.sources_L)], wanted[at, : len(one.labels_L)] = one.sources_L, one.labels_L
        drawn[at, :length] = token_keys(drops[at].seed, drops[at].epoch, one.rows_N, one.positions_N)
    arrays = [ids, positions, seen, sources, wanted, np.array(counts, dtype=np.float32)]
    if any(drop.rate > 0 for drop in drops):
        arrays += [drawn, np.array([drop.rate for drop in drops], dtype=np.float32)]
    found: list[Tensor | None] = [torch.from_numpy(array).to(device, non_blocking=True) for array in arrays]
    return Batch(*found, *[None] * (len(fields(Batch)) - len(found)))  # type: ignore[arg-type]


def _up(number: int, step: int) -> int:
    return -(-number // step) * step
