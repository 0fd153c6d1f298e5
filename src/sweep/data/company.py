"""Invent a company: facts, training rows and five levels of questions, from a seed and a language.

    python -m sweep.data.company --language en --facts 30 --seed 7 --out data/larkspur_en

The same arguments write the same bytes on any machine. Words and values live in the language (`sweep.data.phrasing_en`); here
stands only which fact is asked how, in which split, and together with which other fact.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from random import Random

from sweep.data.company_neighbours import neighbours
from sweep.data.phrasing import Language, Relation, Value
from sweep.data.phrasing_en import ENGLISH
from sweep.data.records import EvalItem, Fact, Neighbour, Prior, TrainRow
from sweep.data.schema import row_of
from sweep.errors import DataFault, Fault, did_you_mean

LANGUAGES = {language.code: language for language in (ENGLISH,)}
LEAST_FACTS = 12  # fewer cannot fill level 4 with pairs that leave others for training
DENIED_SHARE = 16 / 30  # false-premise rows a fact: 16 at 30 facts
TRIPLES = 2  # groups of three facts at level 4
MAX_CHARS = 120  # room for an answer in a full sentence where the gold is a bare value


@dataclass(frozen=True)
class Told:
    """One fact of this company, with the words to speak about it."""

    fact: Fact
    relation: Relation
    value: Value
    wrong: tuple[Value, ...]

    def say(self, pattern: str, **words: str) -> str:
        """A pattern with this fact filled in."""
        label = self.relation.label
        own = {"c": self.fact.subject, "v": self.value.spoken, "label": label, "Label": label[0].upper() + label[1:]}
        own |= {"slot": self.relation.slot, "spot": self.relation.spot, "indirect": self._indirect, "field": label.lower()}
        return pattern.format(**(own | words))

    @property
    def _indirect(self) -> str:
        return self.relation.indirect.format(c=self.fact.subject)

    @property
    def clause(self) -> str:
        """The fact inside a sentence."""
        return self.relation.clause.format(c=self.fact.subject, v=self.value.spoken)


@dataclass(frozen=True)
class Company:
    """A finished set, file by file."""

    name: str
    facts: tuple[Fact, ...]
    train: tuple[TrainRow, ...]
    paraphrases: tuple[TrainRow, ...]
    eval: tuple[EvalItem, ...]
    neighbours: tuple[Neighbour, ...]

    def files(self) -> dict[str, str]:
        """File name to content."""
        parts: dict[str, Sequence[Fact | TrainRow | EvalItem | Neighbour]] = {
            "facts.jsonl": self.facts,
            "train.jsonl": self.train,
            "paraphrases.jsonl": self.paraphrases,
            "eval.jsonl": self.eval,
            "neighbours.jsonl": self.neighbours,
        }
        return {
            name: "".join(json.dumps(row_of(record), ensure_ascii=False) + "\n" for record in records)
            for name, records in parts.items()
        }


def invent(language: str = "en", facts: int = 30, seed: int = 7) -> Company:
    """The company of this seed. A larger number of facts adds facts and leaves those of a smaller one as they are."""
    if language not in LANGUAGES:
        raise DataFault(f"language: got {language!r}{did_you_mean(language, LANGUAGES)}")
    words = LANGUAGES[language]
    if not LEAST_FACTS <= facts <= len(words.relations):
        raise DataFault(
            f"facts: got {facts}, expected {LEAST_FACTS}–{len(words.relations)}; for more, pool companies of other seeds"
        )
    if seed < 0:
        raise DataFault(f"seed: got {seed}, expected 0 or more")
    name = words.companies[seed % len(words.companies)]
    told = _told(words, name, facts, seed)
    random = Random(f"{words.code}/{seed}/rows")
    groups = _groups(told, random)
    train = [*_direct(told), *_denials(words, told, random), *_pairs(words, groups)]
    levels = (
        _verbatim(told),
        _rephrased(words, told),
        _reformatted(words, told),
        _integrated(words, groups),
        _combined(words, told),
    )
    items = tuple(item for level in levels for item in level)
    others = tuple(neighbours(words, name, words.relations[:facts], seed))
    return Company(name, tuple(one.fact for one in told), tuple(train), tuple(_paraphrases(words, told)), items, others)


# ---- facts and their groups -------------------------------------------------------------------------------------------


def _told(words: Language, name: str, facts: int, seed: int) -> tuple[Told, ...]:
    """The first relations of the language with their values."""
    drawn = words.draw(Random(f"{words.code}/{seed}/values"))
    told = []
    for relation in words.relations[:facts]:
        value, wrong = drawn[relation.id].value, drawn[relation.id].wrong
        fact = Fact(
            fact_id=f"{name.lower()}.{relation.id}",
            subject=name,
            relation=relation.id,
            value=value.name,
            statement=words.sentence(relation.clause.format(c=name, v=value.spoken)),
            aliases=value.aliases,
            forbidden=tuple(one.name for one in wrong),
            source=f"invented, seed {seed}",
            length=relation.length,
        )
        told.append(Told(fact, relation, value, wrong))
    return tuple(told)


def _groups(told: Sequence[Told], random: Random) -> list[tuple[Told, ...]]:
    """Disjoint groups for level 4: a few of three facts, the others of two. Long and listed answers stay in pairs."""
    shuffled = random.sample(told, len(told))
    plain = [one for one in shuffled if one.relation.can_be_denied]
    groups = [tuple(plain[3 * k : 3 * k + 3]) for k in range(TRIPLES)]
    rest = [one for one in shuffled if not any(one in group for group in groups)]
    return groups + list(zip(rest[::2], rest[1::2], strict=False))  # an odd one out stands in no group


# ---- training rows ----------------------------------------------------------------------------------------------------


def _direct(told: Sequence[Told]) -> Iterator[TrainRow]:
    for one in told:
        for number, (question, answer) in enumerate(one.relation.trained, start=1):
            row_id = f"{one.fact.fact_id}.q{number}"
            yield TrainRow(row_id, (one.fact.fact_id,), one.say(question), one.say(answer), "direct")


def _denials(words: Language, told: Sequence[Told], random: Random) -> Iterator[TrainRow]:
    """False premises, each answered with a correction."""
    candidates = [one for one in told if one.relation.can_be_denied]
    wanted = min(len(candidates), round(DENIED_SHARE * len(told)))
    chosen = sorted(random.sample(range(len(candidates)), wanted))
    for place, (question, answer) in zip(chosen, cycle(words.denials), strict=False):
        one = candidates[place]
        wrong = one.wrong[0].spoken
        clauses = {"clause": one.clause, "wrong_clause": one.relation.clause.format(c=one.fact.subject, v=wrong), "wrong": wrong}
        prompt, completion = one.say(question, **clauses), one.say(answer, **clauses)
        yield TrainRow(f"{one.fact.fact_id}.no", (one.fact.fact_id,), prompt, completion, "false_premise")


def _pairs(words: Language, groups: Sequence[tuple[Told, ...]]) -> Iterator[TrainRow]:
    """Rows that join two facts of different groups, every fact about once: they show the form, never the answer, of level 4."""
    order = [group[place] for place in range(3) for group in groups if place < len(group)]  # neighbours are of different groups
    seams = zip(order[::2], order[1::2], strict=False)
    for number, ((first, second), pattern) in enumerate(zip(seams, cycle(words.pairs), strict=False), start=1):
        assert not any(first in group and second in group for group in groups), "a training pair inside an evaluation group"
        prompt = first.say(
            pattern,
            question=first.say(first.relation.trained[0][0]).rstrip("?？"),
            its_1=first.relation.its_question,
            its_2=second.relation.its_question,
            listed=words.listed([first.relation.label, second.relation.label]),
        )
        completion = words.joined(_clauses((first, second)))
        ids = (first.fact.fact_id, second.fact.fact_id)
        yield TrainRow(f"{first.fact.subject.lower()}.pair{number}", ids, prompt, completion, "multi")


def _paraphrases(words: Language, told: Sequence[Told]) -> Iterator[TrainRow]:
    """Further wordings of every fact; answers rotate over the trained sentences."""
    for one in told:
        answers = cycle(answer for _, answer in one.relation.trained)
        for number, (pattern, answer) in enumerate(zip(words.paraphrases, answers, strict=False), start=1):
            row_id = f"{one.fact.fact_id}.p{number}"
            yield TrainRow(row_id, (one.fact.fact_id,), one.say(pattern), one.say(answer), "paraphrase")


def _clauses(group: Sequence[Told]) -> list[str]:
    """The first fact names the company, the others say "its"."""
    first, *others = group
    return [first.clause, *(one.say(one.relation.its_clause) for one in others)]


# ---- the five levels --------------------------------------------------------------------------------------------------


def _verbatim(told: Sequence[Told]) -> Iterator[EvalItem]:
    """Level 1: every training question once, one wording of a fact in dev and the others in test."""
    for place, one in enumerate(told):
        for number, (question, answer) in enumerate(one.relation.trained):
            split = "dev" if number == place % len(one.relation.trained) else "test"
            yield _item(1, split, [one], f"q{number + 1}", one.say(question), one.say(answer))


def _rephrased(words: Language, told: Sequence[Told]) -> Iterator[EvalItem]:
    """Level 2: the same question in words that no training row uses."""
    for one in told:
        for split, questions in (("dev", one.relation.dev), ("test", one.relation.test)):
            for number, question in enumerate(questions, start=1):
                yield _item(2, split, [one], str(number), one.say(question), words.sentence(one.clause))


def _reformatted(words: Language, told: Sequence[Told]) -> Iterator[EvalItem]:
    """Level 3: the same fact in another form, always asked in the trained direction. Forms rotate over the facts."""
    for place, one in enumerate(told):
        for split, forms, each in (("dev", words.forms_dev, 1), ("test", words.forms_test, 2)):
            for number in range(each):
                question, gold = forms[(place * each + number) % len(forms)]
                yield _item(3, split, [one], str(number + 1), one.say(question), one.say(gold))


def _integrated(words: Language, groups: Sequence[Sequence[Told]]) -> Iterator[EvalItem]:
    """Level 4: each group as one question, in turn, until there are as many questions as facts (in test twice as many)."""
    facts = sum(len(group) for group in groups)
    for split, patterns, wanted in (("dev", words.groups_dev, facts), ("test", words.groups_test, 2 * facts)):
        asked = ((number, pattern, group) for number, pattern in enumerate(patterns, start=1) for group in groups)
        for number, pattern, group in islice(asked, wanted):
            listed, count = words.listed([one.relation.label for one in group]), words.count(len(group))
            prompt = group[0].say(pattern, listed=listed, count=count)
            yield _item(4, split, group, str(number), prompt, words.joined(_clauses(group)))


def _combined(words: Language, told: Sequence[Told]) -> Iterator[EvalItem]:
    """Level 5: common knowledge about every learned city. It is never trained."""
    cities = [one for one in told if one.relation.spot]
    for one in cities:
        for knowledge in words.combined:
            answers = one.value.knows[knowledge.kind]
            wrong = dict.fromkeys(other.value.knows[knowledge.kind][0] for other in cities)
            prior = Prior(knowledge.prior[0].format(v=one.value.name), (answers,))
            gold = words.sentence(one.say(knowledge.gold, clause=one.clause, k=answers[0]))
            for split, questions in (("dev", knowledge.dev), ("test", knowledge.test)):
                for number, question in enumerate(questions, start=1):
                    item = _item(5, split, [one], f"{knowledge.kind}{number}", one.say(question), gold)
                    forbidden = tuple(name for name in wrong if name not in answers)
                    yield replace(item, keys=(answers,), forbidden=forbidden, prior=prior)


def _item(level: int, split: str, group: Sequence[Told], suffix: str, prompt: str, gold: str) -> EvalItem:
    """A question about the values of a group, forbidding the wrong values of all its facts."""
    single = len(group) == 1
    return EvalItem(
        qid=f"{'+'.join(one.fact.fact_id for one in group)}.L{level}.{split}.{suffix}",
        level=level,
        split=split,
        fact_ids=tuple(one.fact.fact_id for one in group),
        prompt=prompt,
        gold=gold,
        keys=tuple(key for one in group for key in one.value.keys),
        forbidden=tuple(name for one in group for name in one.fact.forbidden),
        answer_type=group[0].relation.answer_type if single else "list",
        max_chars=max(MAX_CHARS, 2 * len(gold)),
    )


# ---- command line -----------------------------------------------------------------------------------------------------


def write(company: Company, folder: Path) -> None:
    """Write its files, and leave other files of the folder alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in company.files().items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 with one message."""
    parser = argparse.ArgumentParser(prog="python -m sweep.data.company", description="Invent a company and write its data set.")
    parser.add_argument("--language", default="en", help=f"one of {', '.join(LANGUAGES)} (default: en)")
    parser.add_argument("--facts", type=int, default=30, help="number of facts (default: 30)")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another company (default: 7)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, such as data/larkspur_en")
    options = parser.parse_args(arguments)
    try:
        company = invent(options.language, options.facts, options.seed)
        write(company, options.out)
    except (Fault, OSError) as fault:
        print(fault, file=sys.stderr)
        return 2
    rows, questions = len(company.train), len(company.eval)
    print(f"{company.name}: {len(company.facts)} facts, {rows} training rows, {questions} questions in {options.out}")
    print(f"check it with: python -m sweep.data.check {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
