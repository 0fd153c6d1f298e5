"""An experiment's answers as arms: one configuration with all its companies and seeds, its tuned axes at their best on dev."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.answers import Answers, Company, Experiment, Left, short

from sweep.clusters import fact_clusters
from sweep.report.foretold import expected
from sweep.report.paired import Sheet, sheet

LEVELS = (1, 2, 3, 4, 5)
JUDGED = (2, 3, 4, 5)  # levels of the default objective
LEAST_L1 = 0.9  # and its constraint
Figure = Callable[[Answers, int], float]  # of one question, by its place


def right(one: Answers, at: int) -> float:
    """Whether an answer holds all of what was asked, and nothing wrong."""
    return float(one.right[at])


def strict(one: Answers, at: int) -> float:
    """Whether it also ends where it should."""
    return float(one.strict[at])


def recall(one: Answers, at: int) -> float:
    """The share of what was asked that it holds."""
    return one.partly.get(str(at), float(one.right[at]))


FIGURES: dict[str, Figure] = {"accuracy": right, "strict": strict, "key recall": recall}


@dataclass(frozen=True)
class Arm:
    """One configuration."""

    params: Mapping[str, str]  # axes that are compared
    tuned: Mapping[str, str]  # axes that are not the question, at their best
    by_seed: Mapping[int, Mapping[str, Answers]]  # seed -> company -> answers; only seeds that all companies have

    @property
    def name(self) -> str:
        """`rank=4`, with tuned values in brackets."""
        words = " ".join(f"{short(key)}={value}" for key, value in self.params.items()) or "all trials"
        told = " ".join(f"{short(key)} {value}" for key, value in self.tuned.items())
        return f"{words} ({told})" if told else words

    @property
    def answers(self) -> list[Answers]:
        """Of all companies and seeds."""
        return [one for companies in self.by_seed.values() for one in companies.values()]


@dataclass(frozen=True)
class Pool:
    """Arms on the same questions."""

    companies: Mapping[str, Company]
    arms: tuple[Arm, ...]  # each at its best
    tried: tuple[tuple[Arm, float], ...]  # with every value of the tuned axes, and its objective on dev
    left: Left = frozenset()  # questions that are no part of any figure

    @property
    def seeds(self) -> tuple[int, ...]:
        """Which all arms have."""
        return tuple(sorted(set.intersection(*(set(arm.by_seed) for arm, _ in self.tried))))

    @property
    def levels(self) -> tuple[int, ...]:
        """Which are asked on test."""
        return tuple(level for level in LEVELS if self.questions(level))

    def questions(self, level: int, split: str = "test", long: bool | None = None) -> list[tuple[str, int]]:
        """(company, place) of each question of a level. `long`: only those about facts with long values, or only others."""
        found = []
        for name, company in self.companies.items():
            for at, (qid, its_split, its_level, facts) in enumerate(company.questions):
                fits = long is None or long == bool(set(facts) & set(company.long))
                if (its_split, its_level) == (split, level) and fits and (name, qid) not in self.left:
                    found.append((name, at))
        return found

    def clusters(self, questions: Sequence[tuple[str, int]]) -> list[int]:
        """The group of facts of each question; no fact is in two companies."""
        return fact_clusters([self.companies[name].questions[at][3] for name, at in questions])

    def sheet(self, arm: Arm, questions: Sequence[tuple[str, int]], figure: Figure = right) -> Sheet:
        """What an arm answered, seed by seed, with the seeds that all arms have."""
        names = [f"{name}/{at}" for name, at in questions]
        rows = {seed: {f"{name}/{at}": figure(arm.by_seed[seed][name], at) for name, at in questions} for seed in self.seeds}
        return sheet(rows, names)

    def find(self, axis: str, value: str) -> list[Arm]:
        """The arms with a value of an axis."""
        return [arm for arm in self.arms if arm.params.get(axis) == value]

    def partner(self, arm: Arm, axis: str, value: str) -> Arm | None:
        """The arm that differs from this one in an axis only."""
        wanted = {**arm.params, axis: value}
        return next((one for one in self.arms if one.params == wanted), None)


def foretold(found: Pool, arm: Arm) -> float | None:
    """Accuracy at level 4 if an answer were right where each of its facts is right when asked for alone in other words (level 2),
    and facts were right or wrong independently: the mean over questions and seeds of the product of the facts' shares.
    None where of no question all facts were asked alone."""
    questions = [found.companies[name].questions[at][3] for name, at in found.questions(4)]
    values: list[float] = []
    for seed in found.seeds:
        alone: dict[str, list[float]] = defaultdict(list)
        for name, at in found.questions(2):
            (fact,) = found.companies[name].questions[at][3]
            alone[fact].append(right(arm.by_seed[seed][name], at))
        values += [value for _, value in expected(alone, questions)]
    return fmean(values) if values else None


def pool(experiment: Experiment) -> Pool:
    """Raises: SystemExit where no seed was completed on all companies with every configuration."""
    tune = set(experiment.about["tune"])
    whole: dict[tuple[tuple[str, str], ...], dict[int, dict[str, Answers]]] = defaultdict(lambda: defaultdict(dict))
    for one in experiment.answers:
        whole[one.arm][one.seed][one.company] = one
    choices: dict[tuple[tuple[str, str], ...], list[Arm]] = defaultdict(list)
    for key, seeds in whole.items():
        complete = {seed: found for seed, found in seeds.items() if len(found) == len(experiment.companies)}
        params, tuned = ({name: value for name, value in key if (name in tune) == wanted} for wanted in (False, True))
        choices[tuple(params.items())].append(Arm(params, tuned, complete))
    arms = tuple(max(same, key=lambda arm: _standing(experiment, arm)) for same in choices.values())
    tried = tuple((arm, _standing(experiment, arm)[1]) for same in choices.values() for arm in same)
    found = Pool(experiment.companies, arms, tried)
    if not found.seeds:
        raise SystemExit("got no seed that all configurations completed on all companies; run the same command again, it goes on")
    return found


def _standing(experiment: Experiment, arm: Arm) -> tuple[bool, float]:
    """How an arm stands on dev, as the product orders trials: those that repeat their rows first, then by the objective."""
    judged = [found for level in JUDGED if (found := _dev(experiment, arm, level)) is not None]
    return (_dev(experiment, arm, 1) or 0.0) >= LEAST_L1, fmean(judged) if judged else 0.0


def _dev(experiment: Experiment, arm: Arm, level: int) -> float | None:
    """Its strict accuracy at a level of dev; None where nothing is asked."""
    found = [
        strict(one, at)
        for one in arm.answers
        for at, (_, split, its_level, _) in enumerate(experiment.companies[one.company].questions)
        if (split, its_level) == ("dev", level)
    ]
    return fmean(found) if found else None
