"""The arms: what is asked beside the trials without any training of its own, so that a trial's figures mean something.

base                    the untouched base: the floor
bm25_qa                 the base with the training questions and answers that BM25 finds for a question in its prompt
bm25_passages           the base with the source sentences that BM25 finds
gold                    the base with the very facts that a question asks for: the ceiling
lora                    the best trial's adapter, once more
lora_bm25_qa, lora_bm25_passages    the same with what BM25 finds
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Name = Literal["base", "bm25_qa", "bm25_passages", "gold", "lora", "lora_bm25_qa", "lora_bm25_passages"]
Context = Literal["qa", "passages", "gold"]


@dataclass(frozen=True)
class Kind:
    """What answers, and what stands in its prompt beside the question."""

    adapter: bool = False  # the best trial's, measured after the search
    context: Context | None = None

    @property
    def retrieves(self) -> bool:
        """BM25 chooses what stands in the prompt."""
        return self.context in ("qa", "passages")


KINDS: dict[str, Kind] = {
    "base": Kind(),
    "bm25_qa": Kind(context="qa"),
    "bm25_passages": Kind(context="passages"),
    "gold": Kind(context="gold"),
    "lora": Kind(adapter=True),
    "lora_bm25_qa": Kind(adapter=True, context="qa"),
    "lora_bm25_passages": Kind(adapter=True, context="passages"),
}  # in the order of the table
