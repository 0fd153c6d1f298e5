"""In which script a text is written: what has no spaces is cut, framed and asked otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable

KANJI, KATAKANA = "\u3400-\u9fff々〆", "ァ-ヺー"  # ranges within a class, of normalised text
KANA_OR_KANJI = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")  # compatible and half-width ones too


def japanese(texts: Iterable[str]) -> bool:
    """Whether any of these texts has kana or kanji."""
    return any(KANA_OR_KANJI.search(text) for text in texts)
