"""The rules of the decision, each on a study made for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.report.studies import Written, questions

from sweep.report import contents, decision
from sweep.report.decision import Decision
from sweep.report.standing import standings
from sweep.search import choice

FREE = "search.constraints=null"
MANY = questions(300, levels=(2,))


def study(tmp_path: Path, *words: str) -> Written:
    return Written(tmp_path / "study", MANY, (FREE, *words))


def decided(written: Written) -> Decision:
    return decision.decide(contents.read(written.root))


def name(found: Decision) -> str | None:
    return None if found.recommended is None else found.recommended.name


def test_the_cheapest_that_is_surely_not_worse_is_recommended(tmp_path: Path) -> None:
    written = study(tmp_path)
    written.trial(0, {"lora.rank": 64}, 0.97, cost=64, draw="same")
    written.trial(1, {"lora.rank": 4}, 0.96, cost=4, draw="same")
    written.trial(2, {"lora.rank": 2}, 0.6, cost=2)
    found = decided(written)
    assert name(found) == "rank=4"
    assert "surely not worse than it by 0.05" in found.paragraph
    assert [(one.name, one.good) for one in found.options] == [("rank=2", False), ("rank=4", True), ("rank=64", True)]
    assert dict(found.settings)["lora.rank"] == "4"


def test_not_to_be_told_apart_is_not_enough(tmp_path: Path) -> None:
    """24 facts cannot show a difference of .1, nor that there is none of .05."""
    written = Written(tmp_path / "study", questions(24, levels=(2,)), (FREE,))
    written.trial(0, {"lora.rank": 64}, 0.95, cost=64)
    written.trial(1, {"lora.rank": 4}, 0.85, cost=4)
    best, other = contents.read(written.root).trained
    assert best.row.dev > other.row.dev
    found = decided(written)
    assert name(found) == best.name
    assert "no cheaper one is surely as good" in found.paragraph


def test_a_wider_margin_takes_the_cheaper_one(tmp_path: Path) -> None:
    written = study(tmp_path, "search.margin=0.5")
    written.trial(0, {"lora.rank": 64}, 0.97, cost=64)
    written.trial(1, {"lora.rank": 2}, 0.6, cost=2)
    assert name(decided(written)) == "rank=2"


def test_with_too_few_questions_the_best_by_its_mean_is_descriptive(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(12, levels=(2,)), (FREE,))
    written.trial(0, {"lora.rank": 64}, 1.0, cost=64)
    written.trial(1, {"lora.rank": 4}, 1.0, cost=4)
    found = decided(written)
    assert found.recommended is not None
    assert found.recommended.name == contents.read(written.root).trained[0].name
    assert "descriptive only" in found.paragraph


def test_a_study_from_before_the_margin_names_its_best(tmp_path: Path) -> None:
    written = study(tmp_path)
    written.trial(0, {"lora.rank": 64}, 0.97, cost=64, draw="same")
    written.trial(1, {"lora.rank": 4}, 0.96, cost=4, draw="same")
    about = json.loads((written.root / "study.json").read_text())
    del about["config"]["search"]["margin"]
    (written.root / "study.json").write_text(json.dumps(about))
    found = decided(written)
    assert name(found) == "rank=64"
    assert "before there was search.margin" in found.paragraph


def test_fewer_seeds_are_not_chosen_from(tmp_path: Path) -> None:
    written = study(tmp_path)
    for seed in (0, 1):
        written.trial(seed, {"lora.rank": 64, "seed": seed}, 0.9, cost=64)
    written.trial(2, {"lora.rank": 4, "seed": 0}, 1.0, cost=4)
    assert [one.name for one in decided(written).options] == ["rank=64"]


@pytest.mark.parametrize(
    ("retrieval", "both", "way", "words"),
    [
        (0.3, 0.5, "LoRA", "Use LoRA without retrieval."),
        (1.0, 1.0, "retrieval", "Use retrieval, and train nothing."),
        (0.3, 1.0, "both", "Use LoRA and retrieval together."),
    ],
)
def test_the_cheapest_way_that_is_surely_not_worse_is_named(
    tmp_path: Path, retrieval: float, both: float, way: str, words: str
) -> None:
    written = study(tmp_path)
    written.arm("base", 0.0)
    written.arm("bm25_qa", 0.1)
    written.arm("bm25_passages", retrieval)
    written.arm("lora_bm25_qa", both)
    written.trial(0, {"lora.rank": 4}, 0.8)
    found = decided(written)
    assert found.way == way
    assert found.paragraph.startswith(words)
    assert [one.name.partition(":")[0] for one in found.ways] == ["retrieval", "LoRA", "both"]
    assert found.ways[0].name == "retrieval: bm25_passages", "each way stands with its best arm"


def test_nothing_is_said_of_a_way_that_was_not_measured(tmp_path: Path) -> None:
    written = study(tmp_path)
    written.arm("base", 0.0)
    written.arm("gold", 1.0)
    written.trial(0, {"lora.rank": 4}, 0.8)
    found = decided(written)
    assert (found.way, found.ways) == (None, ())
    assert "Only LoRA was measured" in found.paragraph


def test_a_training_that_taught_nothing_is_said_first(tmp_path: Path) -> None:
    written = study(tmp_path)
    written.arm("base", 0.5)
    written.trial(0, {"lora.rank": 4}, 0.5)
    assert decided(written).paragraph.startswith("Nothing trained here is shown to know more than the untouched base")


def test_where_nothing_knows_more_than_the_base_nobody_is_told_to_train(tmp_path: Path) -> None:
    written = study(tmp_path, "search.confirm.top=1")
    written.arm("base", 0.5)
    written.trial(0, {"lora.rank": 4}, 0.3)
    told = decided(written).paragraph
    assert "Nothing that was measured knows more than the untouched base. Who trains all the same, trains rank=4: " in told
    assert told.endswith("There was nothing else to choose from.")


def test_the_only_finalist_is_told_as_such(tmp_path: Path) -> None:
    asked = questions(40, levels=(2,), splits=("dev", "test"))
    written = Written(tmp_path / "study", asked, (FREE, "search.confirm.top=1"))
    written.trial(0, {"lora.rank": 4}, 0.9)
    written.trial(1, {"lora.rank": 8}, 0.9)
    written.confirmed(1, {1: 0.9}, (3, 4), {})
    assert "It was the only finalist (search.confirm.top)." in decided(written).paragraph


def test_of_equal_trials_that_miss_the_constraints_one_is_highest_everywhere(tmp_path: Path) -> None:
    """Key recall decides, as it does for `sweep.ask` and the table."""
    written = Written(tmp_path / "study", questions(20, levels=(1, 2)), ("search.constraints={L1: 0.9}",))
    for number, recall in enumerate((0.1, 0.4, 0.2)):
        written.trial(number, {"lora.rank": 4 + number}, 0.0)
        file = written.root / f"{number:04d}/result.json"
        body = json.loads(file.read_text())
        body["levels"]["L2"]["key_recall"] = recall
        file.write_text(json.dumps(body))
    found = contents.read(written.root)
    likeliest = choice.likeliest(standings(written.root, found.objective))
    assert likeliest is not None
    assert likeliest.number == 1
    assert [one.row.numbers for one in found.trained] == [(1,), (2,), (0,)]
    assert "The highest objective has rank=5: 0.00." in decision.decide(found).paragraph


def test_without_a_feasible_trial_nothing_is_recommended(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(20, levels=(1, 2)), ("search.constraints={L1: 0.9}",))
    written.arm("bm25_qa", 1.0)
    written.trial(0, {"lora.rank": 4}, 0.1)
    found = decided(written)
    assert found.recommended is None
    missed = "No trial reaches L1 >= 0.9 (strict accuracy on dev), so none is named best."
    assert found.paragraph.startswith(f"Nothing is recommended. {missed} The highest objective has ")
    assert "Without training, bm25_qa: 1.00." in found.paragraph


def test_finalists_that_miss_the_constraints_with_fresh_seeds_are_not_recommended(tmp_path: Path) -> None:
    asked = questions(20, levels=(1, 2), splits=("dev", "test"))
    written = Written(tmp_path / "study", asked, ("search.constraints={L1: 0.9}", "search.confirm.top=1"))
    written.trial(0, {"lora.rank": 4}, 1.0)
    written.confirmed(None, {0: 0.1}, (3, 4), {})
    found = decided(written)
    assert found.recommended is None
    missed = "No finalist reaches L1 >= 0.9 (strict accuracy on dev) with fresh seeds, so none is named best."
    assert found.paragraph.startswith(f"Nothing is recommended. {missed}")


def test_finalists_are_chosen_from_by_their_fresh_seeds(tmp_path: Path) -> None:
    asked = questions(40, levels=(2,), splits=("dev", "test"))
    written = Written(tmp_path / "study", asked, (FREE, "search.confirm.top=2"))
    for number, rank in enumerate((4, 8, 16)):
        written.trial(number, {"lora.rank": rank}, 0.9)
    written.confirmed(1, {1: 0.95, 2: 0.2}, (3, 4), {})
    found = decided(written)
    assert name(found) == "rank=8"
    assert {one.name for one in found.options} == {"rank=8", "rank=16"}


def test_what_was_forgotten_is_told(sample: Path) -> None:
    found = decision.decide(contents.read(sample))
    assert "of 4 things that the base knew" in found.paragraph
    assert "leak/rate" in {price.name for price in found.costs}
