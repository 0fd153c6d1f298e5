"""The questions about an invented company, on five levels; none but those of level 1 stands in its training rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice

from sweep.data.phrasing import Language
from sweep.data.records import EvalItem, Prior
from sweep.data.told import Told, clauses

MAX_CHARS = 120  # room for an answer in a full sentence where the gold is a bare value
BLANK = "____"  # what a form to fill in leaves open


def verbatim(told: Sequence[Told]) -> Iterator[EvalItem]:
    """Level 1: every training question once, one wording of a fact in dev and the others in test. There are no more: dev and
    test share no prompt, so a set of 32 facts in 78 direct rows has 32 and 46 of them."""
    for place, one in enumerate(told):
        for number, (question, answer) in enumerate(one.relation.trained):
            split = "dev" if number == place % len(one.relation.trained) else "test"
            yield _item(1, split, [one], f"q{number + 1}", one.say(question), one.say(answer))


def rephrased(words: Language, told: Sequence[Told]) -> Iterator[EvalItem]:
    """Level 2: the same question in words that no training row uses."""
    for one in told:
        for split, questions in (("dev", one.relation.dev), ("test", one.relation.test)):
            for number, question in enumerate(questions, start=1):
                yield _item(2, split, [one], str(number), one.say(question), words.sentence(one.clause))
    for one, hint in zip((one for one in told if one.relation.can_be_denied), cycle(words.hints), strict=False):
        wrong = one.wrong[-1].spoken  # training denies the first
        yield replace(_item(2, "test", [one], "hint", one.say(hint, wrong=wrong), words.sentence(one.clause)), trap="hint")


def reformatted(words: Language, told: Sequence[Told]) -> Iterator[EvalItem]:
    """Level 3: the same fact in another form, always asked in the trained direction. Forms rotate over the facts."""
    for place, one in enumerate(told):
        for split, forms, each in (("dev", words.forms_dev, 1), ("test", words.forms_test, 2)):
            for number in range(each):
                question, gold = forms[(place * each + number) % len(forms)]
                yield _item(3, split, [one], str(number + 1), one.say(question), one.say(gold))


def integrated(words: Language, groups: Sequence[Sequence[Told]]) -> Iterator[EvalItem]:
    """Level 4: each group as one question, in turn, until there are as many questions as facts (in test twice as many)."""
    facts = sum(len(group) for group in groups)
    for split, patterns, wanted in (("dev", words.groups_dev, facts), ("test", words.groups_test, 2 * facts)):
        asked = ((number, pattern, group) for number, pattern in enumerate(patterns, start=1) for group in groups)
        for number, pattern, group in islice(asked, wanted):
            listed, count = words.listed([one.relation.label for one in group]), words.count(len(group))
            prompt = group[0].say(pattern, listed=listed, count=count)
            yield _item(4, split, group, str(number), prompt, words.joined(clauses(group)))


def combined(words: Language, told: Sequence[Told]) -> Iterator[EvalItem]:
    """Level 5: common knowledge about every learned city. It is never trained."""
    cities = [one for one in told if one.relation.spot]
    for one in cities:
        for knowledge in words.combined:
            answers, believed = one.value.knows[knowledge.kind], one.value.believed.get(knowledge.kind, ())
            named = [other.value.knows[knowledge.kind][0] for other in cities]
            wrong = dict.fromkeys(name for name in (*named, *believed) if name not in one.value.keys[0])
            prior = Prior(knowledge.prior[0].format(v=one.value.name), (answers,), (believed,) if believed else ())
            gold = words.sentence(one.say(knowledge.gold, clause=one.clause, k=answers[0]))
            for split, questions in (("dev", knowledge.dev), ("test", knowledge.test)):
                for number, question in enumerate(questions, start=1):
                    item = _item(5, split, [one], f"{knowledge.kind}{number}", one.say(question), gold)
                    forbidden = tuple(name for name in wrong if name not in answers)
                    trap = "prior" if believed else ""
                    yield replace(item, keys=(answers,), forbidden=forbidden, prior=prior, trap=trap)


def trapped(told: Sequence[Told], item: EvalItem) -> EvalItem:
    """The question with its trap, where it is a form to fill in or asks for one long answer."""
    long = {one.fact.fact_id for one in told if one.fact.length == "long"}
    if item.level == 3 and BLANK in item.prompt:
        return replace(item, trap="form")
    return replace(item, trap="long") if item.fact_ids[0] in long and len(item.fact_ids) == 1 else item


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
