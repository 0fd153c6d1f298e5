"""The tests of the parity tests: each breaks the packed engine, and the comparison of `test_parity.py` must see it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.parity import (
    ADAMW,
    SGD,
    SGD_TO_ITSELF,
    TO_ITSELF,
    Run,
    alone,
    assert_equal_runs,
    bounds,
    gaps,
    pack,
    plans,
    set_ragged,
    train,
)  # fmt: skip
from tests.train.plans import plan_of
from torch import Tensor

from sweep.model.adapter import Adapter
from sweep.model.adapters import Bank, Streams
from sweep.model.base import Base
from sweep.train import packed
from sweep.train.batch import Batch, stack
from sweep.train.packed import Packed
from sweep.train.slot import Slot


@pytest.fixture(autouse=True)
def _one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials run in one pass however their lengths differ: padding, and nobody by himself."""
    set_ragged(monkeypatch, 1e9)


def assert_seen(base: Base, folder: Path, solo: dict[str, Run], names: Sequence[str]) -> None:
    """In this broken engine, no trial of the pack passes the comparison by which the real one is judged."""
    runs = pack(base, folder, names)
    for name in names:
        with pytest.raises(AssertionError):
            assert_equal_runs(runs[name], solo[name], bounds(name))


@pytest.mark.parametrize("names", [ADAMW, SGD])
def test_control_mean_over_all_tokens_of_the_pack(
    names: Sequence[str], tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    def pooled(joined: Any, counts: Sequence[int], *rest: Any) -> Batch:
        return stack(joined, [sum(counts)] * len(counts), *rest)

    monkeypatch.setattr(packed, "stack", pooled)
    assert_seen(tiny, tmp_path, solo, names)


def test_control_gradient_divided_by_the_number_of_trials(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    """AdamW and clipping hide a constant factor but for a trace: only SGD sees it in full, so the suite needs SGD."""
    whole, trials = Bank.grads_to, 3

    def divided(self: Bank, adapter: Adapter, at: int, add: bool) -> None:
        torch._foreach_div_(self._rows[at].grads, trials)
        whole(self, adapter, at, add)

    monkeypatch.setattr(Bank, "grads_to", divided)
    assert_seen(tiny, tmp_path / "sgd", solo, SGD)
    hidden = pack(tiny, tmp_path / "adamw", ADAMW)
    assert gaps(hidden["attention"], solo["attention"]).movement < 0.01


def test_control_one_clipping_norm_for_all(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    engine, clip = Packed(tiny, slots=3), torch.nn.utils.clip_grad_norm_

    def shared(_flats: Sequence[Tensor], most: float) -> Tensor:
        return clip([flat for slot in engine._slots.values() for flat in slot.adapter.parameters], most)

    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", shared)
    runs = train(engine, plans(tmp_path, ADAMW), tmp_path)
    for name in ADAMW:
        with pytest.raises(AssertionError):
            assert_equal_runs(runs[name], solo[name], TO_ITSELF)


def test_control_surplus_ranks_that_begin_at_random(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    """Of A and of B: with A alone, B's surplus is never written and the product stays zero, which is no fault."""
    whole = Bank._copy_row

    def dirty(self: Bank, at: int, adapter: Adapter) -> None:
        if self._rows[at].adapter is not adapter:
            self._rows[at].adapter = None
            whole(self, at, adapter)
            surplus = torch.zeros_like(self._weights)
            for block in self._blocks.values():
                for start, width in ((block.at_down, block.width_in), (block.at_up, block.width_out)):
                    surplus[start + at * self.rank * width :][: self.rank * width] = 1
            for view in self._views(surplus, at, adapter):
                view.zero_()
            stream = torch.Generator().manual_seed(at)
            self._weights += surplus * torch.empty_like(surplus).normal_(std=0.01, generator=stream)
        whole(self, at, adapter)

    monkeypatch.setattr(Bank, "_copy_row", dirty)
    runs = pack(tiny, tmp_path, ("all", "head", "free"))
    for name in ("all", "free"):  # "head" has the highest rank, and so no surplus
        with pytest.raises(AssertionError):
            assert_equal_runs(runs[name], solo[name], bounds(name))


def test_control_rows_that_are_not_emptied_for_the_next_trial(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    """A refill of lower rank finds what its predecessor left."""
    first = plan_of(tmp_path / "first", epochs=2, rank=16, learning_rate=1e-2)
    longer = plan_of(tmp_path / "longer", epochs=9, rank=2, targets="attention")

    def refill() -> Run:
        return train(Packed(tiny, slots=2), {"first": first, "longer": longer, **plans(tmp_path, ("all",))}, tmp_path)["all"]

    assert_equal_runs(refill(), solo["all"], TO_ITSELF)
    monkeypatch.setattr(Bank, "_copy_row", _copy_without_zeroing)
    with pytest.raises(AssertionError):
        assert_equal_runs(refill(), solo["all"], TO_ITSELF)


def _copy_without_zeroing(self: Bank, at: int, adapter: Adapter) -> None:
    row = self._rows[at]
    row.weights, row.grads = self._views(self._weights, at, adapter), self._views(self._grads, at, adapter)
    torch._foreach_copy_(row.weights, adapter.weight_views)
    self._scale_S[at] = adapter.scale
    row.adapter, row.version = adapter, adapter.version


def test_control_one_stream_of_dropout_for_all(tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each voice draws by its place in the pack, as from one stream."""
    names = ("all", "attention", "free")
    single = {name: alone(tiny, plan, tmp_path) for name, plan in plans(tmp_path / "alone", names, dropout=0.1).items()}
    whole = Streams.of

    def by_place(self: Streams, first: int, last: int) -> tuple[Tensor, Tensor]:
        keys_KN, rate_K = whole(self, first, last)
        places_KN = torch.arange(keys_KN.numel(), dtype=torch.int32).view_as(keys_KN)
        return places_KN, rate_K

    assert_equal_runs(pack(tiny, tmp_path / "right", names, dropout=0.1)["free"], single["free"], SGD_TO_ITSELF)
    monkeypatch.setattr(Streams, "of", by_place)
    runs = pack(tiny, tmp_path / "wrong", names, dropout=0.1)
    for name in names:
        with pytest.raises(AssertionError):
            assert_equal_runs(runs[name], single[name], bounds(name))


def test_control_a_step_count_that_is_not_the_trials_own(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    """A schedule one step late."""
    update = Slot._update

    def late(self: Slot) -> None:
        self.step -= 1
        update(self)
        self.step += 1

    monkeypatch.setattr(Slot, "_update", late)
    assert_seen(tiny, tmp_path, solo, ("all", "attention"))
