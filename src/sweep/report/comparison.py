"""Arms side by side: each level's figure with its interval by fact, and paired contrasts with Holm's p and what could be seen.

The statistics are those of `sweep.report.paired`; here stands who is compared with whom, and on which questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.clusters import fact_clusters
from sweep.goals import KEPT, LEVELS
from sweep.report import paired
from sweep.report.answers import Question
from sweep.report.contents import CHOSEN, Candidate, Contents
from sweep.report.paired import DESCRIPTIVE, Difference, Sheet
from sweep.report.propagation import CEILING
from sweep.report.verdict import WORDS
from sweep.search.spelling import means

SHOWN = 12  # trained lines of a table, the best ones
INTERVALS = 2000  # resamples of an interval in the table: its ends then move by .004 from draw to draw, below what is shown
RIVALS = 3  # next best ones that the best is compared with, where no contrast was declared


@dataclass(frozen=True)
class Cell:
    """One arm at one level."""

    questions: int
    facts: int  # groups of questions that share no fact
    value: float  # in the study's measure, mean over questions and seeds
    low: float  # of a 95 % interval by fact
    high: float
    accuracy: float
    seed_sd: float | None  # None: one seed


@dataclass(frozen=True)
class Line:
    """One arm."""

    name: str
    trained: bool
    seeds: int
    cells: Mapping[str, Cell]  # by level


@dataclass(frozen=True)
class Contrast:
    """One planned comparison at one level: `b` less `a`."""

    a: str
    b: str
    level: str
    found: Difference
    adjusted: float | None  # Holm's p among all tests of the table; None: too few facts or questions for a test
    detectable: float | None  # the smallest difference that so many questions would have shown; None: no two answers differ
    verdict: str  # of `b`

    @property
    def difference(self) -> str:
        """As people read it."""
        return signed(self.found.mean)

    @property
    def interval(self) -> str:
        """As people read it, no further than figures can lie apart."""
        return f"{signed(max(-1.0, self.found.low))} to {signed(min(1.0, self.found.high))}"


@dataclass(frozen=True)
class Comparison:
    """Arms on the same questions."""

    split: str
    measure: str  # in words
    lines: tuple[Line, ...]
    contrasts: tuple[Contrast, ...]
    remarks: tuple[str, ...]

    @property
    def levels(self) -> list[str]:
        """That anybody was asked, L1 first, `kept` last."""
        asked = {level for line in self.lines for level in line.cells}
        return [level for level in (*LEVELS, KEPT) if level in asked]

    @property
    def pairs(self) -> list[tuple[str, str, list[Contrast]]]:
        """The contrasts of two arms together."""
        found: dict[tuple[str, str], list[Contrast]] = {}
        for one in self.contrasts:
            found.setdefault((one.a, one.b), []).append(one)
        return [(a, b, same) for (a, b), same in found.items()]


def shown(contents: Contents) -> list[Candidate]:
    """Who has a line: every arm, and the best of what was trained."""
    return [*contents.arms, *contents.trained[:SHOWN]]


def searched(contents: Contents) -> Comparison:
    """The arms and trials of the search, on test where all of them read it, else on dev."""
    split = contents.summary.split
    pairs = list(_pairs(contents))
    remarks = [_on_dev()] if split == "dev" else []
    more = len(contents.trained) - SHOWN
    if more > 0:
        remarks.append(f"The {SHOWN} best of {len(contents.trained)} configurations are shown; all trials are listed below.")
    return _compared(contents, split, [(one.name, one) for one in shown(contents)], pairs, remarks)


def confirmed(contents: Contents) -> Comparison | None:
    """The chosen one against the base, and the contrasts that were declared, on test; None where test was not read for them."""
    found = contents.tested
    if not found:
        return None
    pairs = [("base", CHOSEN)] if {"base", CHOSEN} <= found.keys() else []
    pairs += [(a, b) for a, b in _declared_names(contents) if a in found and b in found]
    named = [(a, found[a], b, found[b]) for a, b in pairs]
    remarks = ["Test had no part in the choice; these are the figures for claims."]
    return _compared(contents, "test", list(found.items()), named, remarks)


def gap(contents: Contents, a: Candidate, b: Candidate, split: str = "dev") -> Difference | None:
    """`b` less `a` in the study's first objective, on the questions that both answered; None where there are none.

    Every level has the weight that the objective gives it, however many questions it has; the least of levels, which is no sum,
    stands as their mean.
    """
    asked = _common(contents, (a, b), split)
    weights = _weights(contents, asked)
    if not weights:
        return None
    chosen = [one for one in asked if one.level in weights]
    sizes = {level: sum(one.level == level for one in chosen) for level in weights}
    total = sum(weights.values())
    scale = [len(chosen) * weights[one.level] / total / sizes[one.level] for one in chosen]
    sheets = [Sheet(_sheet(contents, one, chosen).right_SQ * scale) for one in (a, b)]
    return paired.difference(sheets[0], sheets[1], _clusters(chosen))


def signed(value: float) -> str:
    """`+0.12`, and no minus before nothing."""
    return f"{round(value, 2) + 0.0:+.2f}"


# ---- who is compared with whom ------------------------------------------------------------------------------------------

Pair = tuple[str, Candidate, str, Candidate]


def _pairs(contents: Contents) -> Iterator[Pair]:
    """The declared contrasts, each side at its best; where none was, the best against what is beside it and the next best."""
    if contents.config.get("search", {}).get("contrasts"):
        for key, a, b in _declared(contents):
            sides = [next(iter(_with(contents, key, value)), None) for value in (a, b)]
            if sides[0] is not None and sides[1] is not None:
                yield sides[0].name, sides[0], sides[1].name, sides[1]
        return
    if not contents.trained:
        return
    best = contents.trained[0]
    for one in [*(arm for arm in contents.arms if arm.name != CEILING), *contents.trained[1 : 1 + RIVALS]]:
        yield one.name, one, best.name, best


def _declared(contents: Contents) -> Iterator[tuple[str, Any, Any]]:
    for key, pairs in contents.config.get("search", {}).get("contrasts", {}).items():
        for a, b in pairs:
            yield key, a, b


def _declared_names(contents: Contents) -> Iterator[tuple[str, str]]:
    """Declared contrasts as the record of a confirmation names their sides: `targets=mlp`."""
    for key, a, b in _declared(contents):
        short = key.rpartition(".")[2]
        sides = [name for value in (a, b) for name in contents.tested if name == f"{short}={value}"]
        if len(sides) == 2:
            yield sides[0], sides[1]


def _with(contents: Contents, key: str, value: Any) -> Iterator[Candidate]:
    return (one for one in contents.trained if key in one.params and means(one.params[key], value))


# ---- figures ------------------------------------------------------------------------------------------------------------


def _compared(
    contents: Contents, split: str, arms: Sequence[tuple[str, Candidate]], pairs: Sequence[Pair], remarks: Sequence[str]
) -> Comparison:
    lines = tuple(_line(contents, name, one, split) for name, one in arms)
    tests = [(a, b, level, found) for a, one, b, other in pairs for level, found in _by_level(contents, one, other, split)]
    claims = [found for *_, found in tests if found.verdict(1.0) != DESCRIPTIVE]
    adjusted = dict(zip(map(id, claims), paired.holm([found.p for found in claims]), strict=True))
    contrasts = tuple(
        Contrast(a, b, level, found, p := adjusted.get(id(found)), _detectable(found, len(claims)), _verdict(found, p))
        for a, b, level, found in tests
    )
    compared = {(one.a, one.b) for one in contrasts}
    told = [*remarks, *_about(contrasts, len(claims)), *_about_seeds([pair for pair in pairs if (pair[0], pair[2]) in compared])]
    return Comparison(split, WORDS[contents.measure], lines, contrasts, tuple(told))


def _verdict(found: Difference, adjusted: float | None) -> str:
    return DESCRIPTIVE if adjusted is None else found.verdict(adjusted)


def _detectable(found: Difference, tests: int) -> float | None:
    return found.detectable(max(1, tests)) if found.spread else None


def _line(contents: Contents, name: str, one: Candidate, split: str) -> Line:
    cells = {level: _cell(contents, one, asked) for level, asked in _leveled(_common(contents, (one,), split))}
    return Line(name, one.trained, max(1, len(one.runs)), cells)


def _cell(contents: Contents, one: Candidate, asked: Sequence[Question]) -> Cell:
    measure = "accuracy" if asked[0].level == KEPT else contents.measure  # as the base's own answers were graded
    clusters, sheet = _clusters(asked), _sheet(contents, one, asked, measure)
    low, high = paired.interval(sheet, clusters, resamples=INTERVALS)
    right = _sheet(contents, one, asked, "accuracy")
    return Cell(len(asked), len(set(clusters)), sheet.mean, max(0.0, low), min(1.0, high), right.mean, sheet.seed_sd)


def _by_level(contents: Contents, a: Candidate, b: Candidate, split: str) -> Iterator[tuple[str, Difference]]:
    for level, asked in _leveled(_common(contents, (a, b), split)):
        if level in LEVELS:
            sheets = [_sheet(contents, one, asked) for one in (a, b)]
            yield level, paired.difference(sheets[0], sheets[1], _clusters(asked))


def _sheet(contents: Contents, one: Candidate, asked: Sequence[Question], measure: str | None = None) -> Sheet:
    wanted = measure or contents.measure
    rows = {at: {item.qid: run.answers[item.qid].value(wanted) for item in asked} for at, run in enumerate(one.runs)}
    return paired.sheet(rows, [item.qid for item in asked])


def _common(contents: Contents, candidates: Sequence[Candidate], split: str) -> list[Question]:
    """The questions of a split that all runs of these answered."""
    runs = [run for one in candidates for run in one.runs]
    if not runs:
        return []
    shared = set(runs[0].answers).intersection(*(run.answers for run in runs[1:]))
    return [one for qid, one in contents.questions.items() if qid in shared and one.split == split]


def _leveled(asked: Sequence[Question]) -> Iterator[tuple[str, list[Question]]]:
    for level in dict.fromkeys(one.level for one in asked):
        yield level, [one for one in asked if one.level == level]


def _clusters(asked: Iterable[Question]) -> list[int]:
    return fact_clusters([one.facts or (one.qid,) for one in asked])


def _weights(contents: Contents, asked: Sequence[Question]) -> dict[str, float]:
    """Of the levels that the first objective reads, as far as they were asked; all of the ladder's where it has none."""
    levels = {one.level for one in asked if one.level in LEVELS}
    wanted = dict(contents.objective.goals[0].weights) if contents.objective is not None else {}
    return {level: weight for level, weight in wanted.items() if level in levels} or dict.fromkeys(sorted(levels), 1.0)


