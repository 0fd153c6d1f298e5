"""A certificate and a study's folder, both written here: which rows are shown again, and what stands in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.composed import config

from sweep.config import plain
from sweep.report import certified, table
from sweep.report.rows import Row
from sweep.track import certificate, folder
from sweep.track.certificate import Certificate, Mark

MARKS = {"a": Mark(1, "000", "111"), "b": Mark(1, "110", "111"), "c": Mark(1, "000", "011"), "d": Mark(2, "010", "001")}
ABOUT = {
    "model": "tiny", "source": "tiny", "revision": "r1", "quantization": "none", "precision": "fp32", "device": "cpu",
    "data": "set", "digest": "d1" * 32, "prompt": {"template": "chat", "system": None}, "max_new_tokens": 48,
    "commit": None, "dirty": None, "date": "2026-01-02T03:04:05",
}  # fmt: skip
TEXTS = {"alone": ("{question}", "Q: {question}", "x {question}"), "told": ("{context} {question}", "y", "z")}
FOUND = Certificate(ABOUT, TEXTS, MARKS)


def answers(place: Path, **grades: str) -> Path:
    rows = [
        {"qid": qid, "split": "dev", "level": MARKS[qid].level, "fact_ids": [qid], "seed": 0, "epoch": 1, "answer": "",
         "gold": "", "grade": grade, "strict": False, "ended": True}
        for qid, grade in grades.items()
    ]  # fmt: skip
    kept = {"qid": "k", "split": "dev", "level": 0, "fact_ids": [], "seed": 0, "epoch": 1, "answer": "", "gold": "",
            "grade": "CORRECT", "strict": True, "ended": True}  # fmt: skip
    folder.write_predictions(place, [*rows, kept])
    return place


def body(revision: str = "r1", **more: Any) -> dict[str, Any]:
    return {"provenance": {"data_digest": ABOUT["digest"], "model_revision": revision}, **more}


@pytest.fixture
def study(tmp_path: Path) -> dict[str, Any]:
    data = tmp_path / "set"
    certificate.write(certificate.room(data_folder(data)) / "anything.json", FOUND)
    told = plain(config("model=tiny"))
    told["data"]["path"] = str(data)
    return {"config": told, "space": {"lora.rank": [2, 4]}}


def data_folder(data: Path) -> Path:
    data.mkdir()
    return data


def test_what_is_written_is_read(tmp_path: Path) -> None:
    certificate.write(tmp_path / "one.json", FOUND)
    assert certificate.read(tmp_path / "one.json") == FOUND
    assert FOUND.flagged == {"b": ("floor",), "c": ("ceiling",), "d": ("floor", "ceiling")}


def test_a_table_of_questions_has_its_certificates_beside_it(tmp_path: Path) -> None:
    (tmp_path / "company.csv").write_text("question,answer\n", encoding="utf-8")
    assert certificate.room(tmp_path / "company.csv") == tmp_path / "company.certified"


def test_the_certificate_is_that_of_the_base_and_the_questions(study: dict[str, Any], tmp_path: Path) -> None:
    assert certified.of(study, [body(), body()]) == FOUND
    assert certified.of(study, [body("r2")]) is None
    assert certified.of(study, [body(), body("r2")]) is None, "two bases have no one certificate"
    assert certified.of({**study, "space": {"quantization": ["none", "nf4"]}}, [body()]) is None
    assert certified.of({**study, "space": {"prompt.system": ["", "Be brief."]}}, [body()]) is None
    other = {**study["config"], "prompt": {**study["config"]["prompt"], "system": "Be brief."}}
    assert certified.of({**study, "config": other}, [body()]) is None, "it was asked in other words"
    assert certified.of(study, [{}]) is None
    assert certified.of({}, [body()]) is None
    study["config"]["data"]["path"] = str(tmp_path / "gone")
    assert certified.of(study, [body()]) is None


def test_rows_are_the_means_over_seeds_of_what_is_left(tmp_path: Path) -> None:
    runs = (answers(tmp_path / "s0", a="CORRECT", b="CORRECT", c="CORRECT"), answers(tmp_path / "s1", a="PARTIAL", b="CORRECT"))
    rows = (Row("mlp", {}, (0.5,), 2, places=runs), Row("gone", {}, (0.1,), places=(tmp_path / "nowhere",)))
    sound = certified.without(FOUND, rows, "dev")
    (row,) = sound.rows
    assert (row.name, row.dev, row.levels["L1"]["n"], row.levels["L1"]["accuracy"]) == ("mlp", (), 1.0, 0.5)
    assert (sound.asked, sound.known, sound.beyond) == (3, 1, 1)
    assert certified.without(FOUND, rows, "test").rows == ()


@pytest.mark.parametrize(
    ("asked", "said"),
    [("a", "This base can be measured with all of these"), ("b", "This base can be measured with none of these")],
)
def test_where_nothing_or_everything_is_flagged_one_line_says_so(
    asked: str, said: str, study: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "study"
    folder.write_atomically(root / "study.json", json.dumps(study))
    answers(root / "0000", **{asked: "CORRECT"})
    figures = {"n": 1, "accuracy": 1.0, "stderr": 0.1, "strict": 1.0, "key_recall": 1.0}
    more: dict[str, Any] = {"number": 0, "state": "COMPLETE", "objective": 1.0, "params": {}, "trial_key": "k", "config_key": "c"}
    more |= {"levels": {"L1": figures}, "test_levels": {}, "train": {"wall_seconds": 1.0}}
    folder.write_result(root / "0000", body(**more))
    table.show(table.read(root), fair=None, seconds=1)
    assert said in capsys.readouterr().out


def test_the_page_counts_flags_by_level() -> None:
    page = certified.page(FOUND)
    assert "| L1 | 3 | 0.22 | 0.89 | 1 | 1 | 1 (33 %) |" in page
    assert "| all | 4 | 0.25 | 0.75 | 2 | 2 | 1 (25 %) |" in page
    assert "| no | `Q: {question}` | 0.50 |" in page
    assert "commit `unknown`" in page
