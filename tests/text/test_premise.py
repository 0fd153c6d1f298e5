"""Answers to questions with a premise: yes, no, neither; in both languages."""

from __future__ import annotations

import pytest

from sweep.text.premise import affirms, by_premise, refutes
from sweep.text.score import Grade, score

KEYS = [["Mara Ellison"]]


@pytest.mark.parametrize(
    ("answer", "no", "yes"),
    [
        ("No, it is not.", True, False),
        ("That is not right: the CEO is Mara Ellison.", True, False),
        ("That's wrong.", True, False),
        ("Berlin isn't the capital of France.", True, False),
        ("It was never built.", True, False),
        ("いいえ、違います。", True, False),
        ("社長は田中ではありません。", True, False),
        ("Yes.", False, True),
        ("That is right.", False, True),
        ("Indeed, it does not rain there.", False, True),
        ("はい、そのとおりです。", False, True),
        ("The CEO is Mara Ellison.", False, False),
        ("Northern lights, noted in Norway.", False, False),
        ("Mara Ellison. No other name is known.", False, False),
        ("I do not know.", False, False),
        ("I'm not sure.", False, False),
        ("", False, False),
    ],
)
def test_an_answer_says_yes_or_no_or_neither(answer: str, no: bool, yes: bool) -> None:
    assert (refutes(answer), affirms(answer)) == (no, yes)


@pytest.mark.parametrize(
    ("answer", "of_false", "of_true"),
    [
        ("No.", Grade.CORRECT, Grade.INCORRECT),
        ("Yes.", Grade.INCORRECT, Grade.CORRECT),
        ("Mara Ellison", Grade.CORRECT, Grade.CORRECT),
        ("Yes, it is Mara Ellison.", Grade.INCORRECT, Grade.CORRECT),
        ("No, it is Mara Ellison.", Grade.CORRECT, Grade.INCORRECT),
        ("It is Tobias Varga.", Grade.INCORRECT, Grade.INCORRECT),
        ("I do not know.", Grade.NOT_ATTEMPTED, Grade.NOT_ATTEMPTED),
    ],
)
def test_one_word_for_everything_is_right_half_of_the_time(answer: str, of_false: Grade, of_true: Grade) -> None:
    found = score(answer, KEYS)
    assert by_premise(found, answer, holds=False).grade == of_false
    assert by_premise(found, answer, holds=True).grade == of_true
