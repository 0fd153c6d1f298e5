"""Level 5 beside what the untouched base believes: is an answer wrong for want of the fact, or by an inherited belief?

A level 5 question joins a learned fact with common knowledge, its `prior`. The base is asked every prior once. Then
accuracy over the questions whose prior it answers right is free of its ignorance, and a wrong answer with the very value that the
base wrongly named is inherited: right by the base's own belief.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sweep import selection
from sweep.data.records import KEPT, SPLITS, Dataset, EvalItem
from sweep.evaluate.exam import Exam
from sweep.evaluate.ladder import Graded
from sweep.evaluate.scoring import Grade
from sweep.text.match import find, vocabulary
from sweep.text.normalise import normalise
from sweep.text.prepared import prepare
from sweep.trial import Trial

LEVEL = 5
ECHO = 3  # characters beside a name from which on it repeats the question: "of Toronto"


@dataclass(frozen=True)
class Belief:
    """What a base said to one prior."""

    right: bool
    named: frozenset[str]  # the wrong values in its answer, of those that questions with this prior know of


class Beliefs:
    """What one base believes, for each way of asking it; every prior is asked once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], dict[str, Belief]] = {}  # by way of asking and the prior's question

    def clear(self) -> None:
        """Forget them: another base comes."""
        self._found.clear()

    def of(self, trial: Trial) -> Mapping[str, Belief]:
        """By the prior's question; empty where this base was not asked in the trial's way."""
        return self._found.get(_way(trial), {})

    def learn(self, exam: Exam, trial: Trial, dataset: Dataset, model: Any) -> None:
        """Ask a base that is free of adapters the priors that this trial's level 5 needs and that are still open."""
        found = self._found.setdefault(_way(trial), {})
        wanted = [item for item in _asked(dataset, trial) if item.prior is not None and item.prior.question not in found]
        priors = {item.prior.question: _as_item(item) for item in wanted if item.prior is not None}
        if priors:
            graded = exam.put(trial, dataset, model, tuple(priors.values()))
            found.update((one.item.prompt, _belief(one, wanted)) for one in graded)


def completed(
    dataset: Dataset, graded: Sequence[Graded], beliefs: Mapping[str, Belief], *by_split: dict[str, dict[str, Any]]
) -> list[dict[str, dict[str, Any]]]:
    """The `levels` of dev and of test, with figures beside those of L5 where its priors were asked."""
    found = []
    for split, levels in zip(SPLITS, by_split, strict=True):
        more = figures(dataset, [one for one in graded if one.item.split == split], beliefs)
        found.append(levels | {f"L{LEVEL}": levels[f"L{LEVEL}"] | more} if more else levels)
    return found


def figures(dataset: Dataset, graded: Sequence[Graded], beliefs: Mapping[str, Belief]) -> dict[str, Any]:
    """Shares of 0 to 1 over the level 5 answers whose prior the base was asked; empty where there are none.

    `prior_right`: of questions whose prior the base answers right; `accuracy_prior_right` over these alone, with their number;
    `inherited`: of answers that name what the base wrongly believes, and no right value.
    """
    held = [(one, beliefs[prior.question]) for one in graded if (prior := one.item.prior) and prior.question in beliefs]
    if not held:
        return {}
    known = [one for one, belief in held if belief.right]
    right = sum(one.score.grade == Grade.CORRECT for one in known)
    inherited = sum(is_inherited(dataset, one, belief) for one, belief in held)
    found = {"prior_right": len(known) / len(held), "n_prior_right": len(known), "inherited": inherited / len(held)}
    return found | ({"accuracy_prior_right": right / len(known)} if known else {})


def is_inherited(dataset: Dataset, one: Graded, belief: Belief) -> bool:
    """Wrong, but right by the base's own belief: it holds a value that the base wrongly named, and no right one.

    The learned sentence claims nothing of this kind, even where the belief is about the very value that was learned: many take
    the city of a fact for the capital of its country.
    """
    if belief.right or one.score.key_recall > 0:
        return False
    return bool(named(_untaught(dataset, one), belief.named))


def named(text: str, values: Iterable[str]) -> frozenset[str]:
    """Which of these values a text claims."""
    known = tuple(values)
    return frozenset(known[at] for at in find(prepare(text), vocabulary(tuple((value,) for value in known))).groups)


def _belief(one: Graded, items: Iterable[EvalItem]) -> Belief:
    """The base's answer, held against everything that the questions with this prior know to be wrong."""
    alike = [item for item in items if item.prior is not None and item.prior.question == one.item.prompt]
    right = {key for item in alike for group in item.keys for key in group}
    wrong = [value for item in alike for value in (*item.forbidden, *item.choices, *_believed(item)) if value not in right]
    claimed = named(one.answer.text, dict.fromkeys(wrong))
    repeated = {value for value in claimed if _only_repeats(one.item.prompt, one.answer.text, value)}
    return Belief(one.score.grade == Grade.CORRECT, claimed - repeated)


def _only_repeats(question: str, text: str, value: str) -> bool:
    """Whether a value of the question stands in the text only with the question's words around it, or as in カラチの首都."""
    asked, said, name = normalise(question), normalise(text), normalise(value)
    places = [place.start() for place in re.finditer(re.escape(name), said)]
    return name in asked and all(
        said.startswith("の", place + len(name)) or _shared(asked, said, asked.index(name), place, len(name)) >= ECHO
        for place in places
    )


def _shared(asked: str, said: str, here: int, there: int, length: int) -> int:
    """How many characters around a name are alike in two texts."""
    before = zip(reversed(asked[:here]), reversed(said[:there]), strict=False)
    after = zip(asked[here + length :], said[there + length :], strict=False)
    return sum(len(list(takewhile(lambda pair: pair[0] == pair[1], side))) for side in (before, after))


def _believed(item: EvalItem) -> tuple[str, ...]:
    return () if item.prior is None else tuple(value for group in item.prior.believed for value in group)


def _as_item(item: EvalItem) -> EvalItem:
    """A prior as a question of its own, on no level of the ladder."""
    assert item.prior is not None, "only level 5 questions have a prior"
    question, keys = item.prior.question, item.prior.keys
    return EvalItem(f"{item.qid}.prior", KEPT, "dev", (), question, keys[0][0], keys, item.answer_type)


def _untaught(dataset: Dataset, one: Graded) -> str:
    """The answer less every learned sentence about its facts, up to the value."""
    said = normalise(one.answer.text)
    for fact in dataset.facts_of(one.item):
        name = normalise(fact.value)
        rows = (*dataset.train, *dataset.paraphrases)
        for taught in (fact.statement, *(row.completion for row in rows if row.fact_ids == (fact.fact_id,))):
            before, found, _ = normalise(taught).partition(name)
            if before and found:
                said = said.replace(before + name, "\n")
    return said


def _asked(dataset: Dataset, trial: Trial) -> tuple[EvalItem, ...]:
    """The level 5 questions of a trial's configuration."""
    wanted = trial.config.evaluation
    splits = wanted.splits if LEVEL in wanted.levels else ()
    return tuple(item for split in splits for item in selection.questions(dataset, (LEVEL,), split, wanted.questions))


def _way(trial: Trial) -> tuple[Any, ...]:
    """What a base's answer to a question depends on."""
    config = trial.config
    return (config.data.path, config.prompt, config.evaluation.max_new_tokens)
