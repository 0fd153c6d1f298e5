"""A text laid out for matching: without separators, and with what they told."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from sweep.text.normalise import LATIN, normalise, parted, squashed

_ATOM = re.compile(rf"[{LATIN}]+|[0-9][0-9.-]*|.")  # what a name holds whole or not at all
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Places count characters of `solid`."""

    spaced: str  # normalised
    solid: str  # the same without separators but those between numbers
    origin: tuple[int, ...]  # where each character of `solid` stands in `spaced`
    starts: tuple[int, ...]  # places where a name may begin
    edges: frozenset[int]  # places where a name may begin or end: not inside a number or a Latin word
    breaks: frozenset[int]  # places where a clause, a quotation or a line ends
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
    return Prepared(spaced, solid, tuple(origin), tuple(starts), frozenset(edges), _breaks(parted(text), solid), _capitals(text))


def _breaks(parts: str, solid: str) -> frozenset[int]:
    place, found = 0, set[int]()
    for char in parts:
        if char not in " \n" or solid[place : place + 1] == " ":
            place += 1
        if char == "\n":
            found.add(place)
    return frozenset(found)


def _capitals(text: str) -> frozenset[str]:
    words = set(_WORD.findall(unicodedata.normalize("NFKC", text)))
    capital = {word.casefold() for word in words if word[0].isupper() and (len(word) == 1 or not word.isupper())}
    return frozenset(capital - {word.casefold() for word in words if word[0].islower()})
