"""What is asked of a model beside the ladder, to see what its training cost, and how the answers count.

The questions are asked with those of dev, in the same batches. Formulas: `sweep.costs` says what each is for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal

from sweep import costs
from sweep.clusters import clustered_stderr, fact_clusters
from sweep.data.records import NEIGHBOUR, PREMISES, TWIN, Dataset, EvalItem, KnownItem
from sweep.evaluate.ladder import Graded
from sweep.evaluate.scoring import Grade
from sweep.selection import spread
from sweep.text.normalise import normalise
from sweep.trial import Measurement


def asked(dataset: Dataset, wanted: Sequence[costs.Name], at_most: int | None) -> tuple[EvalItem, ...]:
    """The questions of these costs, of each at most n, or n pairs, spread evenly; a cost without such rows asks nothing."""
    found: list[EvalItem] = []
    if "leak" in wanted:
        found += spread([one.item(leaks) for one in dataset.neighbours if (leaks := dataset.leaks_of(one))], at_most)
    if "premise" in wanted:
        found += [one.item for pair in spread(_pairs(dataset.known), at_most) for one in pair]
    if "open" in wanted:
        found += spread([one.item for one in dataset.known if one.probe == "open"], at_most)
    return tuple(found)


def texts(dataset: Dataset, wanted: Sequence[costs.Name], at_most: int | None) -> tuple[str, ...]:
    """The neutral prompts that drift is measured on."""
    found = [one.prompt for one in dataset.known if one.probe == "drift"]
    return tuple(spread(found, at_most)) if "drift" in wanted else ()


def figures(dataset: Dataset, wanted: Sequence[costs.Name]) -> tuple[str, ...]:
    """The names of everything that these costs will be measured by on this set."""
    probes = {item.probe for item in asked(dataset, wanted, None)}
    has = {"leak": NEIGHBOUR in probes, "premise": TWIN in probes, "open": "open" in probes}
    has["drift"] = bool(texts(dataset, wanted, None))
    return tuple(figure for name in wanted if has[name] for figure in costs.FIGURES[name])


def measure(dataset: Dataset, graded: Sequence[Graded]) -> tuple[Measurement, ...]:
    """What the answers say, of the costs that were asked."""
    neighbours, premises, openly = (
        [one for one in graded if one.item.probe in probes] for probes in ((NEIGHBOUR,), PREMISES, ("open",))
    )
    return (
        *(_leaks(dataset, neighbours) if neighbours else ()),
        *(_premises(dataset, premises) if premises else ()),
        *(_openness(openly) if openly else ()),
    )


def _leaks(dataset: Dataset, graded: Sequence[Graded]) -> tuple[Measurement, ...]:
    """Trained values told of other subjects, and how often the model says that it does not know; errors by subject."""
    subjects = {one.nid: one.subject for one in dataset.neighbours}
    clusters = fact_clusters([[subjects[one.item.qid]] for one in graded])
    told = [bool(one.score.forbidden) for one in graded]
    declined = [one.score.grade == Grade.NOT_ATTEMPTED for one in graded]
    return _share(costs.LEAK, told, clusters, "lower"), _share(costs.ABSTENTION, declined, clusters, "higher")


def _premises(dataset: Dataset, graded: Sequence[Graded]) -> tuple[Measurement, ...]:
    """Balanced accuracy: the mean over pairs of ½ (right on the false premise + right on its true twin); n counts pairs."""
    pair_of = {one.kid: one.pair_id for one in dataset.known}
    right: Mapping[str, dict[str, list[bool]]] = defaultdict(lambda: {probe: [] for probe in PREMISES})
    for one in graded:
        right[pair_of[one.item.qid]][one.item.probe].append(one.score.grade == Grade.CORRECT)
    values = [fmean(fmean(answers) for answers in pair.values()) for pair in right.values()]
    return (Measurement(costs.PREMISE, fmean(values), len(values), _stderr(values, range(len(values))), "higher"),)


def _openness(graded: Sequence[Graded]) -> tuple[Measurement, ...]:
    """Refusals, distinct answers as a share of the questions, and the share of the answer that is given most often.

    The error of the distinct share is the jackknife's: leaving an answer out lowers their number where nobody else gives it.
    """
    said = [normalise(one.answer.text) for one in graded]
    times, apart = Counter(said), range(len(said))
    top = times.most_common(1)[0][0]
    once = _stderr([float(times[one] == 1) for one in said], apart)
    return (
        _share(costs.REFUSAL, [one.score.grade == Grade.NOT_ATTEMPTED for one in graded], apart, "lower"),
        Measurement(costs.DISTINCT, len(times) / len(said), len(said), once, "higher"),
        _share(costs.TOP, [one == top for one in said], apart, "lower"),
    )


def _share(name: str, hits: Sequence[bool], clusters: Sequence[int], better: Literal["higher", "lower"]) -> Measurement:
    values = [float(hit) for hit in hits]
    return Measurement(name, fmean(values), len(values), _stderr(values, clusters), better)


def _stderr(values: Sequence[float], clusters: Sequence[int]) -> float | None:
    """None where one value says nothing about spread."""
    return clustered_stderr(values, clusters) if len(values) > 1 else None


def _pairs(known: Sequence[KnownItem]) -> list[list[KnownItem]]:
    """False premises with the true twin of the same `pair_id`; one that stands alone is left out."""
    found: dict[str, list[KnownItem]] = defaultdict(list)
    for one in known:
        if one.probe in PREMISES and one.pair_id:
            found[one.pair_id].append(one)
    return [pair for pair in found.values() if {one.probe for one in pair} == set(PREMISES)]
