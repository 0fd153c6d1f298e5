"""Judge a data set before anything is trained on it: leaks from training into evaluation, wrong golds, empty levels.

    python -m sweep.data.check data/larkspur_en
    python -m sweep.data.check my_company.csv

Exit code 0 with a table of rows and questions, or 2 with one message that lists every fault. Faults stop a run; notes do not.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from sweep.data.records import LEVELS, SPLITS, Dataset, EvalItem, TrainRow
from sweep.data.schema import shown
from sweep.data.source import read
from sweep.errors import DataFault, Fault, did_you_mean, raise_all
from sweep.text.normalise import normalise
from sweep.text.score import Grade, score

LEVEL_NAMES = {1: "verbatim", 2: "rephrased", 3: "reformatted", 4: "integrated", 5: "combined"}
GRAM = 13  # words in a row that count as copied: Brown et al. 2020, arXiv:2005.14165, appendix C
GRAM_CJK = 26  # the same in scripts without spaces, at about two characters a word
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
TOKEN = re.compile(rf"{CJK.pattern}|[^\W_]+")


@dataclass(frozen=True)
class Findings:
    """What the rules found. Faults stop a run; notes tell what the set cannot show."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]


def sound(path: str | Path) -> tuple[Dataset, tuple[str, ...]]:
    """The set that a path names, and its notes. Raises: DataFault with everything that is wrong, in its rows and between them."""
    dataset, faults = read(path)
    found = Findings((), ()) if dataset is None else check(dataset)
    raise_all(DataFault, [*faults, *found.faults])
    assert dataset is not None, "what has no fault is a set"
    return dataset, found.notes


def check(dataset: Dataset) -> Findings:
    """All rules on a loaded set."""
    rows = (untrained_verbatim, leaks, added_rows, spelled_out)
    questions = (shared_prompts, wrong_golds, clashing_values, long_golds, groups, neighbours)
    of_whole_sets = () if dataset.partial else (thin_facts, empty_levels)
    notes = dataset.notes if dataset.partial else tuple(gaps(dataset))
    return Findings(tuple(fault for rule in (*rows, *questions, *of_whole_sets) for fault in rule(dataset)), notes)


def untrained_verbatim(dataset: Dataset) -> Iterator[str]:
    """Level 1 repeats a direct question of train.jsonl, or of the one table, word for word."""
    trained = {row.prompt for row in dataset.train if row.kind == "direct"}
    in_table = f"the question of a training row about one fact in {dataset.table}"
    wanted = f"expected at level 1 {in_table if dataset.table else 'the prompt of a direct row of train.jsonl'}"
    for item in dataset.items(level=1):
        if item.prompt not in trained:
            yield f"{_at(dataset, item)}: prompt: got {shown(item.prompt)}, {wanted}"


def leaks(dataset: Dataset) -> Iterator[str]:
    """Levels 2-5 ask in words that no training row holds: not the same prompt, and no 13 words in a row of one."""
    whole: dict[str, str] = {}
    parts: dict[tuple[str, ...], str] = {}
    for place, row in _training(dataset):
        whole.setdefault(normalise(row.prompt), place)
        for gram in _grams(row.prompt):
            parts.setdefault(gram, place)
    for item in dataset.eval:
        if item.level == 1:
            continue
        same = whole.get(normalise(item.prompt))
        if same:
            wanted = f"expected other words at level {item.level}"
            yield f"{_at(dataset, item)}: prompt: got {shown(item.prompt)}, which {same} trains; {wanted}"
            continue
        copied = [gram for gram in _grams(item.prompt) if gram in parts]
        if copied:
            gram = copied[0]
            unit = "words" if len(gram) == GRAM else "characters"
            yield f"{_at(dataset, item)}: prompt: shares {len(gram)} {unit} in a row with {parts[gram]} ({shown(' '.join(gram))})"


def shared_prompts(dataset: Dataset) -> Iterator[str]:
    """Dev feeds the objective, so that test must not repeat its prompts."""
    dev = {normalise(item.prompt): item for item in reversed(dataset.items(split="dev"))}
    for item in dataset.items(split="test"):
        twin = dev.get(normalise(item.prompt))
        if twin:
            yield f"{_at(dataset, item)}: prompt: got {shown(item.prompt)} in test, which {_at(dataset, twin)} asks in dev"


