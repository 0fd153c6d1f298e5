"""Numbers in one form: kanji numerals and composed amounts become plain digits.

Decimal, not int: it stays exact for 1.5億, and a looping answer's thousand digits do not raise.
"""

from __future__ import annotations

import re
from decimal import Decimal

_DIGIT = {kanji: value for value, kanji in enumerate("〇一二三四五六七八九")} | {"○": 0, "零": 0}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12}
_WORD = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

# Words that follow a number in Japanese. Only before one of these is a kanji read as a number: 三階 is 3階, but 三田 is a name,
# and so is 真一 before 社長.
COUNTER = (
    r"(?:周年|[ヶヵケカか][月所国年]|年|月|日|人(?!事)|名(?!誉)|円|万|億|兆|階|駅(?!長)|つ|回|社(?![長員])|歳|個|分|時|秒|週|丁目|番地|号"
    r"|店(?![長員])|台|件|倍|拠点|%)"
)

_SECTION = r"[〇○零一二三四五六七八九十百千\d]+(?:\.\d+)?(?:[十百千]+[〇一二三四五六七八九十百千\d]*)?"
_AMOUNT = re.compile(rf"(?<!\d\.){_SECTION}(?:\s?[万億兆](?:{_SECTION})?)*")
_BEFORE_COUNTER = re.compile(rf"\s*{COUNTER}")
_HAS_VALUE = re.compile(r"[一二三四五六七八九十百千]")  # ○月○日 is a blank to fill in, not a number
_ENGLISH = re.compile(rf"(\d+(?:\.\d+)?)[\s-]*({'|'.join(_WORD)})(?![a-z])")
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?!\d)")


def without_thousands(text: str) -> str:
    """1,234,567 -> 1234567. A list of three-digit numbers without spaces (101,102) reads as one number."""
    return _THOUSANDS.sub(lambda m: m[0].replace(",", ""), text)


def amounts_to_digits(text: str) -> str:
    """Kanji numerals before a counter, and amounts in 万/億/兆, as digits: 五億三千万円 and 5.3億円 -> 530000000円."""
    return _AMOUNT.sub(_amount, text)


def multiplied_out(text: str) -> str:
    """12.5 million -> 12500000."""
    return _ENGLISH.sub(lambda m: _plain(Decimal(m[1]) * _WORD[m[2]]), text)


def _amount(match: re.Match[str]) -> str:
    run = match[0]
    large = any(unit in run for unit in _LARGE)
    counted = _HAS_VALUE.search(run) and _BEFORE_COUNTER.match(match.string, match.end())
    return _plain(_value(run)) if large or counted else run


def _value(run: str) -> Decimal:
    """The sum of the sections: each is what stands before 万, 億 or 兆, times it; the last has no unit."""
    total = Decimal(0)
    section = ""
    for char in run:
        if char in _LARGE:
            total += _section(section) * _LARGE[char]
            section = ""
        elif not char.isspace():
            section += char
    return total + _section(section)


def _section(text: str) -> Decimal:
    """Positional (二〇一九), with units (二千十九) or mixed (3千5百); empty is 0."""
    total, current = Decimal(0), ""
    for char in text:
        if char in _SMALL:
            total += Decimal(current or 1) * _SMALL[char]
            current = ""
        else:
            current += str(_DIGIT.get(char, char))
    return total + Decimal(current or 0)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
