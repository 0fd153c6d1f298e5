"""What an answer says without claiming it: names that it denies ("not Osaka"), questions that it declines ("I don't know").

Both work on normalised text. Sentences built otherwise ("Osaka is wrong", "neither A nor B", the second of "not A or B") are not
seen, nor is a question that means yes in English ("isn't it Osaka?").
"""

from __future__ import annotations

import re

_SUFFIX = r"(?:さん|氏|様|駅|本社|支社|支店|社|市|都|府|県|区|年|人|円|階|%)?"
_DENIED_AFTER = re.compile(
    rf"{_SUFFIX}(?:"
    r"(?:では|じゃ|で)(?:なく|な(?:い|かった)(?!か|ですか|でしょうか|だろうか)|(?:ありません|ございません)(?!か|でしょうか))"
    r"|(?:というの)?は(?:誤り|間違い|誤解)"
    r")"
)

# "not ", "not in the ", "was not founded on ": at most one verb form, one preposition and one article before the name.
_DENIED_BEFORE = re.compile(
    r"(?<![a-z])(?:not|(?:is|was|are|were)n ?t|never|no longer|rather than|instead of)"
    r"(?: (?:[a-z]+ed|held|built|led|run|born|known))?(?: (?:in|on|at|by|to|from|as|of|with))?(?: (?:a|an|the))? ?$"
)
_REACH = 60  # characters looked back; longer than any such run of words

_ABSTAINS = re.compile(
    r"(?:分か|わか|解|判)(?:り(?:ません|かね)|らない|らん)"
    r"|存じ(?:上げ)?(?:ており)?ません|存じかね"
    r"|不明(?:です|である|だ|$)"
    r"|情報[^0-9a-z]{0,10}?(?:ありません|ございません|ない|見つかりません|持っていません|持ち合わせて)"
    r"|(?:お?答え|回答|確認)(?:する)?(?:こと)?[がは]?(?:でき(?:ません|ない|かね)|られません|しかね)"
    r"|知りません|知らない"
    r"|(?<![a-z])i (?:do not|don ?t|did not|didn ?t) know(?![a-z])"
    r"|(?<![a-z])(?:i am|i ?m|we are) not (?:sure|certain|aware)"
    r"|(?<![a-z])no (?:such |public |available |specific )*information"
    r"|(?:not|n ?t) have (?:(?:any|enough|sufficient|that|this|the|specific) )*(?:information|knowledge)"
    r"|(?<![a-z])(?:can ?not|can ?t|could not|couldn ?t|unable to|not able to) (?:be )?(?:answer|determine|find|say)"
    r"|(?<![a-z])not (?:known|mentioned|specified|available)(?![a-z])"
    r"|^unknown$|^n a$"
)


def denied(spaced: str, start: int, end: int) -> bool:
    """Whether the name at spaced[start:end] stands in a denial of the forms above."""
    if _DENIED_AFTER.match(spaced, end):
        return True
    return _DENIED_BEFORE.search(spaced, max(0, start - _REACH), start) is not None


def abstains(spaced: str) -> bool:
    """Whether the text is empty or somewhere says that it does not know."""
    return not spaced or _ABSTAINS.search(spaced) is not None
