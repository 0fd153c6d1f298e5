"""Who is compared with whom, on which questions, and in which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.report.studies import Written, questions

from sweep.report import comparison, contents
from sweep.report.comparison import Comparison

FREE = "search.constraints=null"


def searched(written: Written) -> Comparison:
    return comparison.searched(contents.read(written.root))


def verdicts(found: Comparison, level: str) -> dict[tuple[str, str], str]:
    return {(one.a, one.b): one.verdict for one in found.contrasts if one.level == level}


def test_the_best_is_compared_with_what_is_beside_it_and_the_next_best(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(40, levels=(1, 2)), (FREE,))
    written.arm("base", 0.0)
    written.arm("gold", 1.0)
    written.trial(0, {"lora.rank": 4}, 0.95)
    written.trial(1, {"lora.rank": 8}, 0.3)
    found = searched(written)
    assert [line.name for line in found.lines] == ["base", "gold", "rank=4", "rank=8"]
    assert verdicts(found, "L2") == {("base", "rank=4"): "better", ("rank=8", "rank=4"): "better"}, "the ceiling is no rival"
    assert all(one.adjusted is not None and one.adjusted >= one.found.p for one in found.contrasts)
    assert any("4 tests" in remark for remark in found.remarks)
    cell = found.lines[2].cells["L2"]
    assert (cell.questions, cell.facts) == (40, 40)
    assert cell.low < cell.value < cell.high


def test_few_questions_describe_and_claim_nothing(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(19, levels=(2,)), (FREE,))
    written.arm("base", 0.0)
    written.trial(0, {"lora.rank": 4}, 1.0)
    (one,) = searched(written).contrasts
    assert (one.verdict, one.adjusted) == ("descriptive only", None)
    assert one.detectable is None, "where every fact differs alike, resampling knows no error"


def test_declared_contrasts_stand_in_the_place_of_the_best(tmp_path: Path) -> None:
    words = (FREE, "search.confirm.top=1", "+search.contrasts={lora.targets: [[attention, mlp]]}")
    written = Written(tmp_path / "study", questions(40, levels=(2,)), words)
    for number, (targets, chance) in enumerate([("attention", 0.3), ("mlp", 0.9), ("all", 0.99)]):
        written.trial(number, {"lora.targets": targets}, chance)
    assert verdicts(searched(written), "L2") == {("attention", "mlp"): "better"}


def test_the_figure_is_the_studys_own_measure(tmp_path: Path) -> None:
    for measure, value in (("strict", 0.0), ("accuracy", 1.0)):
        written = Written(tmp_path / measure, questions(20, levels=(2,)), (FREE, f"search.measure={measure}"))
        written.trial(0, {"lora.rank": 4}, 1.0)
        file = written.root / "0000" / "predictions.jsonl"
        file.write_text(file.read_text().replace('"strict": true', '"strict": false'))
        cell = searched(written).lines[0].cells["L2"]
        assert (cell.value, cell.accuracy) == (value, 1.0)


def test_test_is_compared_where_every_trial_read_it(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(20, levels=(2,), splits=("dev", "test")), (FREE,))
    written.trial(0, {"lora.rank": 4}, 0.9)
    found = searched(written)
    assert found.split == "test"
    assert not any("dev chose" in remark for remark in found.remarks)


def test_after_a_confirmation_the_chosen_and_the_contrasts_are_claimed_on_test(tmp_path: Path) -> None:
    words = (FREE, "search.confirm.top=2", "+search.contrasts={lora.targets: [[mlp, all]]}")
    written = Written(tmp_path / "study", questions(30, levels=(2,), splits=("dev", "test")), words)
    for number, targets in enumerate(("mlp", "all")):
        written.trial(number, {"lora.targets": targets}, 0.5)
    written.confirmed(1, {0: 0.2, 1: 0.95}, (3, 4, 5), {"targets=mlp": 0, "targets=all": 1})
    found = comparison.confirmed(contents.read(written.root))
    assert found is not None
    assert verdicts(found, "L2") == {("base", "chosen"): "better", ("targets=mlp", "targets=all"): "better"}
    assert [line.seeds for line in found.lines] == [1, 3, 3, 3]
    assert {one.found.questions for one in found.contrasts} == {30}
    assert [told.split(":")[0] for told in found.remarks if "seed" in told] == ["An arm trains nothing and has no seeds"]


def test_the_objective_weighs_levels_and_not_questions(tmp_path: Path) -> None:
    """20 questions of level 2 and 10 of level 4: a gain in level 4 alone is half of the objective's."""
    written = Written(tmp_path / "study", questions(20, levels=(2, 4)), (FREE,))
    written.trial(0, {"lora.rank": 4}, 0.0)
    written.trial(1, {"lora.rank": 8}, 0.0)
    file = written.root / "0001" / "predictions.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("\n".join(json.dumps(row | {"strict": row["level"] == 4}) for row in rows))
    found = contents.read(written.root)
    first, second = sorted(found.trained, key=lambda one: one.row.numbers)
    apart = comparison.gap(found, first, second)
    assert apart is not None
    assert apart.mean == pytest.approx(0.5)
    assert (apart.questions, apart.facts) == (30, 10)


def about_seeds(found: Comparison) -> list[str]:
    return [remark.split(", ")[0] for remark in found.remarks if "seed" in remark]


def test_whose_intervals_know_nothing_of_seeds_is_told_with_the_reason(tmp_path: Path) -> None:
    """Nobody says of an arm, which trains nothing, that its number of seeds is unlike the other's."""
    arm = "An arm trains nothing and has no seeds: it is compared with the mean over the other side's"
    unlike = "With unlike numbers of seeds each side stands with its mean"
    written = Written(tmp_path / "study", questions(20, levels=(2,)), (FREE,))
    written.arm("base", 0.0)
    written.trial(0, {"lora.rank": 4, "seed": 0}, 1.0)
    assert about_seeds(searched(written)) == ["With one seed"]
    written.trial(1, {"lora.rank": 4, "seed": 1}, 1.0)
    assert about_seeds(searched(written)) == [arm]
    for number, seed in enumerate((0, 1), start=2):
        written.trial(number, {"lora.rank": 8, "seed": seed}, 0.5)
    found = searched(written)
    assert about_seeds(found) == [arm], "of two configurations with two seeds each nothing is to be said"
    assert {(one.a, len(one.found.by_seed)) for one in found.contrasts} == {("base", 1), ("rank=8", 2)}
    written.trial(4, {"lora.rank": 8, "seed": 2}, 0.5)
    assert about_seeds(searched(written)) == [arm, unlike]
