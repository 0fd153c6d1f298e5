"""Where sentences end in Japanese and English text: for the first sentence of an answer, and for words that open one."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"[。！？\n]|[.!?](?=\s)")
_ABBREVIATION = re.compile(
    r"(?<![A-Za-z])(?:Mr|Mrs|Ms|Dr|Prof|St|Inc|Corp|Co|Ltd|No|vs|approx|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|[A-Z])\.$"
)
_LONGEST_ABBREVIATION = 8  # characters, with what stands before it


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each with its end mark: 。！？, a line break, or .!? before a space (but not after Mr. or J.)."""
    start = 0
    for end in _END.finditer(text):
        if end[0] == "." and _ABBREVIATION.search(text, max(0, end.end() - _LONGEST_ABBREVIATION), end.end()):
            continue
        if text[start : end.end()].strip():
            yield text[start : end.end()].strip()
        start = end.end()
    if text[start:].strip():
        yield text[start:].strip()


def first_sentence(text: str) -> str:
    """The first sentence that is not empty; an empty string if there is none."""
    return next(sentences(text), "")
