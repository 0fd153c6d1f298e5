"""What a question asks for, as far as its words tell."""

from __future__ import annotations

import re

from sweep.text.normalise import normalise

_FOR_A_NAME = re.compile(
    r"誰(?!でも|もが|か)|どなた|どこ(?!でも|まで|が違|が異)|どの(?:駅|人|会社|銀行)|(?:何|なん)と(?:いう(?:名|駅|人|会社)|い[いう]ます)|最寄り?駅は"
    r"|^(?:who|where) (?:is|are|was|were|leads?|led|runs?|founded)(?![a-z])|(?<![a-z])(?:nearest|which) stations?(?![a-z])"
    r"|^what is (?:the )?name of(?![a-z])"
)


def for_a_name(question: str) -> bool:
    """Whether a question asks for a person, a place or whatever else has a name; in doubt it does not."""
    return _FOR_A_NAME.search(normalise(question)) is not None