def _on_dev() -> str:
    return "dev chose the best of these, so its figures flatter it; claims need test (search.confirm, or evaluation.splits)."


def _about(contrasts: Sequence[Contrast], claims: int) -> Iterator[str]:
    if claims:
        yield f"p is Holm's over the {claims} tests of this table; intervals and tests count facts, not questions."
    if any(one.verdict == DESCRIPTIVE for one in contrasts):
        least = f"{paired.FEWEST_FACTS} separate facts or {paired.FEWEST_QUESTIONS} questions"
        yield f"“{DESCRIPTIVE}”: fewer than {least}, so nothing is claimed."


def _about_seeds(pairs: Iterable[Pair]) -> Iterator[str]:
    """Whose intervals know nothing of seeds: `paired.difference` pairs them where both sides have several, and equally many."""
    yield from filter(None, dict.fromkeys(_unpaired(a, b) for _, a, _, b in pairs))


def _unpaired(a: Candidate, b: Candidate) -> str | None:
    """None for two sides whose seeds are paired."""
    seeds = [len(one.runs) for one in (a, b) if one.trained]
    if max(seeds, default=1) == 1:
        return "With one seed, what another would change is in no interval."
    if len(seeds) == 1:
        mean = "it is compared with the mean over the other side's"
        return f"An arm trains nothing and has no seeds: {mean}, and what another seed would change is in no interval against it."
    unlike = "With unlike numbers of seeds each side stands with its mean, and what another seed would change is in no interval."
    return None if seeds[0] == seeds[1] else unlike
