"""The five levels: questions in, one graded row an answer and one summary a level out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sweep import costs
from sweep.clusters import clustered_stderr, fact_clusters
from sweep.data.records import KEPT, PREMISES, TWIN, Dataset, EvalItem
from sweep.evaluate.generation import Answer
from sweep.evaluate.scoring import Grade, Score, score
from sweep.text.fallback import by_words
from sweep.text.health import rep_n
from sweep.text.premise import by_premise
from sweep.trial import Measurement


@dataclass(frozen=True)
class Graded:
    """One question, the answer to it and its score."""

    item: EvalItem
    answer: Answer
    score: Score
    long: bool = False  # a fact that it asks for is a long one

    def row(self, seed: int, epoch: int) -> dict[str, Any]:
        """The line of predictions.jsonl."""
        beside = {"probe": self.item.probe} if self.item.probe else {}
        return beside | {
            "qid": self.item.qid,
            "split": self.item.split,
            "level": self.item.level,
            "fact_ids": list(self.item.fact_ids),
            "seed": seed,
            "epoch": epoch,
            "prompt": self.item.prompt,
            "answer": self.answer.text,
            "gold": self.item.gold,
            "grade": str(self.score.grade),
            "strict": self.score.strict,
            "key_recall": self.score.key_recall,
            "ended": self.answer.ended,
        }


def grade(dataset: Dataset, items: Sequence[EvalItem], said: Sequence[Answer]) -> list[Graded]:
    """Score every answer by the one rule that holds for every arm and trial."""
    return [
        Graded(item, answer, _score(dataset, item, answer), any(fact.length == "long" for fact in dataset.facts_of(item)))
        for item, answer in zip(items, said, strict=True)
    ]


def levels(graded: Sequence[Graded]) -> dict[str, dict[str, Any]]:
    """`L1`..`L5`, `kept` for retention -> n, n_facts, accuracy and its standard error, and the other figures of `result.json`."""
    by_level: dict[int, list[Graded]] = defaultdict(list)
    for one in graded:
        if one.item.probe in ("", "known"):
            by_level[one.item.level].append(one)
    ordered = sorted(by_level, key=lambda level: (level == KEPT, level))
    return {"kept" if level == KEPT else f"L{level}": _summary(by_level[level]) for level in ordered}


def by_split(graded: Sequence[Graded]) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """The `levels` of dev and of test."""
    dev, test = ([one for one in graded if one.item.split == split] for split in ("dev", "test"))
    return levels(dev), levels(test)


def measurements(summary: Mapping[str, Mapping[str, Any]]) -> tuple[Measurement, ...]:
    """The figures of a rung under the names that MLflow shows: L1/acc, L1/strict, ..., macro/acc."""
    found = []
    for level, figures in summary.items():
        n = int(figures["n"])
        found.append(Measurement(f"{level}/acc", figures["accuracy"], n, figures["stderr"], "higher"))
        found.append(Measurement(f"{level}/strict", figures["strict"], n, figures["strict_stderr"], "higher"))
    macro = [figures for level, figures in summary.items() if level != "L1"]  # L1 would reward learning by rote
    if macro:
        mean = sum(float(figures["accuracy"]) for figures in macro) / len(macro)
        error = math.sqrt(sum(float(figures["stderr"]) ** 2 for figures in macro)) / len(macro)
        found.append(Measurement("macro/acc", mean, sum(int(figures["n"]) for figures in macro), error, "higher"))
    return tuple(found)


def health(graded: Sequence[Graded]) -> tuple[Measurement, ...]:
    """Are answers to the ladder's dev questions sound? Shares over all its levels, with errors by fact."""
    asked = [one for one in graded if one.item.level != KEPT and one.item.split == "dev"]
    clusters = fact_clusters([one.item.fact_ids for one in asked])

    def share(name: str, hits: Sequence[bool], better: Literal["higher", "lower"] = "lower") -> Measurement:
        values = [float(hit) for hit in hits]
        return Measurement(name, sum(values) / len(values), len(values), clustered_stderr(values, clusters), better)

    if not asked:
        return ()
    return (
        share(costs.LOOPS, [one.score.loop for one in asked]),
        share(costs.OVER_LONG, [one.score.over_long for one in asked]),
        share(costs.UNSUPPORTED, [bool(one.score.unsupported) for one in asked]),
        share(costs.FORBIDDEN, [bool(one.score.forbidden) for one in asked]),
        share(costs.ENDED, [one.answer.ended for one in asked], "higher"),
    )


