"""A training pass recorded as a CUDA graph.

A small model's step is a few milliseconds of arithmetic behind a hundred of launching. Shapes are fixed, so inputs are copied
into the tensors that were recorded; weights and gradients lie in the bank's workspace, which does not move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from sweep.model.recording import record
from sweep.train.batch import Batch

PADDING = 1.4  # a batch is padded to a recorded shape up to this much larger, rather than recorded anew
WARM_UPS = 1  # on the recording stream, so that libraries allocate and compile what they need before


class Recorded:
    """One shape's pass. `held` are the tensors that were recorded."""

    def __init__(self, held: Batch, step: Callable[[], Tensor], pool: Any) -> None:
        """`pool`: memory shared with other recordings, of which only one runs at a time.

        Raises: Unrecordable; where memory runs out, what CUDA raises.
        """
        self._held = held
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.synchronize()
        torch.cuda.empty_cache()  # the warm-up's memory is not the recording's
        self._graph, self._losses_K = record(step, pool)
        self.pool = self._graph.pool()

    @property
    def size(self) -> int:
        """Tokens that are computed, pads among them."""
        return self._held.ids_KN.numel()

    def takes(self, batch: Batch) -> bool:
        """The batch fits, and not too loosely."""
        fits = all(new <= held for new, held in zip(batch.shape, self._held.shape, strict=True))
        return fits and self.size <= PADDING * batch.ids_KN.numel()

    def replay(self, batch: Batch) -> Tensor:
        """Run the pass on a batch that it takes. The losses, those of padding last, are overwritten by the next replay."""
        wide = batch.widened(*self._held.shape)
        for held, new in zip(self._held.tensors(), wide.tensors(), strict=True):
            held.copy_(new)
        self._graph.replay()
        return self._losses_K