def thin_facts(dataset: Dataset) -> Iterator[str]:
    """Every fact is trained at least once and asked at least twice."""
    trained = Counter(fact_id for row in dataset.train for fact_id in row.fact_ids)
    asked = Counter(fact_id for item in dataset.eval for fact_id in item.fact_ids)
    for fact in dataset.facts:
        for name, counts, least in (("train.jsonl", trained, 1), ("eval.jsonl", asked, 2)):
            if counts[fact.fact_id] < least:
                got = counts[fact.fact_id]
                yield f"facts.jsonl:{fact.line}: {fact.fact_id}: {got} rows in {name}, expected at least {least}"


def wrong_golds(dataset: Dataset) -> Iterator[str]:
    """Each gold answer is right under the scorer that judges the model."""
    for item in (one for one in dataset.eval if one.keys):
        forbidden, others = dataset.forbidden_for(item), dataset.others_for(item)
        found = score(item.gold, item.keys, forbidden, others, names=item.asks_for_names)
        if found.grade != Grade.CORRECT:
            why = f"keys {shown(item.keys)}"
            if found.forbidden:
                why = f"it holds forbidden {shown(list(found.forbidden))}"
            elif score(item.gold, item.keys, forbidden, others).grade == Grade.CORRECT:
                why += " are part of a longer name there; add that name as a spelling of the key"
            yield f"{_at(dataset, item)}: gold: got {shown(item.gold)}, which scores {found.grade}, expected CORRECT ({why})"


def clashing_values(dataset: Dataset) -> Iterator[str]:
    """A forbidden value alone never counts as right, unless a longer known name resolves it."""
    for item in dataset.eval:
        forbidden, others = dataset.forbidden_for(item), dataset.others_for(item)
        for value in dict.fromkeys((*item.forbidden, *forbidden)):
            if score(value, item.keys, forbidden, others, names=item.asks_for_names).key_recall > 0:
                yield f"{_at(dataset, item)}: forbidden: got {shown(value)}, which counts as right for keys {shown(item.keys)}"


def long_golds(dataset: Dataset) -> Iterator[str]:
    """The gold answer fits into max_chars."""
    for item in dataset.eval:
        if len(item.gold) > item.max_chars:
            least = f"expected at least {len(item.gold)}, the length of the gold"
            yield f"{_at(dataset, item)}: max_chars: got {item.max_chars}, {least}"


def empty_levels(dataset: Dataset) -> Iterator[str]:
    """All five levels are asked in both splits."""
    for level in LEVELS:
        for split in SPLITS:
            if not dataset.items(level, split):
                yield f"eval.jsonl: level {level} ({LEVEL_NAMES[level]}) has no {split} question, expected at least one"


def groups(dataset: Dataset) -> Iterator[str]:
    """Level 4 groups hold two or three facts, are disjoint, and no training row joins two facts of one."""
    home: dict[str, EvalItem] = {}  # fact -> the first question of its group
    for item in dataset.items(level=4):
        if len(item.fact_ids) not in (2, 3):
            hint = "; name them in the column fact, such as ceo; office" if dataset.table else ""
            yield f"{_at(dataset, item)}: fact_ids: got {len(item.fact_ids)} facts, expected 2–3 at level 4{hint}"
        for fact_id in item.fact_ids:
            first = home.setdefault(fact_id, item)
            if set(first.fact_ids) != set(item.fact_ids):
                other = f"is in the group of {_at(dataset, first)} too, expected disjoint groups at level 4"
                yield f"{_at(dataset, item)}: fact_ids: {fact_id} {other}"
    for place, row in _training(dataset):
        for one, other in combinations(dict.fromkeys(row.fact_ids), 2):
            if one in home and other in home[one].fact_ids:
                yield f"{place}: fact_ids: joins {one} and {other}, which {_at(dataset, home[one])} asks together at level 4"


def neighbours(dataset: Dataset) -> Iterator[str]:
    """A neighbour is no subject of the set, and there is something that must not be said of it."""
    subjects = {fact.subject for fact in dataset.facts}
    relations = list(dict.fromkeys(fact.relation for fact in dataset.facts))
    for one in dataset.neighbours:
        if one.subject in subjects:
            yield f"neighbours.jsonl:{one.line}: subject: got {shown(one.subject)}, expected one that facts.jsonl does not have"
        if not dataset.leaks_of(one):
            expected = f"expected leak_values, or a relation of facts.jsonl{did_you_mean(one.relation, relations)}"
            yield f"neighbours.jsonl:{one.line}: relation: got {shown(one.relation)}, {expected}"


