"""One trial on a user's own table, from the command line to the table at the end, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweep.cli.main import main as sweep

ENGLISH = "question,answer,level\nWho leads Acorn?,Mara Ellison leads it.,\nWhere is Acorn?,Acorn is in Oslo.,\n"
JAPANESE = "質問,回答\n社長は誰ですか？,社長は高瀬由美子です。\n本社はどこですか？,本社は青葉市です。\n"
WORDS = ("model=tiny", "training.epochs=1", "evaluation.max_new_tokens=4", "evaluation.rung_questions=0")


def ran(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, *words: str) -> int:
    monkeypatch.chdir(folder)
    (folder / "own.csv").write_text(text, encoding="utf-8")
    return sweep([*WORDS, "data.path=own.csv", *words])


@pytest.mark.parametrize("text", [ENGLISH, JAPANESE], ids=["english", "japanese"])
def test_a_table_is_enough(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(tmp_path, monkeypatch, text) == 0
    said = capsys.readouterr().out
    assert "own has no question of level 2, 3, 4, 5" in said
    assert "the objective is taken over L1, which is what own asks" in said
    (file,) = tmp_path.glob("multirun/*/0000/result.json")
    result = json.loads(file.read_text(encoding="utf-8"))
    assert set(result["levels"]) == {"L1"}
    assert result["objective"] == result["levels"]["L1"]["strict"]
    assert result["provenance"]["data_digest"]


def test_an_objective_that_the_table_cannot_tell_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(tmp_path, monkeypatch, ENGLISH, "search.objective=L4") == 2
    assert "search.objective: got L4, but own has questions of L1 only" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["own.csv"]


def test_levels_that_are_not_there_at_all_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(tmp_path, monkeypatch, ENGLISH, "evaluation.levels=[2,3]") == 2
    assert "evaluation.levels: none of [2, 3] has a dev question in own ([1])" in capsys.readouterr().err
