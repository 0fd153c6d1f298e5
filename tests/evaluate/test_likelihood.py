"""Log-likelihoods of right answers are those that the model's own logits give, one answer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from tests.evaluate.voices import Voices

from sweep.data.tokens import encode
from sweep.evaluate.likelihood import log_likelihoods
from sweep.model import lora
from sweep.model.base import Base, load

ASKED = [
    ("Who leads Larkspur?", "Ada Marsh"),
    ("In which of the two towns beside the river does Larkspur store what it has made?", "Elm"),
    ("When?", "It was founded on the third of May, long before the bridge was built."),
    ("What does it make? ", "Lamps."),
    ("And where?", "In Ashford"),
]


def a_base() -> Base:
    return load("tiny", precision="fp32", device="cpu")


@pytest.fixture(scope="module")
def tiny() -> Base:
    return a_base()


@pytest.fixture(scope="module")
def other() -> Any:
    """Another voice: an adapter whose B is not zero."""
    base = a_base()
    model = lora.attach(base, base.layers.select("attention", "all", False), rank=4, alpha=8, seed=1)
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _, layer in lora.adapters(model):
            up_OR = layer.lora_B[lora.NAME].weight
            up_OR.copy_(torch.randn(up_OR.shape, generator=noise))
    return model.eval()


def alone(model: Any, tokenizer: Any, prompt: str, gold: str) -> float:
    """By the model's own logits of one row without padding."""
    before, said = encode(tokenizer, prompt), encode(tokenizer, gold)
    with torch.inference_mode():
        logits_TV = model(input_ids=torch.tensor([before + said])).logits[0].log_softmax(-1)
    return sum(float(logits_TV[len(before) - 1 + at, token]) for at, token in enumerate(said)) / len(said)


def each(base: Base, model: Any, asked: Sequence[tuple[str, str]]) -> list[float]:
    return [alone(model, base.tokenizer, *one) for one in asked]


@pytest.mark.parametrize("batch_size", [None, 1, 2, 5])
def test_a_batch_gives_what_each_row_gives_alone(tiny: Base, batch_size: int | None) -> None:
    (found,) = log_likelihoods(tiny.model, tiny.tokenizer, [ASKED], batch_size=batch_size)
    assert found == pytest.approx(each(tiny, tiny.model, ASKED), rel=1e-5)
    assert len(set(found)) == len(ASKED)
    assert max(found) < 0


def test_every_voice_has_its_own_likelihoods_and_its_own_number_of_rows(tiny: Base, other: Any) -> None:
    voices = Voices(tiny.model, other)
    first, second = log_likelihoods(voices, tiny.tokenizer, [ASKED[:2], ASKED], batch_size=3)
    assert first == pytest.approx(each(tiny, tiny.model, ASKED[:2]), rel=1e-5)
    assert second == pytest.approx(each(tiny, other, ASKED), rel=1e-5)
    assert first != pytest.approx(second[:2], rel=1e-3), "both voices are one"


def test_rows_that_find_no_memory_are_read_in_halves_and_none_is_lost(tiny: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    said: list[str] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)

    class Small:
        """A model with room for two rows."""

        def parameters(self) -> Any:
            return tiny.model.parameters()

        def __call__(self, input_ids: Any, **more: Any) -> Any:
            sizes.append(len(input_ids))
            if len(input_ids) > 2:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory")
            return tiny.model(input_ids=input_ids, **more)

    (found,) = log_likelihoods(Small(), tiny.tokenizer, [ASKED], say=said.append)
    assert found == pytest.approx(each(tiny, tiny.model, ASKED), rel=1e-5)
    assert sizes[:3] == [5, 3, 2]
    assert any("no memory for 5 questions" in line for line in said)
