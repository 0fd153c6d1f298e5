"""Which known names stand in a text: one scan, leftmost and longest first; a name inside a longer known one is not credited.

A name that begins or ends with a digit must not touch another digit, nor a "." or "-" (which normalised text keeps between digits
only): 3階 is not in 13階. One that begins or ends with a Latin letter must not touch another. Of longer names that are not known
some are seen too where a question asks for names (`longer`): those around a short form, and those lengthened as names are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sweep.text.dates import month_number
from sweep.text.denial import denied
from sweep.text.longer import in_another, is_lengthened, short_forms
from sweep.text.normalise import normalise, squashed
from sweep.text.numerals import COUNTER
from sweep.text.prepared import Prepared

_YEAR = re.compile(r"(\d{4})年")
_YEAR_MONTH = re.compile(r"(\d{4})(?:年(\d{1,2})月|[- ](\d{1,2}))")
_ARTICLE = re.compile(r"the (?=[^ ]+ )")  # before two words or more: The Times is not times
_COUNTED = re.compile(COUNTER)


@dataclass(frozen=True, slots=True)
class Name:
    """One surface form of the vocabulary: the key groups that it satisfies, the forbidden value that it stands for."""

    solid: str
    groups: frozenset[int] = frozenset()
    forbidden: str | None = None
    bare_year: bool = False  # 2019 for the key 2019年: must not count something else (2019人)
    whole: bool = False  # must not be lengthened to another one
    short: bool = False  # then also: but a part of an alias of the same groups, must not stand in another name


@dataclass(frozen=True, slots=True)
class Found:
    groups: frozenset[int]
    forbidden: tuple[str, ...]  # in the order of the text, each once


Vocabulary = dict[str, tuple[Name, ...]]  # by first character, longest first


@lru_cache(maxsize=1024)
def vocabulary(
    keys: tuple[tuple[str, ...], ...], forbidden: tuple[str, ...] = (), others: tuple[str, ...] = (), *, whole: bool = False
) -> Vocabulary:
    """All names to look for. A value that is a key and forbidden at once is a key; `others` only mask.

    `whole`: keys are names, of which none is right as a part of another one (`longer`).
    """
    groups: dict[str, set[int]] = defaultdict(set)
    short: dict[str, set[int]] = defaultdict(set)
    for number, aliases in enumerate(keys):
        for surface in frozenset().union(*map(_surfaces, aliases)):
            groups[surface].add(number)
        for name in short_forms(map(normalise, aliases)) if whole else ():
            short[squashed(name)].add(number)
    names = {
        solid: Name(solid, frozenset(found), short=short.get(solid) == found, whole=whole) for solid, found in groups.items()
    }
    for year in filter(_YEAR.fullmatch, groups):
        names.setdefault(year[:4], Name(year[:4], frozenset(groups[year]), bare_year=True))
    for value in forbidden:
        for surface in _surfaces(value):
            names.setdefault(surface, Name(surface, forbidden=value))
    for value in others:
        solid = squashed(normalise(value))
        names.setdefault(solid, Name(solid))
    return _by_first(names)


def find(text: Prepared, names: Vocabulary) -> Found:
    """Key groups and forbidden values that the text claims: matched, not masked by a longer name, not denied."""
    groups: set[int] = set()
    wrong: dict[str, None] = {}
    end = 0
    for place in text.starts:
        if place < end or (name := _name_at(text, place, names, end)) is None:
            continue
        end = place + len(name.solid)
        if (name.groups or name.forbidden) and not denied(text.spaced, text.origin[place], text.origin[end - 1] + 1):
            groups |= name.groups
            if name.forbidden is not None:
                wrong[name.forbidden] = None
    return Found(frozenset(groups), tuple(wrong))


def contains(text: Prepared, solid: str) -> bool:
    """Whether a squashed string stands in the text with the boundaries above."""
    place = text.solid.find(solid)
    while place >= 0:
        if place in text.edges and place + len(solid) in text.edges:
            return True
        place = text.solid.find(solid, place + 1)
    return False


def _name_at(text: Prepared, place: int, names: Vocabulary, known: int) -> Name | None:
    """`known`: where the name before ended; known names right beside each other make no longer one."""
    for name in _written_at(text, place, names):
        end = place + len(name.solid)
        if name.bare_year and _COUNTED.match(text.solid, end):
            continue
        if name.whole:
            bounds = {known, end if end < len(text.solid) and any(_written_at(text, end, names)) else known}
            if is_lengthened(text, place, end, bounds) or (name.short and in_another(text, place, end, bounds)):
                continue
        return name
    return None


def _written_at(text: Prepared, place: int, names: Vocabulary) -> Iterator[Name]:
    """The names that begin at this place, longest first."""
    for name in names.get(text.solid[place], ()):
        if text.solid.startswith(name.solid, place) and place + len(name.solid) in text.edges:
            yield name


def _surfaces(value: str) -> frozenset[str]:
    """The squashed value, also without "the"; for a month, or a year and month, the forms that only a key tells to be a date."""
    normal = normalise(value)
    solid = squashed(normal)
    if month := month_number(normal):
        return frozenset({solid, f"{month}月"})
    if (found := _YEAR_MONTH.fullmatch(normal)) and 1 <= int(found[2] or found[3]) <= 12:
        year, month = found[1], int(found[2] or found[3])
        return frozenset({f"{year}年{month}月", f"{year}-{month}", f"{year}-{month:02}", f"{year} {month}", f"{year} {month:02}"})
    if article := _ARTICLE.match(normal):
        return frozenset({solid, squashed(normal[article.end() :])})
    return frozenset({solid} if solid else ())


def _by_first(names: dict[str, Name]) -> Vocabulary:
    sorted_names: dict[str, list[Name]] = defaultdict(list)
    for solid in sorted(filter(None, names), key=len, reverse=True):
        sorted_names[solid[0]].append(names[solid])
    return {char: tuple(found) for char, found in sorted_names.items()}
