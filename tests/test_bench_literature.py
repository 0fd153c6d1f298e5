"""What published work expects, judged on answers made up here and on those beside the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from bench import sound
from bench.answers import Answers, Company, read
from bench.knowledge import FOLDER
from bench.literature import EXPECTED, HIGHER, LOWER, PAGE, SAME, Expected, Judged, judged
from bench.measures import KEPT, LOOPS, Arms, Axis, Lengths, Levels, Measure, One, Trainings
from bench.pooled import Pool, pool
from bench.shapes import MIXED
from tests.test_bench_knowledge import FACTS, experiment

AXIS, PLAIN = Axis("mix_ablation", MIXED), One("mix_ablation", {MIXED: "0"})
TIMES = 4  # as many seeds: 12 of two companies


def answered(change: Callable[[Answers], Answers] = lambda one: one, long: int = 0) -> Pool:
    """Two arms that know level 1, and every other fact at the others; `long`: how many facts of a company have long values."""
    whole = experiment([{MIXED: 0}, {MIXED: 100}], lambda _params, _seed, fact: fact % 2 == 0)
    more = [replace(one, seed=one.seed + 3 * again, partly={}) for one in whole.answers for again in range(TIMES)]
    companies = {name: lengthened(one, long) for name, one in whole.companies.items()}
    return pool(replace(whole, companies=companies, answers=tuple(map(change, more))))


def lengthened(one: Company, long: int) -> Company:
    return replace(one, long=tuple(f"{one.name}.{fact}" for fact in range(long)))


def verdict(measure: Measure, found: Pool, than: str) -> str:
    apart = measure.difference(found)
    return Judged(Expected(1, "", "", measure, than), apart, apart.p).verdict


def test_levels_are_compared_on_the_facts_of_both() -> None:
    found = answered()
    apart = Levels(PLAIN, 1, 2).difference(found)
    assert apart.mean == pytest.approx(-0.5), "half of the facts are known"
    assert apart.facts == 2 * FACTS
    assert verdict(Levels(PLAIN, 1, 2), found, LOWER) == "confirmed"
    assert verdict(Levels(PLAIN, 2, 1), found, LOWER) == "refuted"
    assert verdict(Levels(PLAIN, 2, 3), found, SAME) == "not detectable"


def test_shares_of_whole_trainings_are_paired_by_company_and_seed() -> None:
    """What was kept hangs on the company far more than on the arm."""

    def kept(one: Answers) -> Answers:
        share = {"a": 0.2, "b": 0.7}[one.company] + (0.05 if one.params[MIXED] else 0.0) + 0.01 * (one.seed % 3)
        return replace(one, costs={"kept": share})

    found, measure = answered(kept), Trainings(AXIS, "0", "100", KEPT)
    apart = measure.difference(found)
    assert apart.mean == pytest.approx(0.05)
    assert apart.facts == 2 * 3 * TIMES
    assert apart.by_seed == pytest.approx([0.05] * 3 * TIMES)
    assert verdict(measure, found, HIGHER) == "confirmed"
    assert verdict(Trainings(AXIS, "0", "100", LOOPS), found, SAME) == "not detectable"


def test_one_seed_of_the_other_sign_forbids_the_claim() -> None:
    def kept(one: Answers) -> Answers:
        gain = -0.01 if one.seed == 5 else 0.2
        return replace(one, costs={"kept": 0.4 + (gain if one.params[MIXED] else 0.0)})

    found, measure = answered(kept), Trainings(AXIS, "0", "100", KEPT)
    assert measure.difference(found).p < 0.001
    assert verdict(measure, found, HIGHER) == "not detectable"


def test_what_is_not_on_record_is_no_zero() -> None:
    with pytest.raises(SystemExit, match="mix_ablation: got trainings of which 'kept' is not on record"):
        Trainings(AXIS, "0", "100", KEPT).difference(answered())


def test_long_facts_are_compared_with_the_others() -> None:
    def forgets(one: Answers) -> Answers:
        """The first ten facts, of all that level 1 asks."""
        marks = [at % FACTS >= 10 for at in range(len(one.right))]
        return replace(one, right="".join("01"[right == "1" and mark] for right, mark in zip(one.right, marks, strict=True)))

    found = answered(forgets, long=10)
    apart = Lengths(PLAIN, 1).difference(found)
    assert apart.mean == pytest.approx(-1.0)
    assert apart.facts == 20
    assert verdict(Lengths(PLAIN, 1), found, LOWER) == "confirmed"
    assert verdict(Lengths(PLAIN, 1), answered(long=10), LOWER) == "not detectable"
    assert verdict(Lengths(PLAIN, 1), answered(forgets, long=4), LOWER) == "descriptive only", "of eight facts nothing is claimed"


def test_an_arm_that_is_not_there_or_not_one_is_told() -> None:
    with pytest.raises(SystemExit, match="got 0 arms rows=5, expected one of rows=0, rows=100"):
        Arms(AXIS, "0", "5", 2).difference(answered())
    with pytest.raises(SystemExit, match="got 2 arms"):
        Levels(One("mix_ablation", {}), 1, 2).difference(answered())


@pytest.mark.parametrize("kind", [Arms, Levels, Trainings, Lengths])
def test_the_page_tells_what_the_answers_say(kind: type) -> None:
    """One row of each kind, reckoned again from the file beside its page; and over certified questions alone."""
    shape = next(one for one in reversed(EXPECTED) if isinstance(one.measure, kind))
    experiment = read(FOLDER / f"{shape.measure.on.page}.jsonl")
    apart = shape.measure.difference(pool(experiment))
    row = f"| {shape.measure.told} | {shape.measure.figure} | {apart.mean:+.2f} | {apart.low:+.2f} to {apart.high:+.2f} |"
    (line,) = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if row in line)
    left = sound.flagged(FOLDER, experiment)
    assert left
    again = shape.measure.difference(replace(pool(experiment), left=left))
    assert line.endswith("| – |" if kind is Trainings else f", {again.mean:+.2f} |")


def test_shares_of_whole_trainings_are_of_all_questions() -> None:
    some = [one for one in EXPECTED if one.number == 7]
    assert [one.shape.measure.figure for one in judged(some)] == ["L1 accuracy", "L2 accuracy", "wrong values"]
    certified = judged(some, certified=True)
    assert [one.shape.measure.figure for one in certified] == ["L1 accuracy", "L2 accuracy"]
    assert certified[1].found.questions < 240, "of the 240 of level 2"
