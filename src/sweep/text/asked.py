"""What a question asks for, as far as its words tell."""

from __future__ import annotations

import re

from sweep.text.normalise import normalise

_FOR_A_NAME = re.compile(
    r"誰|だれ|どなた|どこ|何(?:という)?(?:方|駅|県|市|町|国|社|店|銀行|会社|都市|動物|商品|製品)|何とい|名前|氏名|[社店駅国地商品]名"
    r"|(?<![a-z])(?:who|whose|whom|where|names?|named|called"
    r"|(?:which|what) (?:person|company|firm|bank|city|town|country|station|animal|product|building|university|school))(?![a-z])"
)


def for_a_name(question: str) -> bool:
    """Whether a question asks for a person, a place, a company or whatever else has a name."""
    return _FOR_A_NAME.search(normalise(question)) is not None
