"""Arms beside the trials (`sweep.arms`) as an experiment of their own: a study a company, its best trial and what trains nothing.

`python -m bench.knowledge run retrieval` comes here; the page is that of every experiment, with an axis `arm`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.answers import Answers, Company, Experiment, Run, answers_of, company_of, completed, provenance
from bench.pooled import Pool

from sweep.arms import KINDS
from sweep.report import winner
from sweep.report.propagation import CEILING, FLOOR, propagation
from sweep.report.rows import markdown
from sweep.trial import State

ARM, ADAPTER = "arm", "lora"
OF_ONE_SEED = frozenset(name for name, kind in KINDS.items() if kind.adapter and kind.context)  # that of the first, see below
COSTS = ("seconds_an_answer", "peak_bytes")
RECALL = ("recall_at_1", "recall_at_k")


def collected(studies: Mapping[str, Path], about: Mapping[str, Any]) -> Experiment:
    """The answers of each study's best trial, with every seed that it was trained with, and of the arms beside it.

    An arm that trains nothing answers alike whatever the seed, so its answers stand beside every seed of that trial. So do those
    of the arms of an adapter with retrieval, which are of its first seed alone: what the seed does to them is not seen.
    """
    companies, answers, costs = dict[str, Company](), list[Answers](), dict[str, dict[str, Any]]()
    for name, root in studies.items():
        trained, others = _trained(root), _measured(root)
        companies[name] = replace(company_of([*trained, *others.values()]), name=name)
        for run in trained:
            answers.append(_as(ADAPTER, run, run.seed, companies[name]))
            answers += [_as(arm, other, run.seed, companies[name]) for arm, other in others.items() if arm != ADAPTER]
        costs[name] = {arm: _cost(other) for arm, other in others.items()}
        about = {**about, **provenance(trained)}
    return Experiment({**about, "beside": costs}, companies, tuple(answers))


def propagated(found: Pool) -> Iterator[str]:
    """How far each arm comes from the untouched base (0) to the fact in the prompt (1), level by level."""
    yield "From the untouched base (0) to the fact in the prompt (1), that is (arm - base) / (gold - base); no test is made:"
    yield ""
    means = {arm.params[ARM]: [found.sheet(arm, found.questions(level)).mean for level in found.levels] for arm in found.arms}
    lines = [["arm", *(f"L{level}" for level in found.levels)]]
    for arm, reached in means.items():
        if arm not in (FLOOR, CEILING):
            shares = map(propagation, means[FLOOR], reached, means[CEILING])
            lines.append([f"arm={arm}", *("–" if share is None else f"{share:.2f}" for share in shares)])
    yield markdown(lines).rstrip("\n")


def table(beside: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """What an answer of each arm took, and how much of what was asked for retrieval had found; means over companies."""
    yield "Seconds an answer, batched as the product asks; memory at its peak on the device; *found*: the share of a question's"
    yield "facts that the first text, and all that stand in the prompt, tell, over all levels."
    yield ""
    lines = [["arm", "seconds an answer", "GB", "found first", "found in all"]]
    for arm in (name for name in KINDS if all(name in arms for arms in beside.values())):
        seconds, peak, first, whole = (_mean([arms[arm].get(key) for arms in beside.values()]) for key in (*COSTS, *RECALL))
        figures = (seconds, 4), (None if peak is None else peak / 1e9, 1), (first, 2), (whole, 2)
        lines.append([f"arm={arm}", *("–" if value is None else f"{value:.{digits}f}" for value, digits in figures)])
    yield markdown(lines).rstrip("\n")


def _mean(values: Sequence[float | None]) -> float | None:
    """None where a company lacks the figure."""
    known = [value for value in values if value is not None]
    return fmean(known) if len(known) == len(values) else None


def _trained(root: Path) -> list[Run]:
    """The trial that the study names best, seed by seed."""
    best = winner.find(root).number
    return [Run.of(place, body) for place, body in completed(root) if body["number"] == best]


def _measured(root: Path) -> dict[str, Run]:
    bodies = {file.parent: json.loads(file.read_text(encoding="utf-8")) for file in sorted(root.glob("arms/*/arm.json"))}
    return {place.name: Run.of(place, body) for place, body in bodies.items() if body["state"] == State.COMPLETE}


def _as(arm: str, run: Run, seed: int, company: Company) -> Answers:
    return replace(answers_of(run, company, []), company=company.name, params={ARM: arm}, seed=seed)


def _cost(run: Run) -> dict[str, float | None]:
    recall = {name: [level[name] for level in run.body["test_levels"].values() if name in level] for name in RECALL}
    told = {name: round(fmean(values), 4) for name, values in recall.items() if values}
    return {name: run.body["train"].get(name) for name in COSTS} | told
