"""One form for everything that means the same: what two texts must share to be compared character by character.

Hazards, each held by a test: 十分 ("enough") reads as 10分; "$", "+" and "#" are dropped, so a currency, C++ or C# must be told
apart in words; number words (twelve) stay words; 1/2 becomes the two numbers 1 and 2.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from sweep.text.dates import dates_in_one_form
from sweep.text.numerals import amounts_to_digits, multiplied_out, without_thousands
from sweep.text.script import KATAKANA

# NFKC does not unify these. Old and new forms of one kanji only: 斎 and 斉 are different names.
_KANJI = dict(
    zip(
        "髙邊邉﨑齋齊澤濱廣國嶋嶌眞德惠櫻瀨壽榮曾會學應黑靑淸龍瀧條",
        "高辺辺崎斎斉沢浜広国島島真徳恵桜瀬寿栄曽会学応黒青清竜滝条",
        strict=True,
    )
) | {"𠮷": "吉"}
_MARKS = dict.fromkeys("‐‑‒–—―−⁃﹣", "-") | dict.fromkeys("〜∼∽", "~") | dict.fromkeys("’‘ʼ", "'")
_VARIANT = str.maketrans(_KANJI | _MARKS)  # never the long-vowel mark ー: it would break katakana words

_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_PERCENT = re.compile(r"(?<=[\d一二三四五六七八九十百])\s*(?:percent(?![a-z])|per cent(?![a-z])|パーセント)")
_YEN = re.compile(r"(?:¥|jpy)\s*(\d+(?:\.\d+)?)(?:\s*(?:円|yen(?![a-z])))?|(\d)\s*(?:yen|jpy)(?![a-z])")
_PERSONS = re.compile(r"(?<=\d)\s*名(?![称前刺所義古])")

LATIN = "a-z\u00df-\u024f"  # letters of normalised text that make words with spaces between them, accents included
_WORD = f"0-9{LATIN}"

_DASH = re.compile(r"(?<=[^\W\d])[–—―](?=[^\W\d])")  # of a clause, where a hyphen joins
_CELL = re.compile(r"[\t\r\x85\u2028\u2029]")
_TYPED_SPACE = re.compile(r"[^\S\n]")
# What stands within a name: the hyphen of Ellison-Park, the point of ジョン・スミス.
_JOIN = re.compile(rf"(?<=[{LATIN}])-(?=[{LATIN}])|(?<=[{KATAKANA}])[・=](?=[{KATAKANA}])")
# The end of a clause, a quotation mark, a new line: no name goes on across it. But for the apostrophe in a word.
_BREAK = re.compile(r"[^\w\s%.'-]|\n|(?<!\d)\.|\.(?!\d)|(?<!\w)['-]|['-](?!\w)")
_JUNK = re.compile(r"[^\w%.\n\t-]|_|(?<!\d)-|-(?!\d)")
_SPACES = re.compile(r"\s+")
_NEEDLESS_SPACE = re.compile(rf"(?<![{_WORD}]) | (?![{_WORD}])")
_BETWEEN_DIGITS = re.compile(r"(?<=\d) (?=\d)")


def folded(text: str) -> str:
    """NFKC, variant characters unified, case folded, digits ASCII: characters alike, nothing read or removed yet."""
    text = unicodedata.normalize("NFKC", text).translate(_VARIANT).casefold()
    return _FOREIGN_DIGIT.sub(lambda m: str(unicodedata.decimal(m[0])), text)


@lru_cache(maxsize=16384)
def normalise(text: str) -> str:
    """English or Japanese text with numbers, dates and marks in one form.

    Dates are Y年M月D日 without leading zeros, amounts plain digits, yen N円, persons N人, percentages N%. Of punctuation, symbols
    and control characters only "%" is left, and "." and "-" between digits. One space stands between adjacent Latin words or
    numbers, none elsewhere.
    """
    return _NEEDLESS_SPACE.sub("", _SPACES.sub(" ", parted(text)).strip())


@lru_cache(maxsize=16384)
def parted(text: str) -> str:
    """The same, still in its parts: a new line where a clause, a quotation or a line ends, a tab where a hyphen joins two words
    or a point two of katakana, and spaces as they were typed."""
    text = _PERCENT.sub("%", folded(_DASH.sub(";", _CELL.sub("\n", text))))
    text = amounts_to_digits(without_thousands(text))
    text = multiplied_out(dates_in_one_form(text))
    text = _YEN.sub(lambda m: f"{m[1] or m[2]}円", text)
    text = _PERSONS.sub("人", text)
    return _JUNK.sub(" ", _BREAK.sub("\n", _JOIN.sub("\t", _TYPED_SPACE.sub(" ", text))))


def squashed(normalised: str) -> str:
    """Normalised text without the spaces that matching does not need; those between two numbers stay (1 2 is not 12)."""
    words = _BETWEEN_DIGITS.sub("\0", normalised).replace(" ", "")
    return words.replace("\0", " ")


def size(text: str) -> int:
    """Characters of the normalised text without separators: the length that every length rule counts in."""
    return len(normalise(text).replace(" ", ""))
