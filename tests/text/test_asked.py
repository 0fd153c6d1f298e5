"""Which questions ask for a name; in doubt none does."""

from __future__ import annotations

import pytest

from sweep.text.asked import for_a_name


@pytest.mark.parametrize(
    "question",
    [
        "Who leads Acorn?",
        "Who is Acorn's chief?",
        "Who's the CEO?",
        "Where is the head office?",
        "What is the name of Acorn's CEO?",
        "What is the nearest station?",
        "社長は誰ですか。",
        "海外工場はどこにありますか。",
        "最寄り駅はどの駅ですか。",
        "主力商品は何といいますか。",
        "代表者はどなたですか。",
        "社長の名前を教えてください。",
        "創業者は誰か教えてください。",
        "駅名は何ですか。",
    ],
)
def test_a_question_for_a_name(question: str) -> None:
    assert for_a_name(question)


@pytest.mark.parametrize(
    "question",
    [
        "When was Acorn founded?",
        "What does Acorn make?",
        "Who approves travel?",
        "Where do I change my password?",
        "What discount do customers get who order online?",
        "When was Anna Ellison named CEO?",
        "How many people work there?",
        "創業日はいつですか。",
        "誰でも利用できますか。",
        "誰かに聞けますか。",
        "どこまで無料ですか。",
        "どこが違いますか。",
        "社名の由来は何ですか。",
        "何駅ありますか。",
        "従業員は何人ですか。",
        "経営理念を教えてください。",
    ],
)
def test_a_question_for_something_else(question: str) -> None:
    assert not for_a_name(question)
