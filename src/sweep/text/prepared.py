"""A text laid out for matching: without separators, and with what they told."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sweep.text.normalise import LATIN, normalise, parted, squashed

_ATOM = re.compile(rf"[{LATIN}]+|[0-9][0-9.-]*|.")  # what a name holds whole or not at all
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Places count characters of `solid`."""

    spaced: str  # normalised
    solid: str  # the same without separators but those between numbers
    origin: tuple[int, ...]  # where each character of `solid` stands in `spaced`
    starts: tuple[int, ...]  # places where a name may begin
    edges: frozenset[int]  # places where a name may begin or end: not inside a number or a Latin word
    breaks: frozenset[int]  # places where a clause, a quotation or a line ends
    gaps: frozenset[int]  # those, and places where a space was typed
    hyphens: frozenset[int]  # places where a hyphen joins two words
    capitals: frozenset[str]  # Latin words that are always written with a capital, and not wholly in capitals


@lru_cache(maxsize=4096)
def prepare(text: str) -> Prepared:
    """Normalise a text and lay it out."""
    spaced = normalise(text)
    solid = squashed(spaced)
    origin: list[int] = []
    starts: list[int] = []
    edges: set[int] = set()
    for atom in _ATOM.finditer(spaced):
        if atom[0] == " " and solid[len(origin)] != " ":
            continue
        starts.append(len(origin))
        edges.add(len(origin))
        origin.extend(range(*atom.span()))
        edges.add(len(origin))
    at = _separators(parted(text), solid)
    breaks, spaces, hyphens = (frozenset(at[mark]) for mark in "\n \t")
    return Prepared(
        spaced, solid, tuple(origin), tuple(starts), frozenset(edges), breaks, breaks | spaces, hyphens, _capitals(text)
    )


def _separators(parts: str, solid: str) -> Mapping[str, Sequence[int]]:
    """Each separator of a text in its parts, and the places where it stood."""
    place, found = 0, defaultdict[str, list[int]](list)
    for char in parts:
        if char not in "\n \t" or solid[place : place + 1] == " ":
            place += 1
        if char in "\n \t":
            found[char].append(place)
    return found


def _capitals(text: str) -> frozenset[str]:
    words = set(_LATIN_WORD.findall(unicodedata.normalize("NFKC", text)))
    capital = {word.casefold() for word in words if word[0].isupper() and (len(word) == 1 or not word.isupper())}
    return frozenset(capital - {word.casefold() for word in words if word[0].islower()})
