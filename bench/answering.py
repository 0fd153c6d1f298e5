"""Answers a second: one question at a time by `generate` on a PEFT model, as plain scripts do, and ours for K adapters at once.

Both decode greedily up to the same number of tokens. Adapters are fresh, which costs what a trained one does; on random weights
no answer ends by itself, so each one has the full length.
"""

from __future__ import annotations

from typing import Any

import torch
from bench.settings import Measurement, Settings
from bench.timing import forget_peak, now, peak
from bench.training import clear, unfit
from bench.work import Work, questions

from sweep.data.tokens import encode
from sweep.evaluate import generation
from sweep.model import lora
from sweep.model.base import Base
from sweep.train.packed import Packed

WARM_TOKENS = 4  # of a first round that is not timed


def one_at_a_time(work: Work, settings: Settings) -> Measurement:
    """The questions shared out over the windows."""
    base, plan = work.base, work.plan(0)
    cuda, each = base.device.startswith("cuda"), -(-settings.questions // settings.repeats)
    asked = questions(base, each * settings.repeats)
    found = Measurement("answers_one", answers=each)
    clear()
    forget_peak(cuda)
    model: Any = lora.attach(base, plan.modules, rank=plan.lora.rank, alpha=plan.lora.scaled_alpha)
    model.eval()
    try:
        _generated(base, model, asked[0], WARM_TOKENS)
        for at in range(settings.repeats):
            mine = [asked[(at * each + number) % len(asked)] for number in range(each)]
            begun = now(cuda)
            said = sum(_generated(base, model, prompt, settings.tokens) for prompt in mine)
            found.seconds.append(now(cuda) - begun)
            found.tokens.append(said)
    finally:
        lora.detach(model)
    found.peak_bytes = peak(cuda)
    return found


def together(work: Work, settings: Settings, trials: int) -> Measurement:
    """All questions to all adapters in one decode, as the product asks them at an epoch's end."""
    base = work.base
    cuda = base.device.startswith("cuda")
    asked = [questions(base, settings.asked)] * trials
    found = Measurement("answers", k=trials, answers=sum(len(voice) for voice in asked))
    clear()
    forget_peak(cuda)
    engine, keys = Packed(base, trials), [str(trial) for trial in range(trials)]
    running: list[str] = []
    try:
        for trial, key in enumerate(keys):
            engine.start(key, work.plan(trial))
            running.append(key)
        _answered(base, engine, keys, asked, min(WARM_TOKENS, settings.tokens))
        for _ in range(settings.repeats):
            begun = now(cuda)
            said = _answered(base, engine, keys, asked, settings.tokens)
            found.seconds.append(now(cuda) - begun)
            found.tokens.append(said)
        found.peak_bytes = peak(cuda)
    except (RuntimeError, MemoryError) as error:
        unfit(found, error)
    finally:
        for key in running:
            engine.stop(key)
        engine.close()
    return found


@torch.inference_mode()
def _generated(base: Base, model: Any, prompt: str, tokens: int) -> int:
    """Tokens that `generate` makes of one prompt."""
    ids = torch.tensor([encode(base.tokenizer, prompt)], device=base.device)
    out = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False)
    return int(out.shape[1] - ids.shape[1])


def _answered(base: Base, engine: Packed, keys: list[str], asked: list[list[str]], tokens: int) -> int:
    """Tokens of all answers."""
    said = generation.answers(
        engine.adapted(*keys), base.tokenizer, asked, limits=[tokens] * len(keys), batch_size=None, ends=base.ends
    )
    return sum(answer.tokens for voice in said for answer in voice)
