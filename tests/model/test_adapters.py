"""The bank of adapters: voices do not hear each other, the base is left alone, weights go in and out as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.composed import config
from torch import Tensor

from sweep.errors import ModelFault
from sweep.model import lora
from sweep.model.adapter import Adapter
from sweep.model.adapters import Bank, PackedLinear, Part, Voices, tight
from sweep.model.base import Base, load

IDS = torch.arange(3, 19)[None]  # one row of a voice
BASE = load("tiny", device="cpu")  # shared by all examples of a property: each clears its bank
NAMES = tuple(layer.name for layer in BASE.layers.found)
CLOSE = 2e-5  # relative to the norm; measured 1e-6: batched products round otherwise in another batch size


@dataclass(frozen=True)
class Voice:
    """What an example draws for one adapter."""

    names: tuple[str, ...]
    rank: int
    seed: int
    broken: bool = False  # its weights are NaN
    alpha: float = 8.0


VOICES = st.builds(
    Voice,
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=len(NAMES), unique=True).map(
        lambda some: tuple(sorted(some, key=NAMES.index))
    ),
    st.integers(1, 9),
    st.integers(0, 99),
    st.booleans(),
    st.floats(0.5, 16.0),
)


def adapter_of(voice: Voice, base: Base = BASE, **changes: Any) -> Adapter:
    """An adapter whose B is as large as training makes it."""
    recipe = replace(config("model=tiny").lora, rank=voice.rank, alpha=voice.alpha, **changes)
    adapter = Adapter(base, voice.names, recipe, voice.seed)
    with torch.no_grad():
        adapter.up.normal_(std=0.1, generator=torch.Generator().manual_seed(voice.seed))
        if voice.broken:
            adapter.up.fill_(float("nan"))
    adapter.changed()
    return adapter


def run(bank: Bank, adapters: Sequence[Adapter], ids: Tensor = IDS) -> Tensor:
    """Logits of all voices, [K, T, V]; the gradients of a sum over fixed weights are then with the adapters."""
    bank.zero_grads()
    with bank.speaking(adapters):
        logits: Tensor = bank.base.model(input_ids=ids.repeat(len(adapters), 1)).logits
        seen = torch.randn(logits.shape[1:], generator=torch.Generator().manual_seed(0))
        torch.autograd.backward([(logits * seen).sum()])
    for at, adapter in enumerate(adapters):
        bank.grads_to(adapter, at, add=False)
    return logits.detach()


def grads(adapter: Adapter) -> Tensor:
    return torch.cat([flat.grad for flat in adapter.parameters if flat.grad is not None])


def apart(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def in_bank(adapters: Sequence[Adapter], base: Base = BASE, wide: bool = False) -> Bank:
    bank = Bank(base, len(adapters), wide)
    for adapter in adapters:
        bank.fit(adapter)
    return bank


def by_peft(adapter: Adapter, base: Base) -> Tensor:
    """What PEFT says with these weights, [1, T, V]."""
    recipe = adapter.config
    model: Any = lora.attach(base, tuple(adapter.sizes), rank=recipe.rank, alpha=recipe.scaled_alpha, rslora=recipe.rslora)
    weights = adapter.read()
    with torch.no_grad():
        for name, layer in lora.adapters(model):
            layer.lora_A["default"].weight.copy_(weights[name][0])
            layer.lora_B["default"].weight.copy_(weights[name][1])
        found: Tensor = model(input_ids=IDS).logits
    lora.detach(model)
    return found


# ---- voices -------------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(VOICES, min_size=1, max_size=5), st.booleans())
def test_a_voice_does_not_depend_on_the_others(voices: list[Voice], wide: bool) -> None:
    """Neither what it says nor its gradient, whatever rank and targets the others have, and if they are NaN.

    `wide`: as on CUDA, where every voice runs through all targeted layers.
    """
    adapters = [adapter_of(voice) for voice in voices]
    bank = in_bank(adapters, wide=wide)
    logits = run(bank, adapters)
    together = [grads(adapter).clone() for adapter in adapters]
    bank.clear()
    for at, (voice, adapter) in enumerate(zip(voices, adapters, strict=True)):
        if voice.broken:
            assert not logits[at].isfinite().any()
            continue
        single = in_bank([adapter])
        said = run(single, [adapter])[0]
        single.clear()
        assert apart(logits[at], said) < CLOSE
        assert apart(together[at], grads(adapter)) < CLOSE


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VOICES, st.booleans())
def test_a_voice_says_what_peft_says(voice: Voice, rslora: bool) -> None:
    adapter = adapter_of(replace(voice, broken=False), rslora=rslora)
    bank = in_bank([adapter])
    said = run(bank, [adapter])
    bank.clear()
    assert apart(said, by_peft(adapter, BASE)) < CLOSE


def test_layers_that_nobody_targets_run_as_if_there_were_no_bank() -> None:
    untouched = BASE.model(input_ids=IDS).logits
    first, last = adapter_of(Voice(NAMES[:2], 4, 0)), adapter_of(Voice(NAMES[7:9], 4, 1))
    bank = in_bank([first, last])
    with bank.speaking([last]):
        linears = {name: BASE.model.get_submodule(name) for name in (*NAMES[:2], *NAMES[7:9])}
        assert all(isinstance(linear, PackedLinear) for linear in linears.values())
        assert {name for name, linear in linears.items() if linear.part is not None} == set(NAMES[7:9])
        x = torch.randn(1, 5, 64)
        quiet: Any = linears[NAMES[0]]
        assert torch.equal(quiet(x), quiet.base(x))
    assert torch.equal(BASE.model(input_ids=IDS).logits, untouched)
    bank.clear()


def test_a_module_computes_only_from_its_first_voice_to_its_last() -> None:
    """What stands outside is bit for bit the base's; inside, a voice that does not target it adds zero."""
    adapters = [adapter_of(Voice(names, 3, 0)) for names in (NAMES[1:2], NAMES[:2], NAMES[1:2], NAMES[:1], NAMES[1:2])]
    bank = in_bank(adapters)
    x = torch.randn(5, 7, 64, generator=torch.Generator().manual_seed(0))
    layer: Any = BASE.model.get_submodule(NAMES[0])
    with bank.speaking(adapters), torch.no_grad():
        part: Part = layer.part
        assert (part.voices, part.first, part.last) == (5, 1, 4)
        found, expected = layer(x), layer.base(x)
    assert [torch.equal(found[at], expected[at]) for at in range(5)] == [True, False, True, False, True]
    bank.clear()


