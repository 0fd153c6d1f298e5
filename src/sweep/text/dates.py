"""Dates in one form: every way of writing 5 March 2019, in either language, becomes 2019年3月5日.

That form holds its own parts, so a question for the year finds 2019年 and one for the day finds 3月5日, by plain matching.
Day and month in numbers (5/3/2019) are read only where one of them can be no month, or both are equal: a guess could credit a
wrong day.
"""

from __future__ import annotations

import re

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_ERA = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}  # year before the era's first
_ERA_LETTER = {"r": 2018, "h": 1988, "s": 1925}  # as on forms: H31.4.30

_NUMBER_OF = {name[:3]: number for number, name in enumerate(MONTHS, start=1)}
_MONTH_NAMES = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS) + "|sept"
_MONTH = rf"(?<![a-z])(?P<m>{_MONTH_NAMES})(?![a-z])\.?"
_DAY = r"(?P<d>\d{1,2})(?:\s?(?:st|nd|rd|th)(?![a-z]))?"
_ALONE = r"(?<![\d.,/-])(?:(?<![a-z])the\s+)?"
_YEAR = r"(?P<y>(?:1\d|2[01])\d\d)(?!\d)"
_JOIN = r"(?:\s*,\s*|\s+|-)(?:of\s+|in\s+)?"
_OF = r"(?:[\s-]+(?:day\s+)?(?:of\s+)?)"
_NO_VERB = r"(?!\s+(?:be|have|not|also|only|need|want|take|vary)\b)"  # "these 5 may be" is no date

# In this order: the fuller form first, so that no part of it is taken alone.
_ENGLISH = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_MONTH}[\s-]*(?:the\s+)?{_DAY}{_JOIN}{_YEAR}",  # March 5th, 2019
        rf"{_ALONE}{_DAY}{_OF}{_MONTH}{_JOIN}{_YEAR}",  # the 5th of March 2019
        rf"(?<!\d){_YEAR}[\s,-]+{_MONTH}[\s-]*{_DAY}(?!\d)",  # 2019 March 5
        rf"{_MONTH}{_JOIN}{_YEAR}",  # March 2019
        rf"{_MONTH}\s+(?:the\s+)?{_DAY}(?![\d.,-]*\d)",  # March 5
        rf"{_ALONE}{_DAY}{_OF}{_MONTH}{_NO_VERB}",  # 5 March
    )
)
_ANY_MONTH = re.compile(_MONTH)
_ERA_YEAR = re.compile(rf"({'|'.join(_ERA)})\s*(元|\d{{1,2}})(?=\s*[年./(-])")
_ERA_SHORT = re.compile(r"(?<![a-z\d])([rhs])\.?(\d{1,2})([./-])(\d{1,2})\3(\d{1,2})(?!\d|[./-]\d)")
_YEAR_TWICE = re.compile(r"(?<!\d)(\d{4})\s*年?\s*\(\s*\1\s*年?\s*\)\s*年?")  # 2019年(平成31年), the era already converted
_YMD = re.compile(r"(?<![\d./-])(\d{4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d|[./-]\d)")
_UNORDERED = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d|[./-]\d)")
_LEADING_ZERO = re.compile(r"(?<![\d.])0(?=\d\s*[月日])")


def dates_in_one_form(text: str) -> str:
    """Every date in case-folded, NFKC-normalised text as Y年M月D日 (or the part that is given), without leading zeros."""
    text = _ERA_YEAR.sub(lambda m: str(_ERA[m[1]] + _year_of_era(m[2])), text)
    text = _YEAR_TWICE.sub(r"\1年", text)
    text = _ERA_SHORT.sub(lambda m: _written(m[0], _ERA_LETTER[m[1]] + int(m[2]), m[4], m[5]), text)
    if _ANY_MONTH.search(text):
        for pattern in _ENGLISH:
            text = pattern.sub(_english, text)
    text = _YMD.sub(lambda m: _written(m[0], m[1], m[3], m[4]), text)
    text = _UNORDERED.sub(_unordered, text)
    return _LEADING_ZERO.sub("", text)


def month_number(word: str) -> int | None:
    """march or mar -> 3."""
    return _NUMBER_OF.get(word[:3]) if word in MONTHS or word in _NUMBER_OF or word == "sept" else None


def _year_of_era(text: str) -> int:
    return 1 if text == "元" else int(text)


def _english(match: re.Match[str]) -> str:
    found = match.groupdict()
    return _written(match[0], found.get("y"), _NUMBER_OF[found["m"][:3]], found.get("d"))


def _unordered(match: re.Match[str]) -> str:
    first, second = int(match[1]), int(match[3])
    if first > 12 or first == second:
        return _written(match[0], match[4], second, first)
    return _written(match[0], match[4], first, second) if second > 12 else match[0]


def _written(original: str, year: str | int | None, month: str | int, day: str | int | None) -> str:
    """Y年M月D日 with the parts given, or the original text where month or day are out of range."""
    if not 1 <= int(month) <= 12 or (day is not None and not 1 <= int(day) <= 31):
        return original
    return (f"{int(year)}年" if year is not None else "") + f"{int(month)}月" + (f"{int(day)}日" if day is not None else "")
