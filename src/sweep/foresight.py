"""What a study would do, before it does anything: trials, axes, trained parameters, memory, steps, time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from sweep.config import Config
from sweep.model.base import resolve_device, resolve_precision
from sweep.preflight import Ground
from sweep.report.live import clock
from sweep.request import Request
from sweep.search.samplers import Plan as Search
from sweep.search.space import Axis, Choice
from sweep.search.spelling import show
from sweep.track import folder
from sweep.track.identity import RULES
from sweep.train.engine import Plan
from sweep.train.room import free_bytes, trial_bytes
from sweep.trial import State

MANY = 8  # values of an axis that are all named


def foresee(request: Request, how: Search, ground: Ground, configs: Sequence[Config]) -> Iterator[str]:
    """Lines for people. `configs`: every configuration that will run, or the edges of a space that cannot be counted."""
    pruned = "" if how.pruner == "none" else f", pruned by {how.pruner}"
    seeds = request.base.search.seeds
    each = "" if seeds is None else f", each with seeds {', '.join(map(str, seeds))}"
    yield f"Trials: {how.n_trials} ({how.sampler}{pruned}){each}"
    for axis in request.space.axes:
        yield f"  {axis.key}: {_values(axis)}"
    for key, rule in request.space.plain().items():
        if key in RULES:
            yield f"  search.{key}: {json.dumps(rule, ensure_ascii=False)}"
    if request.base.search.design != "full":
        yield f"  search.design: {request.base.search.design}"
    trained = [ground.trainable(config) for config in configs]
    yield f"Trained parameters a trial: {_range([one / 1e6 for one in trained], 'million')}"
    device = resolve_device(None)
    largest = max(zip(trained, configs, strict=True), key=lambda pair: pair[0])[1]
    precision = resolve_precision(largest.training.precision, device)
    need = trial_bytes(ground.found_layers(largest), precision, ground.rows(largest), configs)
    free = f"{free_bytes(device) / 2**30:.1f} GiB are free on {device}"
    yield f"Memory beside the base: {need / 2**30:.2f} GiB a trial at most; {free}"
    plans = [_plan(ground, config) for config in configs]
    runs = how.n_trials * len(seeds or (0,))
    steps = _mean([plan.steps for plan in plans])
    yield f"Optimizer steps a trial: {_range([plan.steps for plan in plans])}; in all about {runs * steps:,.0f}"
    if (confirm := request.base.search.confirm).top:
        sides = " and both sides of each contrast" if request.base.search.contrasts else ""
        yield f"Then: the best {confirm.top}{sides} are trained again with {confirm.seeds} fresh seeds each, and test is read"
    yield _time(request, runs * _mean([plan.tokens_per_epoch * plan.training.epochs for plan in plans]))


def _values(axis: Axis) -> str:
    if not isinstance(axis, Choice):
        return f"{axis.low:g} to {axis.high:g}{', log scale' if axis.log else ''}"
    return ", ".join(show(value) for value in axis.values[:MANY]) + (", ..." if len(axis.values) > MANY else "")


def _plan(ground: Ground, config: Config) -> Plan:
    return Plan(ground.rows(config), (), config.lora, config.training, config.seed, Path())


def _mean(each: Sequence[int]) -> float:
    """As if each configuration came as often as any other."""
    return sum(each) / len(each)


def _time(request: Request, tokens: float) -> str:
    """To train on so many tokens, by what trials of the same base took here before, answers included."""
    rates = []
    for file in Path(request.base.output_dir).glob(f"*/{folder.STUDY}"):
        if json.loads(file.read_text(encoding="utf-8"))["config"]["model"]["source"] == request.base.model.source:
            ended = [one["train"] for one in folder.results(file.parent).values() if one["state"] == State.COMPLETE]
            rates += [train["tokens"] / train["wall_seconds"] for train in ended]
    if not rates:
        return f"Time: unknown, since no trial of {request.base.model.name} has ended under {request.base.output_dir} yet"
    return f"Time: about {clock(tokens / median(rates))}, by {len(rates)} trials of this base that ended here"


def _range(values: Sequence[float], unit: str = "") -> str:
    low, high = min(values), max(values)
    told = f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
    return f"{told} {unit}".strip()