def test_voices_answer_for_their_own_block_of_rows() -> None:
    adapters = [adapter_of(Voice(NAMES, 4, 0)), adapter_of(Voice(NAMES[:3], 2, 1))]
    bank = in_bank(adapters)
    ids = torch.arange(3, 35).view(2, 16)
    with torch.no_grad():
        said = [Voices(bank, [adapter])(input_ids=ids).logits for adapter in adapters]
        both = Voices(bank, adapters)(input_ids=ids.repeat(2, 1)).logits
    assert apart(both, torch.cat(said)) < CLOSE
    assert next(Voices(bank, adapters).parameters()).device.type == "cpu"
    bank.clear()


def test_like_targets_stand_together() -> None:
    adapters = [adapter_of(Voice(names, 2, 0)) for names in (NAMES[:2], NAMES[4:6], NAMES[:2], NAMES[4:6], NAMES[:2])]
    order = [tuple(adapters[at].sizes) for at in tight(adapters)]
    assert order == sorted(order)
    assert sorted(tight(adapters)) == list(range(5))


# ---- the base -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["none", "int8", "nf4"])
def test_clear_leaves_the_base_as_it_was(kind: Any) -> None:
    base = load("tiny", quantization=kind, threshold=0.0, device="cpu")
    before, weights = dict(base.model.named_modules()), {name: value.clone() for name, value in base.model.state_dict().items()}
    adapters = [adapter_of(Voice(NAMES, 4, 0), base), adapter_of(Voice(NAMES[:3], 12, 1), base)]
    bank = in_bank(adapters, base)
    run(bank, adapters)
    assert bank._weights.numel() > 0
    bank.clear()
    after = dict(base.model.named_modules())
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)
    assert all(torch.equal(value, weights[name]) for name, value in base.model.state_dict().items())
    assert not any(parameter.requires_grad for parameter in base.model.parameters())
    assert bank._weights.numel() == bank._grads.numel() == 0


def test_an_exception_while_they_speak_leaves_the_base_silent() -> None:
    untouched = BASE.model(input_ids=IDS).logits
    adapter = adapter_of(Voice(NAMES, 4, 0))
    bank = in_bank([adapter])

    def interrupted() -> None:
        with bank.speaking([adapter]):
            assert not torch.equal(BASE.model(input_ids=IDS).logits, untouched)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert torch.equal(BASE.model(input_ids=IDS).logits, untouched)
    bank.clear()


def test_more_adapters_than_slots_are_our_own_mistake() -> None:
    adapter = adapter_of(Voice(NAMES[:1], 4, 0))
    bank = in_bank([adapter])
    with pytest.raises(AssertionError, match="the bank has 1 slots, got 2 adapters"):
        bank.copy_in([adapter, adapter])
    bank.clear()


# ---- the workspace ------------------------------------------------------------------------------------------------------


def test_weights_are_copied_in_when_they_changed_and_not_before() -> None:
    adapter = adapter_of(Voice(NAMES[:1], 2, 0))
    bank = in_bank([adapter])
    bank.copy_in([adapter])
    before = bank._weights.clone()
    with torch.no_grad():
        adapter.up.add_(1)
    bank.copy_in([adapter])
    assert torch.equal(bank._weights, before)
    adapter.changed()
    bank.copy_in([adapter])
    own = bank._views(bank._weights, 0, adapter)
    assert all(torch.equal(a, b) for a, b in zip(own, adapter.factors()[NAMES[0]], strict=True))
    bank.clear()


