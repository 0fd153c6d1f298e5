"""`tiny`: a random two-layer Llama with its own byte-level tokenizer, built in memory in a fraction of a second.

It knows nothing, yet goes through every code path of a real model: chat markers, grouped-query attention, a gated MLP, an
`lm_head` tied to the embedding, layer sizes that int8 and nf4 accept. It can be trained to repeat answers (five in two seconds at
a learning rate of 3e-3 to 1e-2; attention-only diverges at 3e-2), so tests and dry runs need no download.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from torch import nn
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = (PAD, START, END)
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Frequent English pairs (Ġ is the byte-level space); 3 markers + 256 bytes + 29 merges = 288 tokens, a multiple of 32.
MERGES = "Ġ t|Ġ a|h e|i n|r e|Ġt he|o n|Ġ s|e r|a t|Ġ o|Ġ w|Ġ c|i s|n d|o r|e s|Ġ h|Ġ i|e n|Ġ b|Ġ f|Ġ p|i t|Ġo f|i ng|Ġ d|a l|n g"
SEED = 20260  # any number, but always the same one: two processes must build the same model
SPREAD = 0.2  # std of all matrices; at the usual 0.02 the logits of the frozen head stay within ±1.3, too flat to learn


def tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE: any text in any language comes back unchanged. The turn end is eos; pad is another token."""
    merges = [(left, right) for left, right in (pair.split(" ") for pair in MERGES.split("|"))]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*SPECIAL, *alphabet, *dict.fromkeys(left + right for left, right in merges)]
    built = Tokenizer(BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    built.decoder = decoders.ByteLevel()
    built.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return wrapped(built)


def wrapped(built: Tokenizer) -> PreTrainedTokenizerFast:
    """A tokenizer with our markers as transformers wants it, with a chat template."""
    return PreTrainedTokenizerFast(
        tokenizer_object=built,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[START],
        chat_template=CHAT_TEMPLATE,
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )


def config() -> LlamaConfig:
    """Grouped-query attention, head size 16; every linear size a multiple of 32, as int8 and nf4 kernels want."""
    return LlamaConfig(
        vocab_size=288,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,  # like the embedded model: the harder case for an adapter on lm_head
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )


def weights() -> dict[str, torch.Tensor]:
    """The same numbers in every process and library version: drawn by parameter name order from one seeded stream, norms one."""
    with torch.device("meta"):
        hollow: nn.Module = AutoModelForCausalLM.from_config(config())
    stream = torch.Generator().manual_seed(SEED)
    found: dict[str, torch.Tensor] = {}
    for name, parameter in sorted(hollow.named_parameters()):
        found[name] = (
            torch.ones(parameter.shape)
            if parameter.dim() == 1
            else torch.empty(parameter.shape).normal_(std=SPREAD, generator=stream)
        )
    return found


def model(settings: dict[str, Any]) -> Any:
    """The model under settings of `from_pretrained` (dtype, device, quantisation), which wants files: they live a moment."""
    with tempfile.TemporaryDirectory() as folder:
        config().save_pretrained(folder)
        save_file(weights(), Path(folder) / "model.safetensors", metadata={"format": "pt"})
        built: Any = AutoModelForCausalLM.from_pretrained(folder, **settings)
    built.name_or_path = built.config.name_or_path = (
        ""  # the folder is gone; an empty name keeps PEFT from looking for it on the hub
    )
    return built
