"""A cache of transformers whose keys and values lie in tensors of full length that do not move.

transformers' own `StaticCache` begins empty and grows its masks with it; this one takes over what a prompt left behind, and the
mask is the caller's.

N rows, H heads, T tokens, D width of a head.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers.cache_utils import CacheLayerMixin, DynamicLayer, DynamicSlidingWindowLayer


class Filled:
    """How much of the full length holds tokens; kept on the device too, where a recorded step reads and moves it."""

    def __init__(self, count: int, whole: bool, device: torch.device) -> None:
        """`whole`: a step computes over the full length, which a recording needs; else over what is filled."""
        self.last_1, self.count, self._whole = torch.tensor([count - 1], device=device), count, whole

    def grow(self) -> None:
        """One token more."""
        self.last_1.add_(1)
        self.count += 1

    def of(self, tensor: Tensor, dim: int) -> Tensor:
        """The part that a step computes over."""
        return tensor if self._whole else tensor.narrow(dim, 0, self.count)


class FixedLayer(CacheLayerMixin):
    """One layer's keys and values, [N, H, T, D]."""

    is_sliding = False

    def __init__(self, layer: Any, length: int, filled: Filled) -> None:
        super().__init__()
        self.keys, self.values = (pad(one, (0, 0, 0, length - one.shape[2])) for one in (layer.keys, layer.values))
        self.is_initialized, self._filled = True, filled

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Write the newest token's in its place, [N, H, 1, D]; what attention reads."""
        for held, new in ((self.keys, key_states), (self.values, value_states)):
            held.index_copy_(2, self._filled.last_1, new)
        return self._filled.of(self.keys, 2), self._filled.of(self.values, 2)

    def keep(self, kept_N: Tensor) -> None:
        """Go on with these rows."""
        self.keys, self.values = self.keys[kept_N], self.values[kept_N]

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Done when it was built."""

    def get_seq_length(self) -> int:
        """Tokens before the newest, for models that ask though they are given positions."""
        return self._filled.count - 1

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of what a mask must cover."""
        return self._filled.of(self.keys, 2).shape[2], 0

    def get_max_length(self) -> int:
        """T."""
        return int(self.keys.shape[2])


def holds_all(cache: Any, width: int, most: int) -> bool:
    """Every layer holds the keys and values of all tokens, `width` now, and will when there are `most` of them."""
    layers = getattr(cache, "layers", ())
    return bool(layers) and all(
        type(layer) in (DynamicLayer, DynamicSlidingWindowLayer)
        and layer.keys.shape[2] == width
        and most < getattr(layer, "sliding_window", most + 1)
        for layer in layers
    )


def fix(cache: Any, length: int, filled: Filled) -> None:
    """Move a cache into tensors of full length, layer by layer."""
    for at, layer in enumerate(cache.layers):
        cache.layers[at] = FixedLayer(layer, length, filled)