@settings(max_examples=20, deadline=None)
@given(VOICES, VOICES)
def test_a_row_holds_nothing_of_its_last_adapter(first: Voice, second: Voice) -> None:
    """Also not NaN: what the next one does not fill is zero, and so are the gradients that it does not own."""
    old, new = adapter_of(first), adapter_of(replace(second, broken=False))
    bank = Bank(BASE, 1)
    for adapter in (old, new):
        bank.fit(adapter)
    run(bank, [old])
    run(bank, [new])
    for flat in (bank._weights, bank._grads):
        rest = flat.clone()
        for view in bank._views(rest, 0, new):
            view.zero_()
        assert not rest.any()
    bank.clear()


def test_gradients_are_added_or_written() -> None:
    adapter = adapter_of(Voice(NAMES, 3, 0))
    bank = in_bank([adapter])
    run(bank, [adapter])
    once = grads(adapter).clone()
    assert once.any()
    bank.grads_to(adapter, 0, add=True)
    assert torch.equal(grads(adapter), 2 * once)
    bank.grads_to(adapter, 0, add=False)
    assert torch.equal(grads(adapter), once)
    bank.clear()


def test_the_workspace_grows_and_does_not_shrink() -> None:
    small, large = adapter_of(Voice(NAMES[:1], 2, 0)), adapter_of(Voice(NAMES[3:5], 8, 1))
    bank = Bank(BASE, 2)
    bank.fit(small)
    assert bank._weights.numel() == 2 * 2 * (64 + 64)  # slots, rank, widths
    bank.fit(large)
    grown = bank._weights.numel()
    assert grown == 2 * 8 * sum(BASE.layers.trainable((name,), 1) for name in (NAMES[0], *NAMES[3:5]))
    bank.fit(small)
    assert bank._weights.numel() == bank._grads.numel() == grown
    bank.clear()


# ---- one adapter --------------------------------------------------------------------------------------------------------


def test_first_weights_are_those_of_every_engine() -> None:
    adapter = Adapter(BASE, NAMES[:3], replace(config("model=tiny").lora, rank=4), seed=5)
    for name, (a_rD, b_Or) in adapter.read().items():
        assert torch.equal(a_rD, lora.initial_a(5, name, *a_rD.shape))
        assert not b_Or.any()


@settings(max_examples=10, deadline=None)
@given(VOICES, st.sampled_from(["fp32", "bf16"]))
def test_what_is_read_can_be_written(voice: Voice, precision: str) -> None:
    voice = replace(voice, broken=False)
    adapter, other = adapter_of(voice, precision=precision), adapter_of(replace(voice, seed=voice.seed + 1), precision=precision)
    version = other.version
    other.write(adapter.read())
    assert other.version > version
    assert all(torch.equal(a, b) for a, b in zip(adapter.parameters, other.parameters, strict=True))


def test_bf16_rounds_the_weights_and_keeps_them_in_fp32() -> None:
    voice = Voice(NAMES[:2], 4, 0)
    exact, rounded = adapter_of(voice), adapter_of(voice, precision="bf16")
    for a, b in zip(exact.parameters, rounded.parameters, strict=True):
        assert b.dtype == torch.float32
        assert torch.equal(b, a.bfloat16().float())
        assert not torch.equal(a, b)
    assert {part.dtype for pair in rounded.read().values() for part in pair} == {torch.bfloat16}
    assert {part.dtype for pair in exact.read().values() for part in pair} == {torch.float32}


def test_weights_of_other_modules_or_another_rank_are_refused() -> None:
    adapter = adapter_of(Voice(NAMES[:2], 4, 0))
    with pytest.raises(ModelFault) as fault:
        adapter.write(adapter_of(Voice(NAMES[1:2], 4, 0)).read())
    assert str(fault.value) == f"adapter: the saved one and this trial's target different modules: {NAMES[0]}"
    with pytest.raises(ModelFault) as fault:
        adapter.write(adapter_of(Voice(NAMES[:2], 3, 0)).read())
    assert str(fault.value) == (f"adapter: {NAMES[0]} was saved with shapes (3, 64, 64, 3), expected (4, 64, 64, 4)")


def test_rank_zero_is_refused() -> None:
    with pytest.raises(ModelFault) as fault:
        Adapter(BASE, NAMES[:1], replace(config("model=tiny").lora, rank=0), seed=0)
    assert str(fault.value) == "lora.rank: got 0, expected a whole number of at least 1"


def test_factors_view_other_tensors_of_the_same_layout() -> None:
    adapter = adapter_of(Voice(NAMES[:2], 4, 0))
    moments = [torch.zeros_like(flat) for flat in adapter.parameters]
    for down_rD, up_rO in adapter.factors(*moments).values():
        down_rD += 1
        up_rO += 2
    assert [set(flat.tolist()) for flat in moments] == [{1.0}, {2.0}]
