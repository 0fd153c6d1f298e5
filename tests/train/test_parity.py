"""The packed engine against its slow twin, and against itself: a trial's numbers do not depend on who trains beside it.

Trials and bounds: `parity.py`. That these tests can fail: `test_parity_controls.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
import torch
from peft import PeftModel
from tests.train.parity import (
    ADAMW,
    ROUNDED,
    SGD,
    SGD_TO_ITSELF,
    TO_ITSELF,
    TO_REFERENCE,
    TRIALS,
    Run,
    alone,
    assert_equal_runs,
    bounds,
    by_reference,
    epoch_ends,
    gaps,
    pack,
    plans,
    rounds,
    set_ragged,
    train,
    weights_of,
)  # fmt: skip
from tests.train.plans import plan_of
from torch import Tensor

from sweep.model.adapter import Adapter
from sweep.model.base import Base, Quantization, load
from sweep.train import packed
from sweep.train.batch import Batch, stack
from sweep.train.engine import Diverged, NoRoom
from sweep.train.forward import Forward
from sweep.train.packed import Packed

KINDS: tuple[Quantization, ...] = ("none", "int8", "nf4")


@pytest.fixture(autouse=True)
def _one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials run in one pass however their lengths differ: padding, and nobody by himself."""
    set_ragged(monkeypatch, 1e9)


# ---- against the slow twin ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_packed_trials_are_those_of_the_reference(kind: Quantization, tmp_path: Path) -> None:
    """Alone and packed. Measured on nf4, and on int8 (threshold 0) on a CPU: no more than on a plain base."""
    base, names = load("tiny", quantization=kind, threshold=0.0), tuple(TRIALS) if kind == "none" else ADAMW
    expected = {name: by_reference(base, plan, tmp_path) for name, plan in plans(tmp_path / "reference", names).items()}
    single = {name: alone(base, plan, tmp_path) for name, plan in plans(tmp_path / "alone", names).items()}
    for name in names:
        assert_equal_runs(single[name], expected[name], ROUNDED if rounds(base) else TO_REFERENCE)
    for group in dict.fromkeys((ADAMW, names)):
        for name, run in pack(base, tmp_path / f"pack{len(group)}", group).items():
            assert_equal_runs(run, expected[name], ROUNDED if rounds(base) else TO_REFERENCE)
            assert_equal_runs(run, single[name], ROUNDED if rounds(base) else bounds(name))


