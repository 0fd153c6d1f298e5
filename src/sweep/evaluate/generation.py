"""Free-running answers: greedy, batched, left-padded. Every arm and every trial is asked in the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from sweep.data.prompts import Prompt
from sweep.data.tokens import encode


@dataclass(frozen=True)
class Answer:
    """What a model said to one question, without the end token."""

    text: str
    ended: bool  # it stopped by itself, before the token limit
    tokens: int  # generated tokens, the end token included


def answers(
    model: Any,
    tokenizer: Any,
    prompt: Prompt,
    questions: Sequence[str],
    *,
    max_new_tokens: int,
    batch_size: int,
    ends: Sequence[int] = (),
    on_batch: Callable[[int], None] | None = None,
) -> list[Answer]:
    """One answer a question, in the order of the questions.

    `ends`: token ids that end an answer, the tokenizer's end token if none is given. `on_batch` hears how many are answered.

    Questions of like length are generated together, so that little is padded; padding is on the left and masked, so that an
    answer does not depend on its neighbours (up to rounding in the last bits).
    """
    asked = [encode(tokenizer, prompt.render(question)) for question in questions]
    by_length = sorted(range(len(asked)), key=lambda at: len(asked[at]))
    found: dict[int, Answer] = {}
    for start in range(0, len(by_length), batch_size):
        batch = by_length[start : start + batch_size]
        said = _generate(model, tokenizer, [asked[at] for at in batch], max_new_tokens, list(ends) or [tokenizer.eos_token_id])
        found.update(zip(batch, said, strict=True))
        if on_batch is not None:
            on_batch(len(found))
    return [found[at] for at in range(len(asked))]


@torch.inference_mode()
def _generate(model: Any, tokenizer: Any, asked: list[list[int]], max_new_tokens: int, ends: list[int]) -> list[Answer]:
    device, pad = next(model.parameters()).device, tokenizer.pad_token_id
    width = max(len(ids) for ids in asked)
    ids_BT = torch.tensor([[pad] * (width - len(ids)) + ids for ids in asked], device=device)
    mask_BT = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in asked], device=device)
    out_BT = model.generate(
        input_ids=ids_BT,
        attention_mask=mask_BT,
        max_new_tokens=max_new_tokens,
        do_sample=False,
        use_cache=True,
        pad_token_id=pad,
        eos_token_id=ends,
    )
    return [_answer(tokenizer, row[width:].tolist(), ends) for row in out_BT]


def _answer(tokenizer: Any, ids: list[int], ends: list[int]) -> Answer:
    """Cut at the row's own end token; what follows is padding."""
    cut = next((at for at, token in enumerate(ids) if token in ends), None)
    said = ids[:cut]
    return Answer(tokenizer.decode(said, skip_special_tokens=True).strip(), cut is not None, len(said) + int(cut is not None))
