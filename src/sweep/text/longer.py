"""Does a name go on before or behind the place where it was found? Then it is another one: 雪平花子 is not 雪平, nor 西森川 森川.

Latin letters: a word right beside it that is always written with a capital belongs to it, but for titles, openers and the like
(Toru Yukihira, North Korea; not Mr Yukihira). Where the name itself has no capital, or all of it is in capitals, nothing is seen.
Kanji and katakana: what goes on without punctuation belongs to it, but for titles and words that follow or precede any name
(雪平社長, 森川駅前, 富山県; 社長雪平). Katakana before a name in kanji ends there (メーカー霧鷺).
Hiragana is not looked at: it is mostly a particle. A name with a digit is an amount, a date or an address, and never goes on.
"""

from __future__ import annotations

import re

from sweep.text.adjacent import ALONE, BEFORE, BEHIND, CAPITALISED, ENDS
from sweep.text.normalise import LATIN
from sweep.text.numerals import COUNTER
from sweep.text.prepared import Prepared

_KANJI, _KATAKANA = "\u3400-\u9fff々〆", "ァ-ヺー"
_LETTER, _IS_KANJI, _IS_KATAKANA = (re.compile(f"[{script}]") for script in (LATIN, _KANJI, _KATAKANA))
_RUN = re.compile(f"[{_KANJI}{_KATAKANA}]+")
_FIRST_WORD, _LAST_WORD = re.compile(f" ?([{LATIN}]+)"), re.compile(f"(?<![{LATIN}])([{LATIN}]+) ?$")
_REACH = 40  # characters looked back: longer than a word, and than what may precede a name

_MAY_PRECEDE = re.compile(rf"(?:{'|'.join(BEFORE)}|[{_KANJI}][{ENDS}]|\d(?:{COUNTER}|番|階))$")  # 創業者, 富山県, 3番地
_MAY_FOLLOW = re.compile(
    rf"[{ALONE}]*(?:$|{'|'.join(BEHIND)})"
    rf"|[県都府駅]|[市区町村郡州](?=[{_KANJI}]+[市区町村郡丁])"  # 富山県鈴江市反物町
)
_MAY_FOLLOW_A_PLACE = re.compile("(?<=[駅店社校館所園院庁局場港])[前裏横隣近]")


def goes_on_before(text: Prepared, start: int) -> bool:
    """Whether the name that begins at this place is the end of a longer one."""
    if not start or start in text.breaks:
        return False
    at, here, before = text.origin[start], text.solid[start], text.solid[start - 1]
    if _LETTER.match(here):
        return _belongs(_LAST_WORD.search(text.spaced, max(0, at - _REACH), at), _FIRST_WORD.match(text.spaced, at), text)
    if not _RUN.match(here) or not _RUN.match(before) or (_IS_KANJI.match(here) and _IS_KATAKANA.match(before)):
        return False
    return _MAY_PRECEDE.search(text.solid, max(0, start - _REACH), start) is None


def goes_on_behind(text: Prepared, end: int) -> bool:
    """Whether the name that ends at this place is the beginning of a longer one."""
    if end == len(text.solid) or end in text.breaks:
        return False
    at, here, run = text.origin[end - 1] + 1, text.solid[end - 1], _RUN.match(text.solid, end)
    if _LETTER.match(here):
        return _belongs(_FIRST_WORD.match(text.spaced, at), _LAST_WORD.search(text.spaced, max(0, at - _REACH), at), text)
    if not _RUN.match(here) or run is None:
        return False
    closed = min((place for place in text.breaks if end < place < run.end()), default=run.end())
    return not _MAY_FOLLOW.match(text.solid[end:closed]) and not _MAY_FOLLOW_A_PLACE.match(text.solid, end)


def _belongs(word: re.Match[str] | None, own: re.Match[str] | None, text: Prepared) -> bool:
    """Whether a Latin word belongs to the name whose own word it stands beside."""
    if word is None or own is None or own[1] not in text.capitals:
        return False
    return word[1] in text.capitals and word[1] not in CAPITALISED
