"""An arm at its questions: what it answered, how long an answer took, and how much memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sweep import arms
from sweep.data.records import Dataset
from sweep.evaluate import ladder, probes
from sweep.evaluate.context import Contexts
from sweep.evaluate.exam import Exam
from sweep.evaluate.ladder import Graded
from sweep.model import memory
from sweep.trial import Measurement, Trial

Levels = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Sat:
    """One arm, measured."""

    graded: Sequence[Graded]
    dev: Levels
    test: Levels
    costs: tuple[Measurement, ...]  # how sound its answers are; of the untouched base, also what trials are held against
    # seconds, seconds_an_answer (retrieval included), peak_bytes and peak_of: what that is the memory of
    cost: dict[str, Any]


def sit(exam: Exam, trial: Trial, dataset: Dataset, model: Any, device: str) -> Sat:
    """Ask this arm everything that its configuration reads, with what belongs into its prompt."""
    kind = arms.KINDS.get(trial.arm or "", arms.Kind())
    memory.forget_peak(device)
    begun = time.perf_counter()
    contexts = Contexts(dataset, kind, trial.config.evaluation.retrieval) if kind.context else None
    asking = exam if contexts is None else replace(exam, asks=contexts.asks)
    (graded,) = asking.whole([(trial, dataset)], model)
    seconds = time.perf_counter() - begun
    cost = {
        "seconds": round(seconds, 3),
        "seconds_an_answer": round(seconds / max(1, len(graded)), 4),
        "peak_bytes": memory.peak(device),
        "peak_of": "tensors on the GPU" if device.startswith("cuda") else "the process",
    }
    dev, test = ladder.by_split(graded)
    found = (*ladder.health(graded), *probes.measure(dataset, graded))
    return Sat(graded, _found(dev, contexts, graded, "dev"), _found(test, contexts, graded, "test"), found, cost)


def _found(levels: Levels, contexts: Contexts | None, graded: Sequence[Graded], split: str) -> Levels:
    """Levels with the recall of their retrieval."""
    more = {} if contexts is None else contexts.figures([one for one in graded if one.item.split == split])
    return {level: figures | more.get(level, {}) for level, figures in levels.items()}
