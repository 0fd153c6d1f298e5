"""What a question asks for, as far as its words tell."""

from __future__ import annotations

import re

from sweep.text.normalise import normalise

_FOR_A_NAME = re.compile(
    r"誰(?!でも|もが|かに)|どなた|どこ(?!でも|まで|が違|が異)|どの(?:駅|人|会社|銀行)|(?:何|なん)と(?:いう(?:名|駅|人|会社)|い[いう]ます)"
    r"|(?:社長|者|人|駅|社|店)の?名前?[はを]|最寄り?駅は"
    r"|^(?:who|where) (?:is|s|are|was|were|leads?|led|runs?|heads?|founded)(?![a-z])"
    r"|^what (?:is|s) (?:the )?name of(?![a-z])|^(?:please )?name the(?![a-z])|(?<![a-z])(?:nearest|which) stations?(?![a-z])"
)


def for_a_name(question: str) -> bool:
    """Whether a question asks for a person, a place or whatever else has a name; in doubt it does not."""
    return _FOR_A_NAME.search(normalise(question)) is not None
