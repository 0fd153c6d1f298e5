"""Divergence from the base is what the formula says, row by row, and no voice's depends on another."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.evaluate.test_likelihood import a_base
from tests.evaluate.voices import Voices

from sweep import costs
from sweep.evaluate import drift
from sweep.evaluate.drift import Row
from sweep.model import lora
from sweep.model.base import Base

PROMPTS = ["Tell me about rivers.", "Salt", "Why do people keep clocks on their walls, and what do they say?"]


@pytest.fixture(scope="module")
def tiny() -> Base:
    return a_base()


def adapted(scale: float) -> Any:
    """The same base with an adapter whose B is as large as this."""
    base = a_base()
    model = lora.attach(base, base.layers.select("all", "all", False), rank=4, alpha=8, seed=1)
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _, layer in lora.adapters(model):
            up_OR = layer.lora_B[lora.NAME].weight
            up_OR.copy_(torch.randn(up_OR.shape, generator=noise) * scale)
    return model.eval()


@pytest.fixture(scope="module")
def rows(tiny: Base) -> tuple[Row, ...]:
    return drift.reference(tiny.model, tiny.tokenizer, PROMPTS)


def alone(base: Any, model: Any, row: Row) -> list[float]:
    """By both models' own logits of one row without padding, summed over the vocabulary."""
    with torch.inference_mode():
        ids = torch.tensor([row.prompt + row.said])
        p, q = (one(input_ids=ids).logits[0, len(row.prompt) - 1 : -1].double().softmax(-1) for one in (base, model))
        return [float((at_p * (at_p / at_q).log()).sum()) for at_p, at_q in zip(p, q, strict=True)]


def test_the_reference_is_the_base_s_own_greedy_text(rows: tuple[Row, ...]) -> None:
    for row in rows:
        assert 0 < len(row.said) <= drift.TOKENS
        assert row.base_LV.argmax(-1).tolist() == row.said
        assert row.base_LV.exp().sum(-1).tolist() == pytest.approx([1.0] * len(row.said), abs=1e-5)


@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_an_adapter_that_changes_nothing_has_not_drifted(tiny: Base, rows: tuple[Row, ...], batch_size: int | None) -> None:
    untouched = adapted(0.0)
    (found,) = drift.divergences(untouched, tiny.tokenizer, [rows], batch_size=batch_size)
    assert [len(row) for row in found] == [len(row.said) for row in rows]
    assert max(abs(value) for row in found for value in row) < 1e-5


@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_divergence_is_the_formula_s(tiny: Base, rows: tuple[Row, ...], batch_size: int | None) -> None:
    tuned = adapted(1.0)
    (found,) = drift.divergences(tuned, tiny.tokenizer, [rows], batch_size=batch_size)
    for one, row in zip(found, rows, strict=True):
        assert one == pytest.approx(alone(tiny.model, tuned, row), rel=1e-3, abs=1e-6)
    assert min(value for row in found for value in row) > -1e-6
    (measured,) = drift.measured(found)
    values = [value for row in found for value in row]
    assert (measured.name, measured.n) == (costs.KL, len(PROMPTS))
    assert measured.value == pytest.approx(sum(values) / len(values))
    assert measured.value > 1e-3
    assert measured.stderr is not None
    assert measured.stderr > 0


def test_a_voice_s_divergence_does_not_depend_on_its_neighbours(tiny: Base, rows: tuple[Row, ...]) -> None:
    models = [adapted(scale) for scale in (1.0, 0.0, 3.0)]
    asked = [rows, rows[:1], ()]
    together = drift.divergences(Voices(*models), tiny.tokenizer, asked)
    for found, model, own in zip(together, models, asked, strict=True):
        (single,) = drift.divergences(model, tiny.tokenizer, [own])
        assert len(found) == len(own)
        for one, other in zip(found, single, strict=True):
            assert one == pytest.approx(other, rel=1e-3, abs=1e-6)


def test_where_nothing_was_asked_nothing_is_measured() -> None:
    assert drift.measured([]) == ()
    (one,) = drift.measured([[0.5, 1.5]])
    assert (one.value, one.n, one.stderr) == (1.0, 1, None)