def test_a_hundred_steps_drift_to_no_side(tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "head" knows its rows by then: 2e-3 nats a token are 1 % of its loss, so last bits weigh more: as they do between two
    runs alone that differ in padding. Measured: loss 1e-6 (on an H100 1e-5), drift 2e-7, movement 1e-6."""
    changes: dict[str, Any] = {"epochs": 10, "batch_size": 1, "accumulation": 1, "learning_rate": 1e-3}
    found = pack(tiny, tmp_path / "pack", ("all", "attention", "head"), **changes)
    for name in ("all", "head"):
        plan = plan_of(tmp_path / name, **{**TRIALS[name], **changes})
        expected, single = by_reference(tiny, plan, tmp_path), alone(tiny, plan, tmp_path)
        assert len(expected.losses) == 110
        with monkeypatch.context() as padding:
            padding.setattr(packed, "stack", lambda joined, counts, drops, device, step: stack(joined, counts, drops, device, 64))
            control = gaps(alone(tiny, plan, tmp_path), single).loss
        assert_equal_runs(found[name], expected, replace(TO_REFERENCE, loss=max(TO_REFERENCE.loss, 3 * control)))


def test_in_bf16_the_engines_differ_by_less_than_seeds_and_to_no_side(tiny_bf16: Base, tmp_path: Path) -> None:
    """Bits cannot be equal: how products are cut depends on the number of rows. Compared is the mean loss of a whole training,
    seed by seed. Measured: 2 to 8 % of the seeds' spread, t 1.4 over eight seeds."""
    relative = []
    for name in ("all", "attention"):
        trials = {f"{name}{seed}": plan_of(tmp_path / f"{name}{seed}", **{**TRIALS[name], "seed": seed}) for seed in range(4)}
        runs = train(Packed(tiny_bf16, slots=4), trials, tmp_path)
        expected = {key: mean(by_reference(tiny_bf16, plan, tmp_path).losses) for key, plan in trials.items()}
        apart = {key: mean(runs[key].losses) - expected[key] for key in trials}
        assert max(map(abs, apart.values())) < stdev(expected.values()) / 4, name
        relative += [apart[key] / expected[key] for key in trials]
    assert abs(mean(relative)) < 4 * stdev(relative) / len(relative) ** 0.5


# ---- against itself -----------------------------------------------------------------------------------------------------


def test_clipping_acts_where_these_tests_need_it(tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    norms: list[float] = []
    clip = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda flats, most: norms.append(float(clip(flats, most)) / most))
    for name in (*ADAMW, "plain"):
        norms.clear()
        alone(tiny, plan_of(tmp_path / name, **TRIALS[name]), tmp_path)
        over = [norm > 1 for norm in norms]
        assert all(over) if name in ADAMW else any(over) and not all(over), (name, norms)


@pytest.mark.parametrize("group", [ADAMW, SGD, ADAMW[::-1], ("out", "all"), ("head", "free", "attention"), tuple(TRIALS)])
def test_neighbours_and_order_change_nothing(group: tuple[str, ...], tiny: Base, tmp_path: Path, solo: dict[str, Run]) -> None:
    for name, run in pack(tiny, tmp_path, group).items():
        assert_equal_runs(run, solo[name], bounds(name))


def test_trials_of_like_length_only_share_a_pass(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    set_ragged(monkeypatch, 1.25)
    lengths: list[list[int]] = []

    def spy(joined: Any, *rest: Any) -> Batch:
        lengths.append([len(one.ids_N) for one in joined])
        return stack(joined, *rest)

    monkeypatch.setattr(packed, "stack", spy)
    for name, run in pack(tiny, tmp_path).items():
        assert_equal_runs(run, solo[name], bounds(name))
    assert all(max(group) <= 1.25 * min(group) for group in lengths)
    assert {len(group) for group in lengths} >= {1, 2, 3}


def test_a_recycled_slot_and_a_bank_that_grows_change_nothing(tiny: Base, tmp_path: Path, solo: dict[str, Run]) -> None:
    """Two slots, six trials: each refill finds another rank and other targets; ranks and layers come that nobody had before."""
    engine, ranks = Packed(tiny, slots=2), list[int]()
    order: tuple[str, ...] = ("free", "attention", "out", "all", "head", "plain")
    runs = train(engine, plans(tmp_path, order), tmp_path, look=lambda: ranks.append(engine._bank.rank))
    assert ranks[0] == 16
    for name in order:
        assert_equal_runs(runs[name], solo[name], bounds(name))

    engine, order = Packed(tiny, slots=2), ("out", "all", "attention", "head")  # laid out anew beneath one that trains
    ranks.clear()
    runs = train(engine, plans(tmp_path / "b", order), tmp_path, look=lambda: ranks.append(engine._bank.rank))
    assert ranks[0] == 4
    assert ranks[-1] == 16
    for name in order:
        assert_equal_runs(runs[name], solo[name], bounds(name))


def test_a_neighbour_that_diverges_changes_nothing(tiny: Base, tmp_path: Path, solo: dict[str, Run]) -> None:
    """It targets every layer, so that in each one it stands among the others."""
    wild = plan_of(tmp_path / "wild", epochs=4, learning_rate=1e30, max_grad_norm=0.0, rank=16, lm_head=True, seed=7)
    runs = train(Packed(tiny, slots=7), {"wild": wild, **plans(tmp_path)}, tmp_path)
    assert isinstance(runs["wild"].error, Diverged)
    for name in TRIALS:
        assert_equal_runs(runs[name], solo[name], bounds(name))


def test_a_neighbour_that_is_stopped_early_changes_nothing(tiny: Base, tmp_path: Path, solo: dict[str, Run]) -> None:
    engine = Packed(tiny, slots=3)
    for name in ADAMW:
        engine.start(name, plan_of(tmp_path / name, **TRIALS[name]))
    first = weights_of(engine, "all", tmp_path)
    ends = epoch_ends(engine, 3)
    engine.stop("attention")
    engine.stop("head")
    losses = [loss for end in ends if end.key == "all" for _, loss in end.losses]
    while len(losses) < len(solo["all"].losses):
        losses += [loss for end in epoch_ends(engine, 1) for _, loss in end.losses]
    found = replace(solo["all"], losses=tuple(losses), first=first, last=weights_of(engine, "all", tmp_path))
    engine.stop("all")
    assert_equal_runs(found, solo["all"], TO_ITSELF)


def test_save_and_resume_into_another_pack_changes_nothing(tiny: Base, tmp_path: Path, solo: dict[str, Run]) -> None:
    trials = plans(tmp_path)
    before = train(Packed(tiny, slots=3, checkpoint_seconds=0), {name: trials[name] for name in ADAMW}, tmp_path, epochs=2)
    mixed = {name: trials[name] for name in ("plain", "head", "all", "attention")}
    after = train(Packed(tiny, slots=4), mixed, tmp_path, resumed=ADAMW)
    for name in ADAMW:
        told, steps = before[name].losses, trials[name].steps_per_epoch
        assert 0 < len(told) < len(solo[name].losses)
        assert after[name].losses[:steps] == told[-steps:], "the end of the checkpoint's epoch is told again"
        resumed = replace(after[name], losses=(*told[:-steps], *after[name].losses), first=before[name].first)
        assert_equal_runs(resumed, solo[name], TO_ITSELF)
    assert_equal_runs(after["plain"], solo["plain"], SGD_TO_ITSELF)


def test_surplus_ranks_and_untargeted_modules_stay_exactly_zero(tiny: Base, tmp_path: Path) -> None:
    engine = Packed(tiny, slots=len(TRIALS))
    for name, plan in plans(tmp_path).items():
        engine.start(name, plan)
    epoch_ends(engine, 16)
    bank = engine._bank
    for flat, views in ((bank._weights, "weights"), (bank._grads, "grads")):
        rest = flat.clone()
        for at, row in enumerate(bank._rows):
            own = bank._views(rest, at, row.adapter) if row.adapter else []
            assert views == "grads" or all(bool(view.any()) for view in own)  # the last pass had only some of them
            for view in own:
                view.zero_()
        assert not rest.any(), views
    for name in TRIALS:
        engine.stop(name)


# ---- out of memory ------------------------------------------------------------------------------------------------------


def test_out_of_memory_halves_the_pack_and_loses_nothing(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    """Memory runs out after the pass, when gradients lie in the workspace: the worst moment."""
    whole, sizes = Forward.train, list[int]()

    def short(self: Forward, adapters: Sequence[Adapter], *rest: Any) -> Tensor:
        losses = whole(self, adapters, *rest)
        sizes.append(len(adapters))
        if len(adapters) > 2 and len(sizes) > 4:  # in the middle of an epoch and of an accumulation window
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return losses

    monkeypatch.setattr(Forward, "train", short)
    told: list[str] = []
    engine = Packed(tiny, slots=6, say=told.append)
    runs = train(engine, plans(tmp_path), tmp_path)
    assert runs.keys() == TRIALS.keys()
    for name in TRIALS:
        assert_equal_runs(runs[name], solo[name], bounds(name))
    assert told == [
        "the GPU has no memory for 6 trials in one pass; going on with 3, no trial is lost",
        "the GPU has no memory for 3 trials in one pass; going on with 1, no trial is lost",
        "the GPU has no memory for 3 trials in one pass; going on with 1, no trial is lost",
    ]
    assert engine._together == 1
    assert set(sizes[:4]) == {6}


def fails_for(monkeypatch: pytest.MonkeyPatch, wrong: Callable[[list[int]], bool], error: Exception) -> None:
    """A pass of trials whose ranks are wrong raises this."""
    whole = Forward.train

    def train_or_fail(self: Forward, adapters: Sequence[Adapter], *rest: Any) -> Tensor:
        if wrong([adapter.config.rank for adapter in adapters]):
            raise error
        return whole(self, adapters, *rest)

    monkeypatch.setattr(Forward, "train", train_or_fail)


def test_a_trial_that_fits_nowhere_breaks_alone(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    fails_for(monkeypatch, lambda ranks: 16 in ranks, torch.cuda.OutOfMemoryError("CUDA out of memory"))
    runs = pack(tiny, tmp_path, ADAMW)
    assert isinstance(runs["attention"].error, torch.cuda.OutOfMemoryError)
    for name in ("all", "head"):
        assert_equal_runs(runs[name], solo[name], TO_ITSELF)


def test_a_trial_that_raises_breaks_alone(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    """Whatever it is: the others train on, in passes as large as before."""
    fails_for(monkeypatch, lambda ranks: 16 in ranks, ValueError("not this one"))
    told: list[str] = []
    engine = Packed(tiny, slots=3, say=told.append)
    runs = train(engine, plans(tmp_path, ADAMW), tmp_path)
    error = runs["attention"].error
    assert isinstance(error, ValueError)
    assert error.__traceback__ is not None, "result.json tells where"
    for name in ("all", "head"):
        assert_equal_runs(runs[name], solo[name], TO_ITSELF)
    assert (told, engine._together) == ([], 3)


@pytest.mark.parametrize("words", ["CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"])
def test_memory_that_runs_out_in_other_words_costs_no_trial_either(
    words: str, tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    fails_for(monkeypatch, lambda ranks: len(ranks) > 2, RuntimeError(words))
    told: list[str] = []
    runs = train(Packed(tiny, slots=3, say=told.append), plans(tmp_path, ADAMW), tmp_path)
    assert told == ["the GPU has no memory for 3 trials in one pass; going on with 1, no trial is lost"]
    for name in ADAMW:
        assert_equal_runs(runs[name], solo[name], TO_ITSELF)


def test_a_newcomer_that_finds_no_memory_leaves_the_others_in_peace(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    """The workspace is laid out anew for it, beneath a trial that is under way."""
    whole, engine = torch.zeros, Packed(tiny, slots=2)
    engine.start("all", plan_of(tmp_path / "all", **TRIALS["all"]))
    first, ends = weights_of(engine, "all", tmp_path), epoch_ends(engine, 2)
    large = engine._bank._weights.numel() + 1

    def short(*shape: Any, **settings: Any) -> torch.Tensor:
        if len(shape) == 1 and isinstance(shape[0], int) and shape[0] >= large:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return whole(*shape, **settings)

    monkeypatch.setattr(torch, "zeros", short)
    with pytest.raises(NoRoom, match="no memory for another trial of rank 16 beside 1 running ones"):
        engine.start("attention", plan_of(tmp_path / "attention", **TRIALS["attention"]))
    ends += epoch_ends(engine, 2)
    losses = tuple(loss for end in ends for _, loss in end.losses)
    found = replace(solo["all"], losses=losses, first=first, last=weights_of(engine, "all", tmp_path))
    engine.stop("all")
    engine.close()
    assert_equal_runs(found, solo["all"], TO_ITSELF)
    assert not any("PackedLinear" in str(type(module)) for module in tiny.model.modules())


# ---- dropout ------------------------------------------------------------------------------------------------------------


def test_dropout_is_the_trials_own(tiny: Base, tmp_path: Path, solo: dict[str, Run]) -> None:
    """Beside trials with and without dropout, longer and shorter ones; and it does drop."""
    mixed = {
        **plans(tmp_path, ("all", "head", "free"), dropout=0.1),
        "attention": plan_of(tmp_path / "attention", **TRIALS["attention"]),
    }
    runs = train(Packed(tiny, slots=4), mixed, tmp_path)
    for name in ("all", "head", "free"):
        single = alone(tiny, plan_of(tmp_path / "alone" / name, **TRIALS[name], dropout=0.1), tmp_path)
        assert_equal_runs(runs[name], single, bounds(name))
        assert gaps(single, solo[name]).movement > 0.05
    assert_equal_runs(runs["attention"], solo["attention"], TO_ITSELF)


def test_dropout_does_not_depend_on_padding(tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(tmp_path / "a", **TRIALS["all"], dropout=0.1)
    expected = alone(tiny, plan, tmp_path)
    monkeypatch.setattr(packed, "stack", lambda joined, counts, drops, device, step: stack(joined, counts, drops, device, 64))
    assert_equal_runs(alone(tiny, plan, tmp_path), expected, TO_ITSELF)


def test_what_earlier_trials_left_behind_makes_room_for_the_next(
    tiny: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, solo: dict[str, Run]
) -> None:
    """A larger rank needs a new workspace, for which there is memory once the old one and all recordings are gone."""
    engine = Packed(tiny, slots=2)
    engine.start("all", plan_of(tmp_path / "all", **TRIALS["all"]))
    engine.stop("all")
    whole, failures = torch.zeros, list[int]()

    def short(*shape: Any, **settings: Any) -> Tensor:
        if engine._bank._blocks and not failures:
            failures.append(1)
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return whole(*shape, **settings)

    monkeypatch.setattr(torch, "zeros", short)
    runs = train(engine, {"attention": plan_of(tmp_path / "attention", **TRIALS["attention"])}, tmp_path)
    assert failures == [1]
    assert_equal_runs(runs["attention"], solo["attention"], TO_ITSELF)


# ---- adapters in and out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_plain_peft_reads_an_export_and_says_the_same(kind: Quantization, tmp_path: Path) -> None:
    base = load("tiny", quantization=kind, threshold=0.0)
    ids_BT = torch.arange(3, 63, device=base.device).view(2, 30)
    engine = Packed(base, slots=2)
    for name in ("all", "head"):
        engine.start(name, plan_of(tmp_path / name, **TRIALS[name]))
    epoch_ends(engine, 4)
    said = {}
    with torch.no_grad():
        for name in ("all", "head"):
            said[name] = engine.adapted(name)(input_ids=ids_BT).logits
            engine.save(name, tmp_path / "export" / name)
        both = engine.adapted("all", "head")(input_ids=ids_BT.repeat(2, 1)).logits
        turned = engine.adapted("head", "all")(input_ids=ids_BT.repeat(2, 1)).logits
    torch.testing.assert_close(both, torch.cat([said["all"], said["head"]]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(turned, torch.cat([said["head"], said["all"]]), rtol=1e-4, atol=1e-4)
    for name in ("all", "head"):
        engine.stop(name)
    for name in ("all", "head"):
        fresh = load("tiny", quantization=kind, threshold=0.0).model
        with torch.no_grad():
            untouched = fresh(input_ids=ids_BT).logits
            plain = PeftModel.from_pretrained(fresh, str(tmp_path / "export" / name))(input_ids=ids_BT).logits
        torch.testing.assert_close(said[name], plain, rtol=1e-4, atol=1e-4)
        assert not torch.allclose(untouched, plain, rtol=0.1, atol=0.1)
