"""Is the text sound, whatever it says: does it repeat itself, does it run on?

Lengths count characters of normalised text without separators. rep_n is seq-rep-n of Welleck et al. 2020, arXiv:1908.04319: an
alarm, not a ranking; sound models stay below .01 (word 4-grams).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sweep.text.normalise import normalise, size, squashed
from sweep.text.script import KANA_OR_KANJI

LOOP_SHORTEST, LOOP_LONGEST = 8, 120  # characters of a repeated block
CHARACTER_N, WORD_N = 8, 4  # n-grams of Japanese and of English text

_LOOP = re.compile(rf"(.{{{LOOP_SHORTEST},{LOOP_LONGEST}}}?)\1", re.DOTALL)
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")


def is_japanese(text: str) -> bool:
    """Whether kana and kanji outnumber the Latin words."""
    return len(KANA_OR_KANJI.findall(text)) > len(_LATIN_WORD.findall(text))


def rep_n(text: str, n: int | None = None) -> float:
    """Share of n-grams that repeat an earlier one, 0..1; 0 for a text shorter than n.

    n-grams of characters (default 8) in Japanese text, of words (default 4) in English.
    """
    normal = normalise(text)
    if is_japanese(text):
        return _repeated(squashed(normal), n or CHARACTER_N)
    return _repeated(normal.split(), n or WORD_N)


def is_loop(text: str) -> bool:
    """Whether a block of 8-120 characters is repeated at once, in normalised text without separators."""
    solid = squashed(normalise(text))
    return _repeated(solid, LOOP_SHORTEST) > 0 and _LOOP.search(solid) is not None  # the first test is the cheaper one


def len_ratio(answer: str, gold: str) -> float | None:
    """Length of the answer over length of the gold answer; None where the gold answer is empty."""
    expected = size(gold)
    return size(answer) / expected if expected else None


def is_over_long(answer: str, gold: str) -> bool:
    """Longer than max(2 gold, gold + 20) characters; never, where the gold answer is empty."""
    expected = size(gold)
    return expected > 0 and size(answer) > max(2 * expected, expected + 20)


def _repeated(units: Sequence[str], n: int) -> float:
    grams = [tuple(units[i : i + n]) if not isinstance(units, str) else units[i : i + n] for i in range(len(units) - n + 1)]
    return 1.0 - len(set(grams)) / len(grams) if grams else 0.0
