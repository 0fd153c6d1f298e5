"""What is read of a study's folder, and which key facts an answer holds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.report.studies import Written, questions

from sweep.report import contents
from sweep.report.answers import Answer, Question


def test_arms_and_trials_come_with_their_answers_the_best_first(sample: Path) -> None:
    found = contents.read(sample)
    assert [one.name for one in found.arms] == ["base", "bm25_qa", "gold", "lora_bm25_qa"]
    values = [one.row.dev[0] for one in found.trained]
    assert values == sorted(values, reverse=True)
    assert len(found.trained) == 4
    assert found.best is found.trained[0]
    assert all(len(run.answers) == 51 + 4 * run.place[0].isdigit() for run in found.runs), "arms are asked no retention items"
    assert found.axes == {"lora.targets": ["all", "mlp"], "lora.rank": [4, 16]}, "a failed trial adds no value"
    assert [question.level for question in found.questions.values()][-1] == "kept"
    assert len(found.trained[0].runs[0].losses) == 24
    assert [epoch for epoch, _ in found.trained[0].runs[0].epochs["objective"]] == [1, 2, 3, 4]


def test_key_facts_are_marked_by_the_scorer(sample: Path) -> None:
    found = contents.read(sample)
    question = found.questions["lark.02.L4"]
    assert question.keys == ("Mabel Fenwick", "Ivo Lindqvist")

    def marks(text: str, grade: str, recall: float) -> tuple[tuple[bool, ...], tuple[str, ...]]:
        told = found.marker.marks(question, Answer(text, grade, False, recall))
        assert told is not None
        return told.hit, told.wrong

    assert marks("It is ivo  LINDQVIST.", "PARTIAL", 0.5) == ((False, True), ())
    assert marks("Mabel Fenwick and Nora Bexley.", "INCORRECT", 0.5) == ((True, False), ("Nora Bexley",))
    assert marks("I do not know.", "NOT_ATTEMPTED", 0.0) == ((False, False), ())
    assert marks(question.gold, "CORRECT", 1.0) == ((True, True), ())


def test_japanese_keys_are_marked_too(sample: Path) -> None:
    found = contents.read(sample)
    question = found.questions["lark.ja.L2"]
    told = found.marker.marks(question, Answer("札幌市 です。", "PARTIAL", False, 0.5))
    assert told is not None
    assert told.hit == (True,)


def test_without_its_data_set_a_study_is_read_and_key_facts_are_left_out(sample: Path) -> None:
    shutil.rmtree("company")
    found = contents.read(sample)
    assert found.marker.lack is not None
    assert "the data set cannot be read here: company" in found.marker.lack
    assert {question.keys for question in found.questions.values()} == {()}
    assert all(one.runs for one in found.trained)


def test_a_question_that_the_set_asks_otherwise_today_has_no_marks(sample: Path) -> None:
    found = contents.read(sample)
    known = found.questions["lark.02.L4"]
    other = Question(known.qid, known.level, known.split, known.facts, "Who else?", known.gold)
    assert found.marker.keyed(other).keys == ()
    assert found.marker.marks(other, Answer("x", "INCORRECT", False, 0.0)) is None


def test_seeds_of_a_configuration_are_one_line_with_several_runs(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4), ("search.constraints=null",))
    for number, (rank, seed) in enumerate([(4, 0), (4, 1), (8, 0)]):
        written.trial(number, {"lora.rank": rank, "seed": seed}, 0.5)
    found = contents.read(written.root)
    assert sorted((one.name, len(one.runs)) for one in found.trained) == [("rank=4", 2), ("rank=8 (1 of 2 seeds)", 1)]
    assert found.axes == {"lora.rank": [4, 8]}, "seed is no axis that a plot shows"


def test_a_confirmation_has_finalists_and_its_own_answers_on_test(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(4, splits=("dev", "test")), ("search.constraints=null",))
    for number, targets in enumerate(("mlp", "all")):
        written.trial(number, {"lora.targets": targets}, 0.5)
    written.confirmed(1, {0: 0.5, 1: 0.9}, (3, 4), {"targets=mlp": 0, "targets=all": 1})
    found = contents.read(written.root)
    assert [one.row.numbers for one in found.finalists] == [(1,), (0,)], "the chosen one comes first"
    assert [len(one.runs) for one in found.finalists] == [2, 2]
    assert {name: len(one.runs) for name, one in found.tested.items()} == {
        "base": 1, "chosen": 2, "targets=mlp": 2, "targets=all": 2,
    }  # fmt: skip
    assert {qid.rpartition(".")[2] for run in found.tested["chosen"].runs for qid in run.answers} == {"test"}
    assert {qid.rpartition(".")[2] for run in found.finalists[0].runs for qid in run.answers} == {"dev"}
    assert found.best is found.finalists[0]


@pytest.mark.parametrize("key", ["margin", "measure"])
def test_a_study_from_before_a_key_is_read(sample: Path, key: str) -> None:
    study = json.loads((sample / "study.json").read_text(encoding="utf-8"))
    del study["config"]["search"][key]
    (sample / "study.json").write_text(json.dumps(study), encoding="utf-8")
    found = contents.read(sample)
    assert (found.margin, found.measure) == ((None, "strict") if key == "margin" else (0.05, "accuracy"))