def likelihood(golds: Sequence[float]) -> tuple[Measurement, ...]:
    """The mean log-likelihood of right answers, in nats a token."""
    return (Measurement("log_likelihood", sum(golds) / len(golds), len(golds), None, "higher"),)


def _score(dataset: Dataset, item: EvalItem, answer: Answer) -> Score:
    if not item.keys and not item.probe:
        statements = dataset.statements_for(item)
        return by_words(answer.text, item.gold, answer.ended, question=item.prompt, facts=statements)
    found = score(
        answer.text,
        item.keys,
        dataset.forbidden_for(item),
        dataset.others_for(item),
        item.gold,
        answer.ended,
        question=item.prompt,
        facts=dataset.statements_for(item),
        names=item.asks_for_names,
    )
    if item.probe in PREMISES:
        return by_premise(found, answer.text, holds=item.probe == TWIN)
    return found


def _summary(graded: Sequence[Graded]) -> dict[str, Any]:
    clusters = fact_clusters([one.item.fact_ids or (one.item.qid,) for one in graded])
    right = [float(one.score.grade == Grade.CORRECT) for one in graded]
    strict = [float(one.score.strict) for one in graded]
    n = len(graded)

    correct = sum(right) / n
    tried = sum(one.score.grade != Grade.NOT_ATTEMPTED for one in graded)
    attempted = sum(right) / tried if tried else 0.0  # SimpleQA's "correct given attempted", arXiv:2411.04368

    def share(hits: Sequence[bool]) -> float:
        return sum(hits) / n

    return {
        "n": n,
        "n_facts": len({fact for one in graded for fact in one.item.fact_ids}),
        "accuracy": correct,
        "stderr": clustered_stderr(right, clusters),
        "strict": sum(strict) / n,
        "strict_stderr": clustered_stderr(strict, clusters),
        "key_recall": sum(one.score.key_recall for one in graded) / n,
        "not_attempted": share([one.score.grade == Grade.NOT_ATTEMPTED for one in graded]),
        "incorrect": share([one.score.grade == Grade.INCORRECT for one in graded]),
        "forbidden_rate": share([bool(one.score.forbidden) for one in graded]),
        "loop_rate": share([one.score.loop for one in graded]),
        "over_long_rate": share([one.score.over_long for one in graded]),
        "unsupported_rate": share([bool(one.score.unsupported) for one in graded]),
        "eos_rate": share([one.answer.ended for one in graded]),
        "len_ratio": _mean([one.score.len_ratio for one in graded if one.score.len_ratio is not None]),
        "rep": sum(rep_n(one.answer.text) for one in graded) / n,
        "accuracy_attempted": attempted,
        "f": 2 * attempted * correct / (attempted + correct) if attempted + correct else 0.0,
        "head_acc": share([one.score.head == Grade.CORRECT for one in graded]),
        **_by_length(graded),
    }


def _by_length(graded: Sequence[Graded]) -> dict[str, Any]:
    """Key recall of questions for long facts and of the others, where there are both."""
    recall = {
        name: [one.score.key_recall for one in graded if one.long == long] for name, long in (("long", True), ("short", False))
    }
    if not all(recall.values()):
        return {}
    means = {f"key_recall_{name}": _mean(found) for name, found in recall.items()}
    return {**means, "n_long": len(recall["long"])}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
