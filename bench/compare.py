"""Searches replayed on one table, compared by what they find on test at equal trained tokens, and the page that tells it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
from bench import table
from bench.replay import Arm, Search, replay
from bench.table import Row, Table
from scipy import stats  # type: ignore[import-untyped]
from tests.composed import config

from sweep.report.paired import holm
from sweep.search.choice import best, standing
from sweep.search.objective import Objective
from sweep.trial import State

ARMS = (Arm("random", "none"), Arm("random", "halving"), Arm("tpe", "none"), Arm("tpe", "halving"))
LEVELS = ("L2", "L3", "L4", "L5")  # of the default objective
SHARES = (0.25, 0.5, 1.0)  # of the budget, at which searches are looked at
RESAMPLES = 9999
LEVEL = 0.05
# standard errors between nothing and what is found four times in five: normal quantiles of the level over three arms, and of .8
DETECTABLE = float(stats.norm.ppf(1 - LEVEL / 6) + stats.norm.ppf(0.8))


@dataclass(frozen=True)
class Found:
    """What one search had at a share of its budget."""

    test: float  # macro strict accuracy of the chosen trial on test
    regret: float  # what the best point of the table has more on test, both as means over the training seeds
    feasible: bool
    complete: int
    pruned: int


def objective() -> Objective:
    """The default one."""
    return Objective.of(config("model=smollm2_135m").search)


def test(row: Row) -> float:
    """Macro strict accuracy on test; 0 for a trial that diverged."""
    return fmean(row.test[level] for level in LEVELS) if row.complete else 0.0


def over_seeds(found: Table, row: Row) -> float:
    """The mean on test of a point over all training seeds."""
    return fmean(test(found.row(row.params, seed)) for seed in found.seeds)


def run(file: Path, budget: int, repeats: int, workers: int) -> dict[Arm, list[list[Found]]]:
    """By arm and repeat, one a share of the budget. Repeat r has search seed r, and the trials of one training seed, in turn."""
    jobs = list(product(ARMS, range(repeats)))
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(_one, [file] * len(jobs), *zip(*jobs, strict=True), [budget] * len(jobs)))
    return {arm: [one for (owner, _), one in zip(jobs, found, strict=True) if owner == arm] for arm in ARMS}


def _one(file: Path, arm: Arm, repeat: int, budget: int) -> list[Found]:
    found = table.read([file])
    search = replay(found, arm, repeat, budget, found.seeds[repeat % len(found.seeds)])
    return [_at(found, search, share) for share in SHARES]


def _at(found: Table, search: Search, share: float) -> Found:
    chosen = search.chosen(objective(), share)
    top = max(over_seeds(found, row) for row in found.rows)
    complete, pruned = (len(search.within(state, share)) for state in (State.COMPLETE, State.PRUNED))
    if chosen is None:
        return Found(0.0, top, False, complete, pruned)
    return Found(test(chosen.row), top - over_seeds(found, chosen.row), chosen.feasible, complete, pruned)


def page(found: Table, searches: dict[Arm, list[list[Found]]], budget: int, asked: int) -> str:
    """Markdown. `asked`: repeats that are shown by themselves, the first ones; then all."""
    repeats = len(searches[ARMS[0]])
    about = found.about[0]
    epochs = sorted({row.epochs for row in found.rows})
    axes = " × ".join(f"`{axis.key}`" for axis in found.space.axes)
    average = budget * len(epochs) / sum(epochs)
    lines = [
        "# Random or TPE, with or without halving, at equal trained tokens",
        "",
        "Written by `python -m bench.search compare`, on a table that `python -m bench.search table` trained: every point of",
        f"{axes} ({found.space.size} points),",
        f"{len(found.seeds)} training seeds each, {len(found.rows)} trials of the embedded 135M model on `larkspur_en` through",
        f"`python -m sweep`, {_failed(found)} ({about['device']}, commit `{about['commit']}`).",
        "A search draws from that table through the product's own Controller, study, samplers and",
        "pruners, and pays for what it draws: what it would have seen is known for every point, so that it can be repeated as",
        "often as wanted. The table lies beside this page (`search_table.jsonl`).",
        "",
        f"* Budget: {budget} epochs of {found.tokens:,} tokens, as many as {budget // epochs[-1]} of the longest trials take, or",
        f"  {average:.0f} of average length. A pruned trial costs what it was trained. Four trials at once.",
        "* A search chooses as the product does: the highest macro strict accuracy over L2 to L5 on dev among trials with",
        "  L1 >= 0.9. What is shown is the chosen trial's macro strict accuracy on **test**, which no search saw; *regret*: what",
        "  the point that is best on test has more, both as means over the training seeds.",
        "* Halving judges at 1/4 and 1/2 of the longest trial's epochs, by six dev questions a level (the defaults). TPE begins",
        "  with 8 random trials, and takes the listed values of an axis for categories, as the product does with lists.",
        f"* Repeat r has search seed r and the trials of training seed r modulo {len(found.seeds)}; arms are compared by repeat.",
        "  All draw from one table: intervals cover the luck of a search, and say nothing of other models or other data.",
        "",
    ]
    for count in dict.fromkeys((asked, repeats)):
        lines += [f"## {count} repeats", "", *_table(searches, count), "", *_differences(searches, count), ""]
    lines += ["## What a rung of six questions a level tells", "", *_rungs(found), ""]
    return "\n".join(lines)


def _failed(found: Table) -> str:
    failed = sum(not row.complete for row in found.rows)
    return "none of which diverged" if failed == 0 else f"of which {failed} diverged"


def _table(searches: dict[Arm, list[list[Found]]], count: int) -> list[str]:
    heads = [f"test at {share:.0%}" for share in SHARES]
    lines = [
        f"| search | {' | '.join(heads)} | regret | feasible | trials whole | pruned |",
        f"|---|{'---|' * (len(SHARES) + 4)}",
    ]
    for arm, repeats in searches.items():
        last = [one[-1] for one in repeats[:count]]
        cells = [_spread([one[at].test for one in repeats[:count]]) for at in range(len(SHARES))]
        cells += [_spread([one.regret for one in last]), f"{sum(one.feasible for one in last)} of {count}"]
        cells += [f"{fmean(one.complete for one in last):.1f}", f"{fmean(one.pruned for one in last):.1f}"]
        lines.append(f"| {arm.name} | {' | '.join(cells)} |")
    return lines


def _spread(values: Sequence[float]) -> str:
    return f"{fmean(values):.3f} ± {stdev(values) / math.sqrt(len(values)):.3f}"


def _differences(searches: dict[Arm, list[list[Found]]], count: int) -> list[str]:
    """Each arm against random without a pruner, at the whole budget, on test and in regret."""
    base, *others = ARMS
    fewest = f"; the smallest that {count} repeats can give is {2 ** (1 - count):.3f}" if count < 12 else ""
    lines = [
        f"Against {base.name} at the whole budget, paired by repeat: mean difference, 95 % interval (bootstrap over repeats),",
        f"p (sign-flip, two-sided{fewest}), Holm over the three arms of a figure, and the smallest",
        f"difference that {count} repeats would show (80 % power at that level). More on test, and less regret, is better.",
        "",
        "| figure | search | difference | interval | p | p (Holm) | detectable | verdict |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for figure, better in (("test", 1), ("regret", -1)):
        pairs = [zip(searches[arm][:count], searches[base][:count], strict=True) for arm in others]
        values = [[getattr(one[-1], figure) - getattr(other[-1], figure) for one, other in pair] for pair in pairs]
        found = [difference(one) for one in values]
        adjusted = holm([p for *_, p in found])
        for arm, one, (low, mean, high, p), corrected in zip(others, values, found, adjusted, strict=True):
            least = DETECTABLE * stdev(one) / math.sqrt(count)
            verdict = "no detectable difference" if corrected >= LEVEL else "better" if mean * better > 0 else "worse"
            told = (
                figure,
                arm.name,
                f"{mean:+.3f}",
                f"{low:+.3f} to {high:+.3f}",
                f"{p:.3f}",
                f"{corrected:.3f}",
                f"{least:.3f}",
                verdict,
            )
            lines.append(f"| {' | '.join(told)} |")
    return lines


def difference(values: Sequence[float]) -> tuple[float, float, float, float]:
    """Low, mean, high and p of a mean of paired differences: a bootstrap interval (percentiles), a sign-flip test."""
    data, rng = np.asarray(values), np.random.default_rng(0)
    mean = float(data.mean())
    if not data.any():
        return 0.0, 0.0, 0.0, 1.0
    drawn = stats.bootstrap((data,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=rng)
    settings = {"permutation_type": "samples", "n_resamples": RESAMPLES, "vectorized": True, "rng": rng}
    flipped = stats.permutation_test((data,), lambda x, axis: np.mean(x, axis=axis), **settings)
    return float(drawn.confidence_interval.low), mean, float(drawn.confidence_interval.high), float(flipped.pvalue)


def _rungs(found: Table) -> list[str]:
    """How well the objective at a rung foretells the end, over the trials of each number of epochs."""
    heads = ("epochs", "rung", "trials", "with dev at the end", "with test at the end", "place of the one that ends best on dev")
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---|" * (len(heads) - 1)]
    wanted = objective()
    for epochs in sorted({row.epochs for row in found.rows}):
        rows = [row for row in found.rows if row.complete and row.epochs == epochs]
        ends = [_value(wanted, row, epochs) for row in rows], [test(row) for row in rows]
        for rung in [one for one in (epochs // 4, epochs // 2) if one]:
            at = [_value(wanted, row, rung) for row in rows]
            told = [f"{stats.spearmanr(at, end).statistic:.2f}" for end in ends]
            cells = (str(epochs), str(rung), str(len(rows)), *told, _places(found, wanted, epochs, rung))
            lines.append(f"| {' | '.join(cells)} |")
    return ["Rank correlation (Spearman) of the objective at a rung with the end, over trials of one length.", "", *lines]


def _places(found: Table, wanted: Objective, epochs: int, rung: int) -> str:
    """At which place the trial that ends best stood at a rung, for each training seed."""
    places = []
    for seed in found.seeds:
        rows = [row for row in found.rows if row.complete and row.epochs == epochs and row.seed == seed]
        stood = [standing(at, row.levels(epochs), wanted) for at, row in enumerate(rows)]
        named = best(one for one in stood if one is not None)
        if named is not None:
            winner = _value(wanted, rows[named.number], rung)
            places.append(f"{1 + sum(_value(wanted, row, rung) > winner for row in rows)} of {len(rows)}")
    return ", ".join(places) or "none is feasible"


def _value(wanted: Objective, row: Row, epoch: int) -> float:
    values = wanted.values(row.levels(epoch))
    assert values is not None, "a table has all levels"
    return values[0]
