"""One token a step: whichever way the cache lies, rows are continued as `generate` would."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    FalconConfig,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    OPTConfig,
    Qwen3Config,
)

from sweep.model.decoder import Fixed, Growing, Steps, begin, continuations

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"  # on CUDA, steps are recorded
PROMPTS = [[5, 6, 7, 8, 9], [11, 12], [13, 14, 15, 16]]
FILLER, STEPS = 3, 12
SHAPE: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": FILLER,
    "bos_token_id": None,
    "eos_token_id": None,
}


@pytest.fixture(scope="module")
def llama() -> Any:
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**SHAPE)).eval().to(DEVICE)


def mistral(window: int | None) -> Any:
    torch.manual_seed(0)
    return MistralForCausalLM(MistralConfig(**SHAPE, sliding_window=window)).eval().to(DEVICE)


def generated(model: Any, prompt: list[int]) -> list[int]:
    ids_BT = torch.tensor([prompt], device=DEVICE)
    out_BT = model.generate(ids_BT, attention_mask=torch.ones_like(ids_BT), max_new_tokens=STEPS + 1, do_sample=False)
    said: list[int] = out_BT[0, len(prompt) :].tolist()
    return said


@torch.inference_mode()
def said(first_N: Any, steps: Steps, count: int = STEPS) -> list[list[int]]:
    tokens = [first_N]
    for _ in range(count):
        tokens.append(steps.step(tokens[-1]).clone())
    found: list[list[int]] = torch.stack(tokens, dim=1).tolist()
    return found


@pytest.mark.parametrize(
    ("window", "kind"), [(None, Fixed), (64, Fixed), (len(PROMPTS[0]) + STEPS, Growing), (4, Growing)]
)  # no window; one that never fills; one that is full with the last token; one that slides
def test_rows_are_continued_as_generate_does(window: int | None, kind: type) -> None:
    model = mistral(window)
    with torch.inference_mode():
        first_N, steps = begin(model, PROMPTS, FILLER, STEPS)
    assert type(steps) is kind
    assert said(first_N, steps) == [generated(model, prompt) for prompt in PROMPTS]


def after_prompts(model: Any) -> tuple[Any, Any, Any, Any]:
    """What `begin` hands to the rows in work."""
    width = max(map(len, PROMPTS))
    ids_NT = torch.tensor([[FILLER] * (width - len(prompt)) + prompt for prompt in PROMPTS], device=DEVICE)
    mask_NT = (ids_NT != FILLER).long()
    position_NT = (mask_NT.cumsum(1) - 1).clamp(min=0)
    out = model(input_ids=ids_NT, attention_mask=mask_NT, position_ids=position_NT, use_cache=True)
    return out.logits[:, -1].argmax(-1), mask_NT, position_NT[:, -1:], out.past_key_values


@torch.inference_mode()
def test_computing_over_the_whole_length_changes_nothing(llama: Any) -> None:
    """As a recorded step on CUDA does."""
    first_N, mask_NT, position_N1, cache = after_prompts(llama)
    steps = Fixed(llama, mask_NT, position_N1, cache, STEPS, whole=True)
    assert said(first_N, steps) == [generated(llama, prompt) for prompt in PROMPTS]


@pytest.mark.parametrize("whole", [True, False, None])
@torch.inference_mode()
def test_rows_that_are_kept_go_on(whole: bool | None, llama: Any) -> None:
    """`None`: the cache that grows."""
    first_N, mask_NT, position_N1, cache = after_prompts(llama)
    steps: Steps = (
        Growing(llama, mask_NT, position_N1, cache)
        if whole is None
        else Fixed(llama, mask_NT, position_N1, cache, STEPS, whole=whole)
    )
    begun = said(first_N, steps, 3)
    kept_N = torch.tensor([2, 0], device=DEVICE)
    steps.keep(kept_N)
    last_N = torch.tensor([row[-1] for row in begun], device=DEVICE)[kept_N]
    rest = said(last_N, steps, STEPS - 3)
    assert [begun[row][:-1] + more for row, more in zip((2, 0), rest, strict=True)] == [
        generated(llama, PROMPTS[row]) for row in (2, 0)
    ]


FAMILIES: dict[str, Any] = {
    "opt": OPTConfig(
        vocab_size=50,
        hidden_size=32,
        ffn_dim=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        word_embed_proj_dim=32,
        pad_token_id=3,
    ),
    "falcon": FalconConfig(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, alibi=False),
    "falcon with ALiBi": FalconConfig(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, alibi=True),
    "bloom": BloomConfig(vocab_size=50, hidden_size=32, n_layer=2, n_head=4),
    "gpt2": GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=4),
    "gpt_neox": GPTNeoXConfig(vocab_size=50, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4),
    "qwen3": Qwen3Config(**SHAPE, head_dim=8),
    "gemma3": Gemma3TextConfig(**SHAPE, head_dim=8, sliding_window=8),
}


def of_family(family: str) -> Any:
    torch.manual_seed(0)
    config = FAMILIES[family]
    config.eos_token_id = config.bos_token_id = None
    return AutoModelForCausalLM.from_config(config).eval().to(DEVICE)


@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_every_family_is_continued_as_generate_does(family: str) -> None:
    model = of_family(family)
    assert said(*begin(model, PROMPTS, FILLER, STEPS)) == [generated(model, prompt) for prompt in PROMPTS]


@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_the_logits_of_given_continuations_are_those_of_each_row_alone(family: str) -> None:
    model, more = of_family(family), [[21], [22, 23, 24, 25], []]
    logits_NLV = continuations(model, list(zip(PROMPTS, more, strict=True)), FILLER)
    assert logits_NLV.shape[:2] == (3, 5)
    for prompt, tokens, logits_LV in zip(PROMPTS, more, logits_NLV, strict=True):
        alone_TV = model(input_ids=torch.tensor([[*prompt, *tokens]], device=DEVICE)).logits[0]
        count = len(tokens) + 1
        torch.testing.assert_close(logits_LV[-count:], alone_TV[-count:], rtol=1e-4, atol=1e-5)
