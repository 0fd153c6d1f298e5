"""How likely right answers are to adapters of one base: a finer signal than right or wrong, in one pass a batch.

Slow, trusted twin: one answer at a time through the model's own logits; `tests/evaluate/test_likelihood.py` holds the two
together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from sweep.data.tokens import encode
from sweep.evaluate import batches
from sweep.model.decoder import continuations

LOGIT_BYTES = 2 << 30  # of one batch's logits, at most, unless one row a voice has more
A_LOGIT = 4  # bytes, in fp32

Row = tuple[list[int], list[int]]  # token ids of a prompt and of its right answer


def log_likelihoods(
    model: Any,
    tokenizer: Any,
    asked: Sequence[Sequence[tuple[str, str]]],
    *,
    batch_size: int | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[list[float]]:
    """Mean log-probability of each right answer, in nats a token, 0 or below; its end token does not count.

    `asked[k]`: (rendered prompt, right answer) of voice k. `batch_size`: rows of one voice read together, at most; None: as
    many as memory allows. `say` hears that memory ran out.
    Raises: what CUDA raises where one row a voice is too much.
    """
    rows = [[(encode(tokenizer, prompt), encode(tokenizer, gold)) for prompt, gold in voice] for voice in asked]
    longest = max((len(gold) for voice in rows for _, gold in voice), default=0) + 1
    at_once = rows_at_once(model, tokenizer, len(asked), longest, batch_size)

    def read(batch: list[list[Row]]) -> list[list[float]]:
        return _read(model, batch, tokenizer.pad_token_id)

    return batches.work(rows, at_once, lambda row: len(row[0]) + len(row[1]), read, say=say)


def rows_at_once(model: Any, tokenizer: Any, voices: int, tokens: int, batch_size: int | None) -> int:
    """Rows of one voice to read together, where logits of so many `tokens` a row are kept."""
    a_row = A_LOGIT * tokens * len(tokenizer)  # the model's vocabulary is as large, or a little larger
    return min(batch_size or batches.at_once(model, voices), max(1, LOGIT_BYTES // (a_row * voices)))


@torch.inference_mode()
def _read(model: Any, batch: list[list[Row]], filler: int) -> list[list[float]]:
    """One pass over these rows; a voice with fewer rows than another is filled up."""
    most = max(len(voice) for voice in batch)
    rows = [row for voice in batch for row in (*voice, *([([filler], [filler])] * (most - len(voice))))]
    logits_NLV = continuations(model, rows, filler)
    values = [_mean(logits_LV[-len(gold) - 1 : -1], gold) for logits_LV, (_, gold) in zip(logits_NLV, rows, strict=True)]
    found = torch.stack(values).tolist()
    return [found[k * most : k * most + len(voice)] for k, voice in enumerate(batch)]


def _mean(logits_LV: Tensor, gold: list[int]) -> Tensor:
    """Over the tokens of one answer; each is foretold by the logits in its place."""
    said_L = torch.tensor(gold, device=logits_LV.device)
    return log_softmax(logits_LV.float(), dim=-1).gather(1, said_L[:, None]).mean()
