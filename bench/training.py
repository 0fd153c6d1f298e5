"""Optimizer steps timed: TRL's, and ours with one slot and with many. Warm-up and recording lie outside the windows."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from contextlib import suppress

import torch
from bench import bases
from bench.settings import Measurement, Settings
from bench.timing import Clock, Enough, forget_peak, now, peak
from bench.work import Work

from sweep.model.base import Base
from sweep.train.engine import Broken, Engine
from sweep.train.packed import Packed
from sweep.train.room import trial_bytes

TRL_TRIALS = 3  # at most
TRL_WARMUP = 2  # steps


def trl_load(where: str, quantization: str, repeats: int) -> tuple[Base, Measurement]:
    """Load the base as often as that, each time from its files; the last one stays."""
    found = Measurement("trl_load", notes=["files read before, so in the system's cache where they fit"])
    base: Base | None = None
    for _ in range(repeats):
        base = None
        clear()
        begun = time.perf_counter()
        base = bases.load(where, quantization)
        found.seconds.append(now(base.device.startswith("cuda")) - begun)
    assert base is not None, "at least one load"
    return base, found


def trl(work: Work, settings: Settings, rate: float) -> list[Measurement]:
    """Trials one after the other on a resident base: TRL's SFTTrainer. One window a trial; beside it, what a trial costs before
    its first step."""
    cuda = work.base.device.startswith("cuda")
    step, start = Measurement("trl_step", work.kind, trial_steps=settings.steps), Measurement("trl_start", work.kind)
    start.notes = ["adapter, Trainer and first step of a trial, less one usual step"]
    try:
        from sweep.train.reference import Reference
    except ImportError as error:  # the other parts need no TRL
        return [unfit(step, error)]
    for trial in range(min(TRL_TRIALS, settings.repeats)):
        clock = Clock(1, TRL_WARMUP + settings.steps, cuda)
        forget_peak(cuda)
        begun = now(cuda)
        broken = train(Reference(work.base, clock), work, [trial])
        if broken:
            return [unfit(step, broken[0].error)]
        step.seconds += clock.windows(TRL_WARMUP, settings.steps, 1)
        start.seconds.append(clock.at[0] - begun - step.seconds[-1] / settings.steps)
        _account(step, work, trial, 1, TRL_WARMUP, rate)
        step.peak_bytes = max(step.peak_bytes, peak(cuda))
        clear()
    return [step, start]


def packed(work: Work, settings: Settings, trials: int, rate: float, what: str = "packed", eager: bool = False) -> Measurement:
    """So many trials at once. `eager`: without recorded passes."""
    cuda = work.base.device.startswith("cuda")
    warmup, steps, repeats = warm_up(settings, work.base), settings.steps, settings.repeats
    clear()
    forget_peak(cuda)
    found = Measurement(what, work.kind, trials, trial_steps=trials * steps)
    clock = Clock(trials, warmup + repeats * steps, cuda)
    try:
        engine = Packed(work.base, trials, clock, found.notes.append, record=not eager)
        if settings.compile and not eager:
            engine.compile()
            found.notes.append("blocks compiled")
        broken = train(engine, work, range(trials))
    except (RuntimeError, MemoryError) as error:  # CUDA's libraries say in other words, too, that memory ran out
        return unfit(found, error)
    if broken:
        return unfit(found, broken[0].error)
    found.seconds = clock.windows(warmup, steps, repeats)
    for at in range(repeats):
        _account(found, work, 0, trials, warmup + at * steps, rate)
    found.peak_bytes = peak(cuda)
    plans = [work.plan(trial) for trial in range(trials)]
    found.more["predicted_trial_bytes"] = trial_bytes(work.base.layers, work.base.precision, work.rows, plans)
    return found


def warm_up(settings: Settings, base: Base) -> int:
    """Steps before the first window: on CUDA enough for every usual shape to be recorded."""
    return settings.warmup or (30 if base.device.startswith("cuda") else 2)


def steps_needed(settings: Settings, base: Base) -> int:
    """Steps of one trial, with one more so that no epoch ends: a checkpoint is no part of a step."""
    return max(warm_up(settings, base) + settings.repeats * settings.steps, TRL_WARMUP + settings.steps) + 1


def clear() -> None:
    """Give memory back before the next measurement."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def unfit(found: Measurement, error: Exception) -> Measurement:
    """The measurement without figures, and why."""
    found.seconds, found.tokens, found.share = [], [], []
    found.notes.append(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"[:160])
    return found


def train(engine: Engine, work: Work, trials: Sequence[int]) -> list[Broken]:
    """Start these trials and train until the clock has had enough; the base is then without adapters. What broke meanwhile."""
    running: list[str] = []
    broken: list[Broken] = []
    try:
        for trial in trials:
            engine.start(str(trial), work.plan(trial))
            running.append(str(trial))
        with suppress(Enough):  # the clock's way out of `advance`, which would train to the epoch's end
            broken = [one for one in engine.advance() if isinstance(one, Broken)]
    finally:
        for key in running:
            if key not in {one.key for one in broken}:
                engine.stop(key)
        engine.close()
    return [one for one in broken if not isinstance(one.error, Enough)]


def _account(found: Measurement, work: Work, first: int, trials: int, window: int, rate: float) -> None:
    """Note the tokens of the window whose seconds came last, from optimizer step `window` on, and its share of the rate.

    4 operations a parameter and token: 2 forward, 2 backward; frozen weights need no gradients of their own. The head sees
    labels only. Adapters are left out.
    """
    steps = found.trial_steps // trials
    tokens, labels = work.counted(range(first, first + trials), window, window + steps)
    blocks, head = bases.products(work.base)
    seconds = found.seconds[len(found.tokens)]
    found.tokens.append(tokens)
    found.share.append(4 * (blocks * tokens + head * labels) / seconds / rate)
