"""BM25 over short texts, with bm25s. Words in English; in Japanese, which has no spaces, pairs of characters.

Of the right sentence among 1,072 bigrams find .97 first where the library's own words find .56 (Japanese, single facts).
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

from sweep.text.script import KANA_OR_KANJI

_WORD = re.compile(r"\w+")


def terms(text: str) -> list[str]:
    """What of a text is looked up: its words, of words with kana or kanji each pair of neighbouring characters."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return [term for word in words for term in (_pairs(word) if KANA_OR_KANJI.search(word) else [word])]


class Index:
    """Texts to be found by their number."""

    def __init__(self, texts: Sequence[str]) -> None:
        """At least one text."""
        self._size = len(texts)
        self._bm25 = _library().BM25()
        listed = [terms(text) or [""] for text in texts]
        self._known = {term for text in listed for term in text}
        self._bm25.index(listed, show_progress=False)

    def best(self, question: str, k: int) -> list[int]:
        """The numbers of the k texts that fit a question best, the best first; all of them where there are fewer, and the first
        ones where no text shares a term with the question."""
        known = [term for term in terms(question) if term in self._known]
        if not known:  # bm25s raises for such a question
            return list(range(min(k, self._size)))
        found, _ = self._bm25.retrieve([known], k=min(k, self._size), show_progress=False)
        return [int(number) for number in found[0]]


@cache
def _library() -> Any:
    """bm25s, loaded without JAX: bm25s calls JAX at once where it is installed, which takes three quarters of the GPU."""
    absent = object()
    jax = sys.modules.get("jax", absent)
    sys.modules["jax"] = None  # type: ignore[assignment]  # importing it now raises ImportError
    try:
        import bm25s
    finally:
        if jax is absent:
            del sys.modules["jax"]
        else:
            sys.modules["jax"] = jax  # type: ignore[assignment]
    return bm25s


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)] or [word]
