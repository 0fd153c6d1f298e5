"""Which training rows and questions a trial uses: the `data.*` and `evaluation.*` keys applied to a loaded set."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from sweep.config import DataConfig, ModelConfig
from sweep.data import mix
from sweep.data.records import KINDS, Dataset, EvalItem, TrainRow
from sweep.errors import DataFault, did_you_mean, raise_all

Item = TypeVar("Item")


def narrowed(dataset: Dataset, config: DataConfig) -> Dataset:
    """The set with only the first `data.facts` facts, and the rows and questions that need no other.

    Raises DataFault where `data.facts` asks for more than there are.
    """
    if config.facts is None:
        return dataset
    if config.facts > len(dataset.facts):
        raise DataFault(f"data.facts: got {config.facts}, but {dataset.name} has {len(dataset.facts)} facts")
    facts = dataset.facts[: config.facts]
    known = {fact.fact_id for fact in facts}
    return replace(
        dataset,
        facts=facts,
        train=tuple(row for row in dataset.train if known.issuperset(row.fact_ids)),
        eval=tuple(item for item in dataset.eval if known.issuperset(item.fact_ids)),
        paraphrases=tuple(row for row in dataset.paraphrases if known.issuperset(row.fact_ids)),
    )


def training_rows(dataset: Dataset, config: DataConfig, seed: int, model: ModelConfig | None = None) -> tuple[TrainRow, ...]:
    """The rows to learn from: the kinds asked for, `data.paraphrases` more a fact, and `data.mix.rows` unrelated ones.

    `model`: the base, of which `data.mix.known` tells what it must know; not needed where that is null.

    Raises DataFault for an unknown kind, for kinds that leave no row, and for more unrelated rows than the file has.
    """
    faults = [f"data.kinds: got {kind}{did_you_mean(kind, KINDS)}" for kind in config.kinds or () if kind not in KINDS]
    raise_all(DataFault, faults)
    rows = [row for row in dataset.train if config.kinds is None or row.kind in config.kinds]
    if not rows:
        present = sorted({row.kind for row in dataset.train})
        raise DataFault(f"data.kinds: got {list(config.kinds or ())}, which leaves no row of {dataset.name}; it has {present}")
    rows += _paraphrases(dataset.paraphrases, config.paraphrases)
    return (*(_worded(dataset, row, config) for row in rows), *_mixed(config, seed, model))


def _worded(dataset: Dataset, row: TrainRow, config: DataConfig) -> TrainRow:
    """A row about one fact as `data.trained_as` and `data.answers` want it; a row that denies or joins something stays."""
    if row.kind not in ("direct", "paraphrase") or len(row.fact_ids) != 1:
        return row
    (fact,) = dataset.facts_of(row)
    if config.trained_as == "statement":
        return replace(row, prompt=f"{fact.subject}: {fact.relation.replace('_', ' ')}", completion=fact.statement)
    return replace(row, completion=fact.value) if config.answers == "bare" else row


def questions(dataset: Dataset, levels: Iterable[int], split: str, at_most: int | None) -> tuple[EvalItem, ...]:
    """The questions of these levels and one split, at most n a level, spread evenly over the level's questions."""
    return tuple(item for level in levels for item in spread(dataset.items(level, split), at_most))


def retention(dataset: Dataset, at_most: int | None) -> tuple[EvalItem, ...]:
    """Questions of common knowledge that have a right answer, at most n, spread evenly."""
    return tuple(spread([one.item for one in dataset.known if one.probe == "known" and one.keys], at_most))


def missing_levels(dataset: Dataset, levels: Iterable[int], splits: Iterable[str]) -> list[str]:
    """One fault for each level and split without a question."""
    has = sorted({item.level for item in dataset.eval})
    return [
        f"evaluation.levels: level {level} has no {split} question in {dataset.name} (levels with questions: {has})"
        for level in levels
        for split in splits
        if not dataset.items(level, split)
    ]


def spread(items: Sequence[Item], at_most: int | None) -> list[Item]:
    """At most n of these, spread evenly."""
    if at_most is None or at_most >= len(items):
        return list(items)
    return [items[at * len(items) // at_most] for at in range(at_most)]


def _paraphrases(rows: Sequence[TrainRow], per_fact: int) -> list[TrainRow]:
    taken: dict[tuple[str, ...], int] = defaultdict(int)
    chosen = []
    for row in rows:
        if taken[row.fact_ids] < per_fact:
            taken[row.fact_ids] += 1
            chosen.append(row)
    return chosen


def _mixed(config: DataConfig, seed: int, model: ModelConfig | None) -> list[TrainRow]:
    asked = config.mix
    if not asked.rows or asked.path is None:
        return []
    assert model is not None or asked.known is None, "whose knowledge chooses the rows"
    base = (model.name, model.source) if model is not None else ("", "")
    rows = mix.rows(asked.path, asked.known, *base)
    if asked.rows > len(rows):
        of = {None: "rows", True: f"rows that {base[0]} knows", False: f"rows that {base[0]} does not know"}[asked.known]
        raise DataFault(f"data.mix.rows: got {asked.rows}, but {asked.path} has {len(rows)} {of}")
    return random.Random(f"mix {seed}").sample(rows, asked.rows)
