"""The first word of a reply is the verdict, or there is none."""

from __future__ import annotations

import pytest
from tests.judging.server import parts

from sweep.judging.verdict import parsed, prompt


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("CORRECT", "CORRECT"),
        (" **Incorrect**: the date is wrong", "INCORRECT"),
        ("partial.", "PARTIAL"),
        ("<think>It looks INCORRECT at first\nbut</think>\nCORRECT", "CORRECT"),
        ("The answer is CORRECT", None),
        ("CORRECTLY put", None),
        ("不正解", None),
        ("", None),
        (None, None),
    ],
)
def test_nothing_is_guessed(reply: str | None, verdict: str | None) -> None:
    assert parsed(reply) == verdict


def test_a_message_holds_question_gold_and_answer_once() -> None:
    told = {"question": "本社はどこですか。", "gold": "札幌市", "answer": ""}
    assert parts(prompt(*told.values())) == told
