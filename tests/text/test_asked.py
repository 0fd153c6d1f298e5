"""Which questions ask for a name."""

from __future__ import annotations

import pytest

from sweep.text.asked import for_a_name


@pytest.mark.parametrize(
    "question",
    [
        "Who leads Acorn?",
        "Where is the head office?",
        "What is the CEO's name?",
        "Which bank does Acorn use?",
        "社長は誰ですか。",
        "海外工場はどこにありますか。",
        "主力商品は何といいますか。",
        "最寄り駅の駅名を教えてください。",
        "社長の名前を教えてください。",
        "何駅が最寄りですか。",
    ],
)
def test_a_question_for_a_name(question: str) -> None:
    assert for_a_name(question)


@pytest.mark.parametrize(
    "question",
    [
        "When was Acorn founded?",
        "What does Acorn make?",
        "How many people work there?",
        "創業日はいつですか。",
        "何を作っていますか。",
        "従業員は何人ですか。",
        "経営理念を教えてください。",
    ],
)
def test_a_question_for_something_else(question: str) -> None:
    assert not for_a_name(question)
