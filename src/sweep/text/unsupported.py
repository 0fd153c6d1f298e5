"""What an answer made up: dates, numbers, names, URLs, e-mail addresses and telephone numbers that stand in no known text.

Precise rather than greedy: an alarm should be worth reading. It does not see
- a single capitalised word that opens a sentence, acronyms of up to three letters, names in small letters;
- a name put together from parts of known names (Kenji Tanaka and Mari Sato make Kenji Sato);
- Japanese names without さん, 氏, 様, 社 or 株式会社, names in hiragana, and Latin words one by one in Japanese text;
- number words, kanji numerals without a counter, counts in つ, the number 1, numbers glued to Latin letters (3D), list markers;
- in English, what a number counts: 13 floors supports 13 people. In Japanese 13階 does not support 13人.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sweep.text.contacts import contacts, is_part_of
from sweep.text.health import is_japanese
from sweep.text.match import contains
from sweep.text.normalise import normalise, squashed
from sweep.text.numerals import COUNTER
from sweep.text.prepared import Prepared, prepare
from sweep.text.sentences import sentences
from sweep.text.words import JAPANESE_TITLES, NO_NAMES

_DATE = re.compile(r"(?<!\d)(?:(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})日)?)?|(\d{1,2})月(\d{1,2})日)")
_NUMBER = re.compile(rf"(?<![0-9a-z.-])(\d+(?:[.-]\d+)*)({COUNTER}?)(?![0-9a-z])")
_LIST_MARKER = re.compile(r"(?m)^\s*(?:\(\d{1,2}\)|\d{1,2}[.)、:])(?=\s|\D)")

_CAPITALISED = r"[A-Z\u00c0-\u00d6\u00d8-\u00de][A-Za-z\u00c0-\u024f]*(?:[-'’&][A-Za-z\u00c0-\u024f]+)*"
_NAME = re.compile(rf"(?<![A-Za-z0-9\u00c0-\u024f]){_CAPITALISED}(?: (?:[A-Z]\. )?{_CAPITALISED})*(?![0-9])")
_COURTESY = re.compile(r"(?<![A-Za-z])(Mr|Mrs|Ms|Dr|Prof|St)\.(?=\s)")
_POSSESSIVE = re.compile(r"['’]s?$")
_WHOLE_VALUE = re.compile(r"\s*(?:[,.;()（）、。]|$)")  # "CEO: Tanaka" and no more: Tanaka is a value, not the opener of a clause

_KANJI_OR_KATAKANA = r"[\u4e00-\u9fff々ァ-ヴー・]"
_GENERIC = "仕模多同王奥神客母父皆各両彼屋員者先"  # 仕様, 同氏, 社員さん, ...: what ends in these before さん, 氏, 様 is no name
_JAPANESE_NAME = re.compile(
    rf"({_KANJI_OR_KATAKANA}{{2,12}}?)(?<![{_GENERIC}])(?:さん|氏|様(?![々子式]))"
    r"|([ァ-ヴー・]{2,15})社(?![員長会内外])"
    rf"|(?:株式会社|\(株\))(?!設立|制度|組織|形態)({_KANJI_OR_KATAKANA}{{2,15}}|[A-Za-z][A-Za-z ]*[A-Za-z])"
    rf"|({_KANJI_OR_KATAKANA}{{2,15}}?)(?:株式会社|\(株\))"
)
_COUNTED = re.compile(COUNTER)


@dataclass(frozen=True, slots=True)
class _Known:
    text: Prepared
    contacts: frozenset[str]


def unsupported(answer: str, known: Iterable[str]) -> tuple[str, ...]:
    """The invented strings, each once: contacts, then dates (as Y-MM-DD) and numbers (normalised), then names as written.

    `known` is every text that may support the answer; a part of what is known is supported (the year of a known date, the first
    name of a known person), more than is known is not (the day, where only the month is known).
    """
    against = _known(tuple(known))
    found, rest = contacts(unicodedata.normalize("NFKC", answer))
    invented = [written for form, written in found.items() if not is_part_of(form, against.contacts)]
    invented += _numbers(_LIST_MARKER.sub(" ", rest), against.text)
    invented += _japanese_names(rest, against.text) if is_japanese(rest) else ()
    invented += _names(rest, against.text, fewest=2 if is_japanese(rest) else 1)
    return tuple(dict.fromkeys(invented))


@lru_cache(maxsize=4096)
def _known(texts: tuple[str, ...]) -> _Known:
    whole = "\n".join(texts)
    return _Known(prepare(whole), frozenset(contacts(unicodedata.normalize("NFKC", whole))[0]))


def _numbers(text: str, known: Prepared) -> Iterator[str]:
    """Invented dates, then invented numbers, of text without contacts."""
    normal = normalise(text)
    for date in _DATE.finditer(normal):
        year_alone = date[1] and not date[2]
        if not contains(known, date[1] if year_alone else date[0]):
            yield _iso(date)
    for number in _NUMBER.finditer(_DATE.sub(" ", normal)):
        if number[2] != "つ" and number[1] != "1" and not _is_known_number(number[1], number[2], known):
            yield number[0]


def _iso(date: re.Match[str]) -> str:
    year, month, day = date[1], date[2] or date[4], date[3] or date[5]
    return "-".join(part if part == year else f"{int(part):02}" for part in (year, month, day) if part)


def _is_known_number(number: str, counter: str, known: Prepared) -> bool:
    """The number with its counter, or the number where nothing else is counted by it."""
    if not counter:
        return contains(known, number)
    if contains(known, number + counter):
        return True
    places = re.finditer(rf"(?<![\d.-]){re.escape(number)}(?![\d.-])", known.solid)
    return any(not _COUNTED.match(known.solid, place.end()) for place in places)


def _names(text: str, known: Prepared, fewest: int) -> Iterator[str]:
    """Invented English names of at least `fewest` words."""
    for sentence in sentences(_COURTESY.sub(r"\1", text)):
        for match in _NAME.finditer(sentence):
            if _inside_word(sentence, match):
                continue
            words = match[0].split()
            opens = _opens(sentence, match)
            while words and _is_no_name(words[0]):
                words, opens = words[1:], False
            while words and _is_no_name(words[-1]):
                words = words[:-1]
            if len(words) >= max(fewest, 2 if opens else 1) and not _is_covered(words, known):
                yield " ".join(words)


def _inside_word(sentence: str, match: re.Match[str]) -> bool:
    """Whether it is a piece of something longer, such as an identifier `AaA0`, and so no name."""
    around = sentence[max(match.start() - 1, 0) : match.start()] + sentence[match.end() : match.end() + 1]
    return any(character.isalnum() and not is_japanese(character) for character in around)


def _opens(sentence: str, match: re.Match[str]) -> bool:
    """Whether the capital may be owed to the place: the start of the sentence, or after a colon with more to come."""
    before = sentence[: match.start()].rstrip(" \"'“‘「『(*-•")
    return not before or (before[-1] in ":：" and not _WHOLE_VALUE.match(sentence, match.end()))


def _is_no_name(word: str) -> bool:
    plain = _POSSESSIVE.sub("", word).casefold().rstrip(".")
    return plain in NO_NAMES or word.casefold().replace("’", "'") in NO_NAMES or (len(plain) <= 3 and word.isupper())


def _is_covered(words: list[str], known: Prepared) -> bool:
    """Whether known text, longest runs first, accounts for every word."""
    start = 0
    while start < len(words):
        for end in range(len(words), start, -1):
            run = _POSSESSIVE.sub("", " ".join(words[start:end]))
            forms = (squashed(normalise(form)) for form in (run, run.removesuffix("s")))
            if all(map(_is_no_name, words[start:end])) or any(contains(known, form) for form in forms):
                start = end
                break
        else:
            return False
    return True


def _japanese_names(text: str, known: Prepared) -> Iterator[str]:
    for match in _JAPANESE_NAME.finditer(text):
        name = _without_titles(next(filter(None, match.groups())))
        solid = squashed(normalise(name))
        if len(solid) >= 2 and not _is_pieced(solid, known):
            yield name


def _is_pieced(solid: str, known: Prepared) -> bool:
    """Whether runs of two characters or more from known text, longest first, make up the name."""
    start = 0
    while start < len(solid):
        ends = range(len(solid), start + 1, -1)
        start = next((end for end in ends if contains(known, solid[start:end])), 0)
        if not start:
            return False
    return True


def _without_titles(name: str) -> str:
    """社長田中 -> 田中, 田中社長 -> 田中, 東和電機代表取締役田中 -> 田中."""
    for title in JAPANESE_TITLES:
        if title in name:
            name = name.split(title)[-1] or name.split(title)[0]
    return name.strip("・")
