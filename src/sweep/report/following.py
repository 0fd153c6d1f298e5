"""The next experiment worth running, by rules of which the first that holds speaks, and how much it must ask.

0. A confirmation that was asked for is not over: go on with it.
1. The best value of a swept number is the last one tried on its side: go on beyond it.
2. Something was swept, and the learning rate was not: each arm at its own best rate, since one rate favours somebody.
3. The best and its next rival cannot be told apart: more questions and seeds, without which the rest is a guess.
4. A level is right less than half the time: the experiment that is about this level.
5. The choice is not confirmed: fresh seeds and test.
6. Else another company's facts: what holds for one set of facts may not for another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sweep.goals import LEVELS
from sweep.report.confirmed import outstanding
from sweep.report.contents import Candidate, Contents
from sweep.report.paired import FEWEST_FACTS, Difference
from sweep.search.spelling import show

SEEDS = 6  # the fewest whose signs alone can have p < .05: 2 to the power of 1 - 6 is .031
WEAK = 0.5
ABOUT = {  # level -> experiment that is about it, and why
    "L1": ("epoch_ablation", "the trained sentences themselves are not learnt: more passes"),
    "L2": ("paraphrase_ablation", "facts are tied to the words they were trained in: more phrasings of each"),
    "L3": ("answer_style_ablation", "facts are tied to the form of the answer: bare values in the rows"),
    "L4": ("composition_ablation", "facts are not joined: rows that join others"),
    "L5": ("retrieval", "a learnt fact does not meet what the base knows: see what the fact in the prompt would give"),
}
RATE, EPOCHS = "training.learning_rate", "training.epochs"


@dataclass(frozen=True)
class Following:
    """One experiment."""

    why: str
    command: str  # to type; empty: it is no command of ours
    size: str  # questions, facts and seeds that it needs


def following(contents: Contents, chosen: Candidate | None, rival: Difference | None) -> Following:
    """`rival`: how far the next best is behind the best, on the objective on dev."""
    size = _size(contents, rival)
    if chosen is None:
        why = "Nothing could be named best: train longer until level 1 is learnt, or lower search.constraints."
        return Following(why, _command(contents, _longer(contents)), size)
    why, command = next(_rules(contents, chosen, rival))
    return Following(why, command, size)


def _longer(contents: Contents) -> str:
    """Twice and four times the most epochs that were tried."""
    tried = [int(epochs) for one in contents.trained if (epochs := contents.setting(one, EPOCHS)) is not None]
    return f"{EPOCHS}={2 * max(tried)},{4 * max(tried)}" if tried else f"{EPOCHS}=8,16"


def _rules(contents: Contents, chosen: Candidate, rival: Difference | None) -> Iterator[tuple[str, str]]:
    if outstanding(contents.root, contents.study):
        yield "The confirmation of this study is not over: go on with it before anything else.", _command(contents, "")
    yield from _edge(contents, chosen)
    if contents.axes and RATE not in contents.axes:
        rate = float(contents.setting(chosen, RATE))
        words = f"{RATE}={rate / 2:g},{rate:g},{rate * 2:g} search.tune=[{RATE}]"
        yield "One learning rate was used for all arms; the right one differs between them.", _command(contents, words)
    if rival is not None and rival.low <= 0 <= rival.high:
        words = f"search.seeds={list(range(SEEDS))}".replace(" ", "")
        command = _command(contents, words) if chosen.row.seeds < SEEDS and "seed" not in contents.study.get("space", {}) else ""
        yield "The best and the next best cannot be told apart: ask more before anything else.", command
    yield from _weak(chosen)
    if contents.summary.confirmed is None:
        words = f"search.confirm.top=3 search.confirm.seeds={SEEDS}"
        yield "The choice is not confirmed: train the best again with fresh seeds, and read test once.", _command(contents, words)
    yield "Repeat the decision on another company's facts: one set of facts is one sample.", ""


def _edge(contents: Contents, chosen: Candidate) -> Iterator[tuple[str, str]]:
    for key, values in contents.axes.items():
        value = contents.setting(chosen, key)
        numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(numbers) < 3 or len(numbers) < len(values) or value not in (numbers[0], numbers[-1]) or value <= 0:
            continue
        most = value == numbers[-1]
        beyond = [_like(value, value * step) for step in ((2, 4) if most else (0.5, 0.25))]
        side = "highest" if most else "lowest"
        if value not in beyond:
            words = f"{key}={','.join(f'{one:g}' for one in (value, *beyond))}"
            yield f"{key}: {value:g} is the {side} value tried, so the best may lie beyond it.", _command(contents, words)


def _like(value: Any, wanted: float) -> float | int:
    """A whole number where the axis has whole numbers."""
    return max(1, round(wanted)) if isinstance(value, int) else wanted


def _weak(chosen: Candidate) -> Iterator[tuple[str, str]]:
    measured = {level: figures["accuracy"] for level, figures in chosen.row.levels.items() if level in LEVELS}
    level = min(measured, key=lambda one: measured[one], default=None)
    if level is not None and measured[level] < WEAK:
        experiment, why = ABOUT[level]
        yield f"{level} is the weakest level ({measured[level]:.2f}): {why}.", f"python -m sweep +experiment={experiment} -m"


def _command(contents: Contents, words: str) -> str:
    """The study's own command with these words in it."""
    experiment, typed = contents.study.get("experiment"), contents.study.get("overrides", [])
    begun = [f"+experiment={experiment}"] if experiment else list(_listed(contents))
    keys = {word.partition("=")[0] for word in words.split()}
    kept = [word for word in [*begun, *typed] if word.partition("=")[0] not in keys]
    return " ".join(["python -m sweep", *map(_quoted, dict.fromkeys([*kept, *words.split()])), "-m"])


def _listed(contents: Contents) -> Iterator[str]:
    """The axes that list their values, as typed on a command line."""
    for key, values in contents.study.get("space", {}).items():
        if "." in key and isinstance(values, list):
            yield f"{key}={','.join(map(show, values))}"


def _quoted(word: str) -> str:
    return f"'{word}'" if set("()[]{}") & set(word) else word


def _size(contents: Contents, rival: Difference | None) -> str:
    margin = contents.margin
    if rival is None or margin is None or margin <= 0 or rival.spread <= 0:
        return f"{SEEDS} seeds for a claim, and at least {FEWEST_FACTS} separate facts."
    times = max(1.0, (rival.detectable() / margin) ** 2)
    facts, questions = math.ceil(rival.facts * times), math.ceil(rival.questions * times)
    return (
        f"To see differences of {margin:g} in the objective it takes about {facts} separate facts with {questions} questions "
        f"(now {rival.facts} and {rival.questions}, which show {rival.detectable():.2f}), and {SEEDS} seeds for a claim."
    )
