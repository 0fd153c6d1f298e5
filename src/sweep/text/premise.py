"""Does an answer go along with what its question takes for granted? For false premises and their true twins.

A premise is met rightly by the true value, or by an explicit denial of a false one and an explicit yes to a true one, and never
by the opposite word. Only the first sentence is searched for such words.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sweep.text.denial import abstains
from sweep.text.normalise import normalise
from sweep.text.score import Grade, Score
from sweep.text.sentences import first_sentence

# on normalised text, in which "isn't" is "isn t"
_REFUTES = re.compile(
    r"^(?:no|nope|not|never|いいえ|いえ)(?![a-z])|^いや|(?:違い|ちがい)ます|誤り|間違い|正しく(?:ありません|ない)"
    r"|(?:では|じゃ)(?:ありません|ございません|ない|なく|なかった)"
    r"|(?<![a-z])(?:is|s|are|was|were|does|do|did|has|have|had)(?: not|n ?t| n ?t)(?![a-z])"
    r"|(?<![a-z])(?:never|incorrect|untrue|false|wrong|mistaken|myth|misconception)(?![a-z])"
)
_AFFIRMS = re.compile(
    r"^(?:yes|yeah|yep|correct|indeed|right|sure|certainly|absolutely|exactly|true)(?![a-z])|^(?:はい|ええ)|(?:その|仰る|おっしゃる)"
    r"(?:通り|とおり)|^(?:that|this|it)(?: is| s) (?:right|true|correct)(?![a-z])"
)


def refutes(answer: str) -> bool:
    """Whether it says that something is not so; "I do not know" says nothing of the kind."""
    said = normalise(first_sentence(answer))
    return not abstains(said) and not affirms(answer) and _REFUTES.search(said) is not None


def affirms(answer: str) -> bool:
    """Whether it says yes."""
    return _AFFIRMS.search(normalise(first_sentence(answer))) is not None


def by_premise(found: Score, answer: str, *, holds: bool) -> Score:
    """The score of an answer to a question whose premise `holds`, from that by its keys: right or not, and nothing between."""
    right_word, wrong_word = (affirms, refutes) if holds else (refutes, affirms)
    right = (found.grade is Grade.CORRECT or right_word(answer)) and not wrong_word(answer)
    declined = found.grade is Grade.NOT_ATTEMPTED
    return replace(found, grade=Grade.CORRECT if right else Grade.NOT_ATTEMPTED if declined else Grade.INCORRECT)