def added_rows(dataset: Dataset) -> Iterator[str]:
    """joins.jsonl joins facts, no pair twice; reasoning.jsonl spells out, or tells what another subject is."""
    seen: dict[frozenset[str], str] = {}
    for place, row in _training(dataset):
        if place.startswith("joins.jsonl") and row.kind != "multi":
            yield f"{place}: kind: got {row.kind}, expected multi in joins.jsonl"
        if place.startswith("reasoning.jsonl") and row.kind != "reasoning" and (row.kind != "general" or row.fact_ids):
            yield f"{place}: kind: got {row.kind}, expected reasoning, or general without fact_ids, in reasoning.jsonl"
        if row.kind == "multi":
            first = seen.setdefault(frozenset(row.fact_ids), place)
            if first != place and place.startswith("joins.jsonl"):
                yield f"{place}: fact_ids: joins {shown(list(row.fact_ids))}, which {first} joins already"


def spelled_out(dataset: Dataset) -> Iterator[str]:
    """Level 5 asks no fact that train.jsonl itself spells out; those of reasoning.jsonl are not asked where they are trained."""
    asked = {fact_id: item for item in reversed(dataset.items(level=5)) for fact_id in item.fact_ids}
    for row in dataset.train:
        for fact_id in row.fact_ids:
            if row.kind == "reasoning" and fact_id in asked:
                where = f"which {_at(dataset, asked[fact_id])} asks at level 5; expected such a row in reasoning.jsonl"
                yield f"train.jsonl:{row.line}: kind: got reasoning about {fact_id}, {where}"


def gaps(dataset: Dataset) -> Iterator[str]:
    """Which relations a level does not ask about."""
    relations = list(dict.fromkeys(fact.relation for fact in dataset.facts))
    asked: dict[int, set[str]] = defaultdict(set)
    for item in dataset.eval:
        asked[item.level] |= {fact.relation for fact in dataset.facts_of(item)}
    for level in LEVELS:
        absent = [relation for relation in relations if relation not in asked[level]]
        if absent:
            share = f"{len(relations) - len(absent)} of {len(relations)}"
            yield f"level {level} asks about {share} relations; not {', '.join(absent)}"


def summary(dataset: Dataset) -> str:
    """Rows a kind, and questions a level and split, as a small table."""
    kinds = Counter(row.kind for _, row in _training(dataset))
    lines = [f"{dataset.name}: {len(dataset.facts)} facts, digest {dataset.digest[:12]}", ""]
    lines += [f"{'training rows':<16}{'rows':>6}"]
    lines += [f"  {kind:<14}{number:>6}" for kind, number in kinds.items()]
    lines += ["", f"{'questions':<16}{'dev':>6}{'test':>6}{'facts':>7}"]
    for level in LEVELS:
        dev, test = (len(dataset.items(level, split)) for split in SPLITS)
        facts = len({fact_id for item in dataset.items(level) for fact_id in item.fact_ids})
        lines.append(f"  L{level} {LEVEL_NAMES[level]:<11}{dev:>6}{test:>6}{facts:>7}")
    return "\n".join(lines)


def _training(dataset: Dataset) -> Iterator[tuple[str, TrainRow]]:
    """Everything a trial may train on, with its place."""
    files = {"train": dataset.train, "paraphrases": dataset.paraphrases, "joins": dataset.joins, "reasoning": dataset.reasoning}
    for name, rows in files.items():
        for row in rows:
            yield dataset.place(f"{name}.jsonl", row.line), row


def _at(dataset: Dataset, item: EvalItem) -> str:
    return dataset.place("eval.jsonl", item.line)


def _grams(text: str) -> Iterable[tuple[str, ...]]:
    """Runs of 13 words, or of 26 characters where most of the text is written without spaces."""
    tokens = TOKEN.findall(normalise(text))
    length = GRAM_CJK if 2 * sum(bool(CJK.match(token)) for token in tokens) > len(tokens) else GRAM
    return (tuple(tokens[start : start + length]) for start in range(len(tokens) - length + 1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 with one message."""
    parser = argparse.ArgumentParser(prog="python -m sweep.data.check", description="Validate a data set.")
    parser.add_argument("folder", help="a folder of JSONL files, one CSV, YAML or JSONL table, or the name of a shipped set")
    options = parser.parse_args(arguments)
    try:
        dataset, notes = sound(options.folder)
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 2
    print("\n".join((summary(dataset), "", *(f"note: {note}" for note in notes), "no faults")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
