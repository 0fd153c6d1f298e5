"""Free-running answers: greedy, left-padded, of one adapter or of K at once. Every arm and every trial is asked in the same way.

A voice is one adapter on the shared base. A model of K voices takes its rows voice by voice, equally many of each; any Hugging
Face causal language model is a model of one voice. The loop is our own for what `generate` does not do: a row that ended leaves
the batch, each voice has its own token limit, and rows that do not fit into memory are asked in halves.
Slow, trusted twin: `generate` on one question at a time; `tests/evaluate/test_generation.py` holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.functional import pad

from sweep.data.tokens import encode

# K voices, B rows a voice, N = K x B rows voice by voice, T tokens, V vocabulary
CPU_ROWS = 128  # rows of all voices together; on 2 cores, 64 took a sixth longer and 312 gained 3 %
SHRINK = 7 / 8  # rows are dropped when no voice needs more than this share; dropping copies the cache, as every step does


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
) -> list[list[Answer]]:
    """One answer a prompt: `asked[k]` are the rendered prompts of voice k, and the answers come back in the same places.

    `limits`: longest answer of each voice, in generated tokens. `batch_size`: rows of one voice generated together; None: as many
    as memory allows. `ends`: token ids that end an answer, the tokenizer's end token if none is given. `on_batch` hears how many
    prompts of all voices are answered.

    Prompts of like length are answered together, so that little is padded; padding is on the left and masked, so that an answer
    does not depend on its neighbours (up to rounding in the last bits). Where memory runs out, the rows in work are begun again
    in halves; no answer is lost.
    Raises: torch.cuda.OutOfMemoryError where one row a voice is too much.
    """
    assert len(asked) == len(limits), "every voice has its token limit"
    prompts = [[encode(tokenizer, prompt) for prompt in voice] for voice in asked]
    left = [_longest_first(voice) for voice in prompts]
    found: list[dict[int, Answer]] = [{} for _ in asked]
    stops = frozenset(ends or [tokenizer.eos_token_id])
    rows = batch_size or _rows(model, len(asked))
    while most := max((len(voice) for voice in left), default=0):
        rows = min(rows, most)
        batch = [voice[:rows] for voice in left]
        started = [[_Row(ids[at], limit) for at in places] for ids, places, limit in zip(prompts, batch, limits, strict=True)]
        if not _fits(model, started, stops, tokenizer.pad_token_id, smallest=rows == 1):
            torch.cuda.empty_cache()
            rows = (rows + 1) // 2
            continue
        for k, (places, said) in enumerate(zip(batch, started, strict=True)):
            found[k].update(zip(places, (_answer(tokenizer, row) for row in said), strict=True))
            left[k] = left[k][rows:]
        if on_batch is not None:
            on_batch(sum(len(voice) for voice in found))
    return [[voice[at] for at in range(len(voice))] for voice in found]


@dataclass
class _Row:
    """One prompt on its way to an answer. A limit of 0 makes a filler, which has nothing to say."""

    asked: list[int]
    limit: int
    said: list[int] = field(default_factory=list)  # the end token included
    ended: bool = False

    @property
    def speaks(self) -> bool:
        return not self.ended and len(self.said) < self.limit

    def hear(self, token: int, stops: Collection[int]) -> None:
        if self.speaks:
            self.said.append(token)
            self.ended = token in stops


def _longest_first(prompts: Sequence[Sequence[int]]) -> list[int]:
    """Places of the prompts, like lengths together; if memory is short, it shows at once."""
    return sorted(range(len(prompts)), key=lambda at: -len(prompts[at]))


def _rows(model: Any, voices: int) -> int:
    """How many rows of one voice to begin with where nothing is configured."""
    return max(1, CPU_ROWS // voices) if _device(model).type == "cpu" else 1 << 30


def _fits(model: Any, started: list[list[_Row]], stops: Collection[int], filler: int, *, smallest: bool) -> bool:
    """Let these rows speak; False where memory ran out. The caller is outside the except block: its traceback holds tensors."""
    try:
        _speak(model, started, stops, filler)
    except torch.cuda.OutOfMemoryError:
        if smallest:
            raise
        return False
    return True


@torch.inference_mode()
def _speak(model: Any, started: list[list[_Row]], stops: Collection[int], filler: int) -> None:
    """Decode until every row ended or reached its limit. One read from the device a step: the new tokens."""
    device, voices = _device(model), len(started)
    most = max(len(voice) for voice in started)
    rows = [row for voice in started for row in (*voice, *(_Row([filler], 0) for _ in range(most - len(voice))))]
    width = max(len(row.asked) for row in rows)
    ids_NT = torch.tensor([[filler] * (width - len(row.asked)) + row.asked for row in rows], device=device)
    mask_NT = torch.tensor([[0] * (width - len(row.asked)) + [1] * len(row.asked) for row in rows], device=device)
    position_NT = (mask_NT.cumsum(1) - 1).clamp(min=0)
    cache: Any = None
    while True:
        out = model(
            input_ids=ids_NT,
            attention_mask=mask_NT,
            position_ids=position_NT,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        cache, next_N = out.past_key_values, out.logits[:, -1].argmax(-1)
        for row, token in zip(rows, next_N.tolist(), strict=True):
            row.hear(token, stops)
        kept = _kept(rows, voices)
        if not kept:
            return
        ids_NT, position_NT = next_N[:, None], position_NT[:, -1:] + 1
        if len(kept) < len(rows):
            kept_N = torch.tensor(kept, device=device)
            cache.reorder_cache(kept_N)
            ids_NT, mask_NT, position_NT = ids_NT[kept_N], mask_NT[kept_N], position_NT[kept_N]
            rows = [rows[at] for at in kept]
        mask_NT = pad(mask_NT, (0, 1), value=1)


def _kept(rows: list[_Row], voices: int) -> list[int]:
    """The rows to go on with, equally many of each voice: all of them until enough have ended, none when all have."""
    per_voice = len(rows) // voices
    by_voice = [range(k * per_voice, (k + 1) * per_voice) for k in range(voices)]
    needed = max(sum(rows[at].speaks for at in places) for places in by_voice)
    if needed > SHRINK * per_voice:
        return list(range(len(rows)))
    return [at for places in by_voice for at in sorted(places, key=lambda at: not rows[at].speaks)[:needed]]


def _answer(tokenizer: Any, row: _Row) -> Answer:
    """What the row said, without its end token."""
    said = row.said[:-1] if row.ended else row.said
    return Answer(tokenizer.decode(said, skip_special_tokens=True).strip(), row.ended, len(row.said))


def _device(model: Any) -> torch.device:
    return torch.device(next(iter(model.parameters())).device)
