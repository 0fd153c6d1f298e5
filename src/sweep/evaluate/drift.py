"""How far training moved a model on text that has nothing to do with it: KL divergence from the base, in nats a token.

The base continues neutral prompts greedily, once; its log-probabilities along them stay in the host's memory. A trial then reads
the same text in one pass. The divergence is KL(base || tuned), so it counts what the base would say and the tuned model no
longer would: sum over the vocabulary of p_base x (log p_base - log p_tuned), averaged over tokens. That of the base itself is 0
and is not measured.
Slow, trusted twin: the formula on one row at a time; `tests/evaluate/test_drift.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from sweep import costs
from sweep.clusters import clustered_stderr
from sweep.evaluate import batches
from sweep.evaluate.generation import continued
from sweep.evaluate.likelihood import rows_at_once
from sweep.model.decoder import continuations
from sweep.trial import Measurement

Found = TypeVar("Found")

TOKENS = 64  # of each continuation, at most


@dataclass(frozen=True, eq=False)
class Row:
    """One neutral prompt as the base goes on with it."""

    prompt: list[int]  # token ids
    said: list[int]
    base_LV: Tensor  # its log-probabilities at each token said, fp32, on the CPU: 4 bytes x L x vocabulary


def reference(
    model: Any, tokenizer: Any, prompts: Sequence[str], *, ends: Sequence[int] = (), batch_size: int | None = None
) -> tuple[Row, ...]:
    """What the untouched base says to these rendered prompts, and how likely it is to say anything else."""
    rows = continued(model, tokenizer, prompts, TOKENS, batch_size=batch_size, ends=ends)
    at_once = rows_at_once(model, tokenizer, 1, TOKENS + 1, batch_size)

    def read(batch: list[list[tuple[list[int], list[int]]]]) -> list[list[Row]]:
        return [_each(model, batch[0], tokenizer.pad_token_id, lambda at, log_LV: Row(*batch[0][at], base_LV=log_LV.cpu()))]

    (found,) = batches.work([rows], at_once, lambda row: len(row[0]) + len(row[1]), read)
    return tuple(found)


def divergences(
    model: Any,
    tokenizer: Any,
    references: Sequence[Sequence[Row]],
    *,
    batch_size: int | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[list[list[float]]]:
    """KL at each token of each row of each voice, nats; `references[k]` are those of voice k, and none asks nothing of it."""
    at_once = rows_at_once(model, tokenizer, len(references), TOKENS + 1, batch_size)
    filler = Row([tokenizer.pad_token_id], [tokenizer.pad_token_id], torch.zeros(1, 1))

    def read(batch: list[list[Row]]) -> list[list[list[float]]]:
        most = max(len(voice) for voice in batch)
        rows = [row for voice in batch for row in (*voice, *([filler] * (most - len(voice))))]
        said = [(row.prompt, row.said) for row in rows]
        found = _each(model, said, filler.said[0], lambda at, log_LV: _divergence(rows[at].base_LV.to(log_LV.device), log_LV))
        return [found[k * most : k * most + len(voice)] for k, voice in enumerate(batch)]

    return batches.work(references, at_once, lambda row: len(row.prompt) + len(row.said), read, say=say)


def measured(rows: Sequence[list[float]]) -> tuple[Measurement, ...]:
    """The mean over tokens; n counts prompts, by which errors are clustered. Nothing, where nothing was asked."""
    if not rows:
        return ()
    values = [value for row in rows for value in row]
    clusters = [at for at, row in enumerate(rows) for _ in row]
    error = clustered_stderr(values, clusters) if len(rows) > 1 else None
    return (Measurement(costs.KL, sum(values) / len(values), len(rows), error, "lower"),)


@torch.inference_mode()
def _each(
    model: Any, rows: Sequence[tuple[list[int], list[int]]], filler: int, act: Callable[[int, Tensor], Found]
) -> list[Found]:
    """What `act` makes of each row's place and its log-probabilities [L, V] before each token that was said; one pass."""
    logits_NLV = continuations(model, rows, filler)
    return [act(at, log_softmax(logits_NLV[at, -len(said) - 1 : -1].float(), dim=-1)) for at, (_, said) in enumerate(rows)]


def _divergence(base_LV: Tensor, log_LV: Tensor) -> list[float]:
    found: list[float] = (base_LV.exp() * (base_LV - log_LV)).sum(-1).tolist()
    return found
