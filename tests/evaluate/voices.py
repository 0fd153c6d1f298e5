"""Several models as the voices of one: the slow and plain form of what a packed engine does."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import torch


class Voices:
    """K models as the voices of one: rows voice by voice, equally many of each, every voice with its own cache."""

    def __init__(self, *models: Any) -> None:
        self.models = models

    def parameters(self) -> Iterator[Any]:
        return iter(self.models[0].parameters())

    def __call__(
        self, input_ids: Any, attention_mask: Any, position_ids: Any, past_key_values: Any, use_cache: bool, logits_to_keep: int
    ) -> Any:
        assert len(input_ids) == len(attention_mask) == len(position_ids)
        caches = past_key_values.caches if past_key_values is not None else [None] * len(self.models)
        parts = [self._split(one) for one in (input_ids, attention_mask, position_ids)]
        out = [
            model(
                input_ids=ids_BT,
                attention_mask=mask_BT,
                position_ids=position_BT,
                past_key_values=cache,
                use_cache=use_cache,
                logits_to_keep=logits_to_keep,
            )
            for model, ids_BT, mask_BT, position_BT, cache in zip(self.models, *parts, caches, strict=True)
        ]
        cache = Caches([one.past_key_values for one in out], len(input_ids) // len(self.models))
        return SimpleNamespace(logits=torch.cat([one.logits for one in out]), past_key_values=cache)

    def _split(self, rows: Any) -> list[Any]:
        assert len(rows) % len(self.models) == 0, "every voice has the same number of rows"
        return list(rows.chunk(len(self.models)))


class Caches:
    """The caches of K voices of B rows; a selection has equally many rows of each, in the order of the voices."""

    def __init__(self, caches: list[Any], per_voice: int) -> None:
        self.caches, self.per_voice = caches, per_voice

    def reorder_cache(self, kept_N: Any) -> None:
        for k, (cache, kept_B) in enumerate(zip(self.caches, kept_N.chunk(len(self.caches)), strict=True)):
            assert set((kept_B // self.per_voice).tolist()) == {k}
            cache.reorder_cache(kept_B - k * self.per_voice)
