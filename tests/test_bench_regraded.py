"""What the rules for longer names change is counted on a study's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import regraded

from sweep.data.files import find
from sweep.track.folder import write_hydra, write_predictions, write_result

ANSWERS = {
    "kirisagi.ceo.L1.dev.q1": "The CEO is Sakuya Yukihira.",  # another person of the family
    "kirisagi.ceo.L1.test.q2": "The CEO is Mr. Yukihira.",
    "kirisagi.ceo.L1.test.q3": "Nobody.",
}


def test_answers_are_graded_with_and_without_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "0000"
    write_hydra(place, {"data": {"path": str(find("kirisagi_en"))}, "seed": 0}, [], {})
    shared = {
        "level": 1,
        "seed": 0,
        "epoch": 1,
        "gold": "",
        "ended": True,
        "fact_ids": ["kirisagi.ceo"],
        "grade": "",
        "strict": False,
    }
    asked = [
        {**shared, "qid": qid, "split": qid.split(".")[3], "answer": answer, "key_recall": 0.0} for qid, answer in ANSWERS.items()
    ]
    write_predictions(place, asked)
    write_result(place, {"state": "COMPLETE", "params": {}, "test_levels": {}, "train": {}, "provenance": {}})
    monkeypatch.setattr("sys.argv", ["regraded", str(tmp_path)])
    assert regraded.main() == 0
    turned, told = capsys.readouterr().out.splitlines()
    assert turned == "CORRECT -> INCORRECT  kirisagi.ceo.L1.dev.q1  The CEO is Sakuya Yukihira."
    assert told == "1 of 3 answers are graded otherwise, 1 of them had counted as right"
