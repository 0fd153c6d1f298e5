"""Which training rows and questions a trial uses: the `data.*` and `evaluation.*` keys applied to a loaded set."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from sweep.config import DataConfig, ModelConfig
from sweep.data import mix
from sweep.data.framing import framed
from sweep.data.records import KINDS, Dataset, EvalItem, TrainRow
from sweep.errors import DataFault, did_you_mean, raise_all

Item = TypeVar("Item")

JOINS = "multi"  # the kind of rows that join facts


def narrowed(dataset: Dataset, config: DataConfig) -> Dataset:
    """The set with only the first `data.facts` facts, and the rows and questions that need no other; without level 5 questions
    about facts that `data.reasoning` spells out.

    Raises DataFault where `data.facts` asks for more than there are.
    """
    if config.facts is None:
        return _unspoilt(dataset, config)
    if config.facts > len(dataset.facts):
        raise DataFault(f"data.facts: got {config.facts}, but {dataset.name} has {len(dataset.facts)} facts")
    facts = dataset.facts[: config.facts]
    known = {fact.fact_id for fact in facts}
    few = replace(
        dataset,
        facts=facts,
        train=tuple(row for row in dataset.train if known.issuperset(row.fact_ids)),
        eval=tuple(item for item in dataset.eval if known.issuperset(item.fact_ids)),
        paraphrases=tuple(row for row in dataset.paraphrases if known.issuperset(row.fact_ids)),
        joins=tuple(row for row in dataset.joins if known.issuperset(row.fact_ids)),
        reasoning=tuple(row for row in dataset.reasoning if known.issuperset(row.fact_ids)),
    )
    return _unspoilt(few, config)


def _unspoilt(dataset: Dataset, config: DataConfig) -> Dataset:
    """The set without the level 5 questions whose answers `data.reasoning` spells out."""
    if config.reasoning not in ("own", "both"):
        return dataset
    told = dataset.spelled_out
    return replace(dataset, eval=tuple(one for one in dataset.eval if one.level != 5 or told.isdisjoint(one.fact_ids)))


def training_rows(dataset: Dataset, config: DataConfig, seed: int, model: ModelConfig | None = None) -> tuple[TrainRow, ...]:
    """The rows to learn from: the kinds asked for, `data.joins` that join facts, those of `data.reasoning`, `data.paraphrases`
    more a fact, and `data.mix.rows` unrelated ones.

    `model`: the base, of which `data.mix.known` tells what it must know; not needed where that is null.

    Raises DataFault for an unknown kind, for kinds that leave no row, and for more rows of a sort than the set or file has.
    """
    faults = [f"data.kinds: got {kind}{did_you_mean(kind, KINDS)}" for kind in config.kinds or () if kind not in KINDS]
    raise_all(DataFault, faults)
    rows = [row for row in _joined(dataset, config) if config.kinds is None or row.kind in config.kinds]
    if not rows:
        present = sorted({row.kind for row in dataset.train})
        got = f"{list(config.kinds or ())}{'' if config.joins is None else f' and data.joins {config.joins}'}"
        raise DataFault(f"data.kinds: got {got}, which leaves no row of {dataset.name}; it has {present}")
    rows += [*_reasoning(dataset, config), *_paraphrases(dataset.paraphrases, config.paraphrases)]
    return (*(_worded(dataset, row, config, number) for number, row in enumerate(rows)), *_mixed(config, seed, model))


def _joined(dataset: Dataset, config: DataConfig) -> list[TrainRow]:
    """The rows of train.jsonl with `data.joins` that join facts: of its own as many as are wanted, then further ones."""
    if config.joins is None:
        return list(dataset.train)
    if config.joins and config.kinds is not None and JOINS not in config.kinds:
        raise DataFault(f"data.joins: got {config.joins}, but data.kinds {list(config.kinds)} leaves out {JOINS}")
    own = [row for row in dataset.train if row.kind == JOINS]
    there = len(own) + len(dataset.joins)
    if config.joins > there:
        where = f"{len(own)} in train.jsonl, {len(dataset.joins)} in joins.jsonl"
        raise DataFault(f"data.joins: got {config.joins}, but {dataset.name} has {there} rows that join facts ({where})")
    dropped = own[config.joins :]
    kept = [row for row in dataset.train if row not in dropped]
    return [*kept, *dataset.joins[: max(0, config.joins - len(own))]]


def _reasoning(dataset: Dataset, config: DataConfig) -> list[TrainRow]:
    """Rows that spell out common knowledge, about the subjects that `data.reasoning` names."""
    wanted = {"none": (), "others": (False,), "own": (True,), "both": (False, True)}[config.reasoning]
    rows = [row for row in dataset.reasoning if bool(row.fact_ids) in wanted]
    if len({bool(row.fact_ids) for row in rows}) < len(wanted):
        has = ", ".join(sorted({"own" if row.fact_ids else "others" for row in dataset.reasoning})) or "none"
        raise DataFault(f"data.reasoning: got {config.reasoning}, but reasoning.jsonl of {dataset.name} has rows of {has}")
    return rows


def _worded(dataset: Dataset, row: TrainRow, config: DataConfig, number: int) -> TrainRow:
    """A row about one fact as `data.trained_as` and `data.answers` want it; a row that denies or joins something stays."""
    if row.kind not in ("direct", "paraphrase") or len(row.fact_ids) != 1:
        return row
    (fact,) = dataset.facts_of(row)
    if config.trained_as == "statement":
        return replace(row, prompt=f"{fact.subject}: {fact.relation.replace('_', ' ')}", completion=fact.statement)
    if config.answers == "long":
        return replace(row, completion=framed(row.completion, dataset.japanese, number))
    return replace(row, completion=fact.value) if config.answers == "bare" else row


def questions(dataset: Dataset, levels: Iterable[int], split: str, at_most: int | None) -> tuple[EvalItem, ...]:
    """The questions of these levels and one split, at most n a level, spread evenly over the level's questions."""
    return tuple(item for level in levels for item in spread(dataset.items(level, split), at_most))


def retention(dataset: Dataset, at_most: int | None) -> tuple[EvalItem, ...]:
    """Questions of common knowledge that have a right answer, at most n, spread evenly."""
    return tuple(spread([one.item for one in dataset.known if one.probe == "known" and one.keys], at_most))


def missing_levels(dataset: Dataset, levels: Iterable[int], splits: Iterable[str], few: str = "") -> list[str]:
    """One fault for each level and split without a question. `few`: what narrowed the set, to be said behind its name."""
    has = sorted({item.level for item in dataset.eval})
    typed = f"; type evaluation.levels=[{','.join(map(str, has))}]" if has else ""
    return [
        f"evaluation.levels: level {level} has no {split} question in {dataset.name}{few} (levels with questions: {has}){typed}"
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
