"""Free-running answers: greedy, left-padded, of one adapter or of K at once. Every arm and every trial is asked in the same way.

A voice is one adapter on the shared base. A model of K voices takes its rows voice by voice, equally many of each; any Hugging
Face causal language model is a model of one voice. The loop is our own for what `generate` does not do: a row that ended leaves
the batch, each voice has its own token limit, and rows that do not fit into memory are asked in halves.
Slow, trusted twin: `generate` on one question at a time; `tests/evaluate/test_generation.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from sweep.data.tokens import encode
from sweep.evaluate import batches
from sweep.model.decoder import begin, device_of

# K voices, B rows a voice, N = K x B rows voice by voice, L tokens of an answer
SILENT = -1  # in place of a token, where a row has nothing to say any more


@dataclass(frozen=True)
class Answer:
    """What a model said to one question, without the end token."""

    text: str
    ended: bool  # it stopped by itself, before the token limit
    tokens: int  # generated tokens, the end token included


def answers(
    model: Any,
    tokenizer: Any,
    asked: Sequence[Sequence[str]],
    *,
    limits: Sequence[int],
    batch_size: int | None,
    ends: Sequence[int] = (),
    on_batch: Callable[[int], None] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[list[Answer]]:
    """One answer a prompt: `asked[k]` are the rendered prompts of voice k, and the answers come back in the same places.

    `limits`: longest answer of each voice, in generated tokens. `batch_size`: rows of one voice generated together; None: as many
    as memory allows. `ends`: token ids that end an answer, the tokenizer's end token if none is given. `on_batch` hears how many
    prompts of all voices are answered, `say` that memory ran out.

    Prompts of like length are answered together, so that little is padded; padding is on the left and masked, so that an answer
    does not depend on its neighbours (up to rounding in the last bits). Where memory runs out, the rows in work are begun again
    in halves; no answer is lost.
    Raises: what CUDA raises where one row a voice is too much.
    """
    stops = _stops(tokenizer, ends)

    def answer(batch: list[list[list[int]]]) -> list[list[Answer]]:
        said = _spoken(model, batch, limits, stops, tokenizer.pad_token_id)
        return [[_answer(tokenizer, row, stops) for row in voice] for voice in said]

    assert len(asked) == len(limits), "every voice has its token limit"
    prompts = [[encode(tokenizer, prompt) for prompt in voice] for voice in asked]
    rows = batch_size or batches.at_once(model, len(asked))
    return batches.work(prompts, rows, len, answer, on_batch=on_batch, say=say)


def continued(
    model: Any, tokenizer: Any, prompts: Sequence[str], limit: int, *, batch_size: int | None = None, ends: Sequence[int] = ()
) -> list[tuple[list[int], list[int]]]:
    """Token ids of rendered prompts, and of what one voice says to them, its end token included; arguments as in `answers`."""
    asked, stops = [encode(tokenizer, prompt) for prompt in prompts], _stops(tokenizer, ends)

    def go_on(batch: list[list[list[int]]]) -> list[list[list[int]]]:
        return _spoken(model, batch, [limit], stops, tokenizer.pad_token_id)

    (said,) = batches.work([asked], batch_size or batches.at_once(model, 1), len, go_on)
    return list(zip(asked, said, strict=True))


def _stops(tokenizer: Any, ends: Sequence[int]) -> frozenset[int]:
    return frozenset(ends or [tokenizer.eos_token_id])


@torch.inference_mode()
def _spoken(
    model: Any, prompts: list[list[list[int]]], limits: Sequence[int], stops: Collection[int], filler: int
) -> list[list[list[int]]]:
    """The tokens of each answer, its end token included. One read from the device a step: how many rows go on."""
    device, voices, most = device_of(model), len(prompts), max(len(voice) for voice in prompts)
    rows = [row for voice in prompts for row in (*voice, *([[filler]] * (most - len(voice))))]
    last_N = torch.tensor(
        [limit - 1 if at < len(voice) else -1 for voice, limit in zip(prompts, limits, strict=True) for at in range(most)],
        device=device,
    )  # the step in which a row speaks last; never, for one that only fills
    stops_E = torch.tensor(sorted(stops), device=device)
    said_NL = torch.full((len(rows), max(limits)), SILENT, device=device)
    place_N, open_N = torch.arange(len(rows), device=device), last_N >= 0
    next_N, steps = begin(model, rows, filler, max(limits) - 1)
    for step in range(max(limits)):
        if step > 0:
            next_N = steps.step(next_N)
        said_NL[place_N, step] = next_N.where(open_N, SILENT)
        open_N = open_N & ~torch.isin(next_N, stops_E) & (last_N > step)
        going = int(open_N.view(voices, -1).sum(1).max())
        if going == 0:
            break
        if going <= steps.shrink * (len(open_N) // voices):
            kept_N = _going_first(open_N.view(voices, -1), going)
            steps.keep(kept_N)
            next_N, place_N, open_N, last_N = next_N[kept_N], place_N[kept_N], open_N[kept_N], last_N[kept_N]
    said = [[token for token in row if token != SILENT] for row in said_NL.tolist()]
    return [said[k * most : k * most + len(voice)] for k, voice in enumerate(prompts)]


def _going_first(open_KB: torch.Tensor, count: int) -> torch.Tensor:
    """Rows to keep, equally many of each voice: those that go on, and where a voice has fewer, some that do not."""
    voices, rows = open_KB.shape
    first_KC = open_KB.int().sort(dim=1, descending=True, stable=True).indices[:, :count]
    return (first_KC + torch.arange(voices, device=open_KB.device)[:, None] * rows).flatten()


def _answer(tokenizer: Any, said: list[int], stops: Collection[int]) -> Answer:
    """What a row said, without its end token."""
    ended = bool(said) and said[-1] in stops
    text = tokenizer.decode(said[:-1] if ended else said, skip_special_tokens=True)
    return Answer(text.strip(), ended, len(said))
