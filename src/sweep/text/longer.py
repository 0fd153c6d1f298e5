"""Is a name that was found part of a longer one that nobody told of? Known longer names come first anyway (`match`).

A short form (雪平 of 雪平玄太) may stand beside no other name at all. Of other names too little is known for that: they are held
against what lengthens places and persons. The words of both are in `adjacent`. Hiragana is never looked at: mostly particles.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from sweep.text.adjacent import (
    ALONE,
    BEFORE,
    BEHIND,
    BESIDE,
    DIRECTIONS,
    ENDS,
    GIVEN_ENDS,
    IN_FRONT,
    KATAKANA_IN_FRONT,
    ON_THE_WAY,
    PARTS,
    PLACE_ENDS,
    RANKS,
    SITES,
    UNITS,
)
from sweep.text.normalise import LATIN
from sweep.text.prepared import Prepared
from sweep.text.script import KANJI, KATAKANA

_LETTER, _IS_KANJI, _IS_KATAKANA = (re.compile(f"[{script}]") for script in (LATIN, KANJI, KATAKANA))
_RUN, _KANJI_ALONE = re.compile(f"[{KANJI}{KATAKANA}]+"), re.compile(f"[{KANJI}]+")
_LAST_WORD, _FIRST_WORD = re.compile(f"(?<![{LATIN}])([{LATIN}]+) ?$"), re.compile(f" ?([{LATIN}]+)")
REACH = 40  # characters looked at: longer than a word, and than what may stand beside a name

_MAY_PRECEDE = re.compile(rf"(?:{'|'.join(BEFORE)}|[{KANJI}][{ENDS}]|\d[年月日])$")
_MAY_FOLLOW = re.compile(rf"[{ALONE}]*(?:{'|'.join(RANKS)})*(?:{'|'.join(BEHIND)})|[{ALONE}]+$")
_LENGTHENS_BEFORE = re.compile(
    rf"(?:^|[^{KANJI}]|{'|'.join(BEFORE)}|[{ENDS}駅])[{IN_FRONT}]$|(?<![{KATAKANA}])(?:{'|'.join(KATAKANA_IN_FRONT)})$"
)
_LENGTHENS_BEHIND = re.compile(
    rf"(?!一代|一家|夫人)(?:[{PLACE_ENDS}]|[{GIVEN_ENDS}]{{1,2}})(?:$|駅|{'|'.join(BEHIND)}|[{ALONE}]+$)"
)
_STATION_BEHIND = re.compile(rf"(?!駅|{'|'.join(ON_THE_WAY)})[{KANJI}{KATAKANA}]{{1,6}}駅")
_JR = "jr(?:東日本|西日本|東海|北海道|四国|九州)"
_BEFORE_A_STATION = re.compile(rf"(?:{'|'.join(BEFORE)}|[{KANJI}][{ENDS}鉄駅]|.線|鉄道|モノレール|メトロ|ライン|最寄|{_JR})$")


def short_forms(aliases: Iterable[str]) -> frozenset[str]:
    """Which of the normalised aliases of one thing are but a part of another one: yukihira of genta yukihira, 雪平 of 雪平玄太.

    Where the rest is no name of its own, neither is short of the other: 富山 of 富山県, long table of the long table.
    """
    names = sorted(set(aliases))
    return frozenset(one for one in names for other in names if _is_short(one, other))


def in_another(text: Prepared, start: int, end: int, known: Container[int] = ()) -> bool:
    """Whether a short form stands in a name that is not its own: Toru Yukihira, 雪平花子, インドルピー.

    In Latin letters, right beside a word that is always written with a capital; in kanji and katakana, in one run with more of
    them, or with more behind a space. Words that may stand beside any name make no other name of it, nor does a known name that
    ends or begins at one of the places `known`.
    """
    if start not in known and (_is_name(_word_before(text, start)) or _run_before(text, start)):
        return True
    return end not in known and (_is_name(_word_behind(text, end)) or _run_behind(text, end))


def is_lengthened(text: Prepared, start: int, end: int, known: Container[int] = ()) -> bool:
    """Whether a name is lengthened by what makes other places and persons: West Alder Gate, Ellison-Park, 西森川, 雪平玄太郎; or
    is a part of what a station is called: 長谷川駅, 品川シーサイド駅."""
    return (start not in known and _lengthened_before(text, start, end)) or (
        end not in known and _lengthened_behind(text, start, end)
    )


def _lengthened_before(text: Prepared, start: int, end: int) -> bool:
    before, lead = _word_before(text, start), _lead(text, start)
    if before in DIRECTIONS or (_is_name(before) and start in text.hyphens):
        return True
    if not lead or not _RUN.match(text.solid, start):
        return False
    station = text.solid.startswith("駅", end) or text.solid[end - 1] == "駅"
    return bool(_LENGTHENS_BEFORE.search(lead) or (station and _RUN.match(lead[-1]) and not _BEFORE_A_STATION.search(lead)))


def _lengthened_behind(text: Prepared, start: int, end: int) -> bool:
    behind, tail = _word_behind(text, end), _tail(text, end)
    if end in text.hyphens and _is_name(behind) and behind not in DIRECTIONS:
        return True
    if behind in SITES and end not in text.hyphens and not _leads_on(text, end + len(behind)):
        return True
    return bool(_KANJI_ALONE.fullmatch(text.solid, start, end) and (_LENGTHENS_BEHIND.match(tail) or _STATION_BEHIND.match(tail)))


def _leads_on(text: Prepared, end: int) -> bool:
    """Whether a direction is the first word of something else: Seoul South Korea, Alder Gate East exit."""
    return bool(_word_behind(text, end)) or (end not in text.breaks and text.solid.startswith(PARTS, end))


def _is_short(one: str, other: str) -> bool:
    for rest in (other.removeprefix(one), other.removesuffix(one)):
        apart = rest.strip()
        if not one or not apart or rest == other or any(map(str.isdigit, other)) or apart in BESIDE:
            continue
        if rest == apart and _LETTER.search(apart) and _LETTER.match(one):
            continue  # china of chinatown
        if apart[-1] not in UNITS and not _MAY_FOLLOW.fullmatch(apart):
            return True
    return False


def _is_name(word: str) -> bool:
    """Whether a word with a capital is one; an initial may be that of the right name."""
    return len(word) > 1 and word not in BESIDE


def _word_before(text: Prepared, start: int) -> str:
    """The capitalised Latin word that a name follows; behind a hyphen the name may be in small letters (Nishi-morikawa)."""
    at = text.origin[start]
    word, own = _LAST_WORD.search(text.spaced, max(0, at - REACH), at), _FIRST_WORD.match(text.spaced, at)
    if word is None or own is None or start in text.breaks or word[1] not in text.capitals:
        return ""
    return word[1] if start in text.hyphens or own[1] in text.capitals else ""


def _word_behind(text: Prepared, end: int) -> str:
    """The capitalised Latin word that follows a name with a capital."""
    at = text.origin[end - 1] + 1
    word, own = _FIRST_WORD.match(text.spaced, at), _LAST_WORD.search(text.spaced, max(0, at - REACH), at)
    if word is None or own is None or end in text.breaks:
        return ""
    return word[1] if {word[1], own[1]} <= text.capitals else ""


def _run_before(text: Prepared, start: int) -> bool:
    here, lead = text.solid[start], _lead(text, start)
    if not lead or not _RUN.match(here) or not _RUN.match(lead[-1]) or (_IS_KANJI.match(here) and _IS_KATAKANA.match(lead[-1])):
        return False
    return _MAY_PRECEDE.search(lead) is None


def _run_behind(text: Prepared, end: int) -> bool:
    if end in text.breaks or not _RUN.match(text.solid[end - 1]):
        return False
    tail = _tail(text, end, crossed=end)
    return bool(_RUN.match(tail)) and _MAY_FOLLOW.match(tail) is None


def _lead(text: Prepared, start: int) -> str:
    """What stands before a place without a gap."""
    furthest = max(0, start - REACH)
    return text.solid[next((place for place in range(start, furthest, -1) if place in text.gaps), furthest) : start]


def _tail(text: Prepared, end: int, crossed: int = -1) -> str:
    """The kanji and katakana from a place on, up to a gap; `crossed`: a gap that is none."""
    run = _RUN.match(text.solid, end, end + REACH)
    stop = run.end() if run else end
    return text.solid[end : next((place for place in range(end, stop) if place in text.gaps and place != crossed), stop)]
