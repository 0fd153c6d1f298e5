"""Free-running answers: greedy, batched, left-padded. Every arm and every trial is asked in the same way."""

from __future__ import annotations

from collections.abc import Sequence
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
    model: Any, tokenizer: Any, prompt: Prompt, questions: Sequence[str], *, max_new_tokens: int, batch_size: int
) -> list[Answer]:
    """One answer a question, in the order of the questions.

    Questions of like length are generated together, so that little is padded; padding is on the left and masked, so that an
    answer does not depend on its neighbours (up to rounding in the last bits).
    """
    asked = [encode(tokenizer, prompt.render(question)) for question in questions]
    by_length = sorted(range(len(asked)), key=lambda at: len(asked[at]))
    found: dict[int, Answer] = {}
    for start in range(0, len(by_length), batch_size):
        batch = by_length[start : start + batch_size]
        for at, answer in zip(batch, _generate(model, tokenizer, [asked[at] for at in batch], max_new_tokens), strict=True):
            found[at] = answer
    return [found[at] for at in range(len(asked))]


@torch.inference_mode()
def _generate(model: Any, tokenizer: Any, asked: list[list[int]], max_new_tokens: int) -> list[Answer]:
    device = next(model.parameters()).device
    pad, end = tokenizer.pad_token_id, tokenizer.eos_token_id
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
        eos_token_id=end,
    )
    return [_answer(tokenizer, row[width:].tolist(), end) for row in out_BT]


def _answer(tokenizer: Any, ids: list[int], end: int) -> Answer:
    """Cut at the row's own end token; what follows is padding."""
    ended = end in ids
    said = ids[: ids.index(end)] if ended else ids
    return Answer(tokenizer.decode(said, skip_special_tokens=True).strip(), ended, len(said) + int(ended))
