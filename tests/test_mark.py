"""A base is asked the rows to mix in and its marks stand beside them; what cannot be asked is refused with what to type."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sweep import mark, selection
from sweep.cli.plain import composed
from sweep.config import MixConfig
from sweep.data import mix, prompts
from sweep.data.files import find, load
from sweep.errors import DataFault
from sweep.evaluate import generation
from sweep.model import base as bases
from sweep.report import live


def written(folder: Path, *keys: str) -> Path:
    """A file of as many rows as there are keys."""
    file = folder / "rows.jsonl"
    rows = [
        {
            "qa_id": f"g{at}",
            "fact_ids": [],
            "prompt": f"What is {at}?",
            "completion": f"It is {key}.",
            "kind": "general",
            "keys": [[key]],
        }
        for at, key in enumerate(keys)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def said_by_tiny(question: str) -> str:
    """What the base of `model=tiny` answers, asked as a mark asks."""
    base = bases.load("tiny")
    prompt = prompts.build(base.tokenizer, "chat", None)
    asked = [[prompt.render(question)]]
    ((answer,),) = generation.answers(base.model, base.tokenizer, asked, limits=[mark.ROOM], batch_size=1, ends=base.ends)
    return answer.text


def test_rows_that_a_base_answers_right_are_marked_and_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by_tiny("What is 0?")
    assert said, "the base says nothing"
    file = written(tmp_path, said, "nobody at all ever")
    assert mark.main(["model=tiny", f"data.mix.path={file}"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first == "loading tiny", "in a pipe, too, it says at once what it does"
    assert last.startswith("tiny knows 1 of 2 rows of rows.jsonl; marks in ")
    body = json.loads((tmp_path / "rows.known.tiny.json").read_text())
    assert body == {
        "model": "tiny",
        "source": "tiny",
        "revision": bases.identify("tiny"),
        "quantization": "none",
        "digest": mix.checksum(file),
        "asked": 2,
        "known": ["g0"],
    }
    config = composed(["model=tiny"])
    dataset = load(find("larkspur_en"))
    for known, ids in ((True, ["g0"]), (False, ["g1"])):
        data = replace(config.data, mix=MixConfig(str(file), 1, known))
        assert [row.qa_id for row in selection.training_rows(dataset, data, 0, config.model)[len(dataset.train) :]] == ids
    with pytest.raises(DataFault, match=r"data\.mix\.rows: got 2, but .*rows\.jsonl has 1 rows that tiny knows"):
        selection.training_rows(dataset, replace(config.data, mix=MixConfig(str(file), 2, True)), 0, config.model)


def test_in_a_pipe_it_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "TOLD", 0)
    file = written(tmp_path, "nobody", "at all", "ever")
    assert mark.main(["model=tiny", f"data.mix.path={file}", "evaluation.batch_size=2"]) == 0
    far = ["loading tiny", "tiny answered 2 of 3 rows", "tiny answered 3 of 3 rows"]
    assert capsys.readouterr().out.splitlines()[:3] == far


def test_a_base_that_knows_nothing_is_marked_too(tmp_path: Path) -> None:
    file = written(tmp_path, "nobody at all ever")
    marks = mark.asked(composed(["model=tiny"]), file)
    mix.write_marks(file, marks)
    assert marks.known == ()
    assert mix.rows(str(file), True, "tiny", "tiny") == ()
    assert len(mix.rows(str(file), False, "tiny", "tiny")) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "data.mix.path: got null, expected a .jsonl file of rows or one of en, ja; usage: python -m sweep.mark"),
        (["data.mix.path=eng"], "data.mix.path: eng: no such file"),
        (["data.mix.pth=en"], "data.mix.pth: unknown key; did you mean data.mix.path?"),
        (["model=tny"], "model: got tny; did you mean tiny?"),
        (["data.mix.path=en", "training.epochs=many"], "training.epochs: got many, expected a whole number"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_message(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert mark.main(words) == 2
    assert capsys.readouterr().err.startswith(f"sweep: {told}")


def test_rows_without_keys_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.jsonl"
    row = {"qa_id": "g1", "fact_ids": [], "prompt": "Who?", "completion": "Nobody.", "kind": "general"}
    file.write_text(json.dumps(row) + "\n")
    assert mark.main(["model=tiny", f"data.mix.path={file}"]) == 2
    assert capsys.readouterr().err == "sweep: rows.jsonl:1: keys: missing, expected what a right answer holds\n"


def test_help_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert mark.main(["--help"]) == 0
    assert "python -m sweep.mark data.mix.path=en" in capsys.readouterr().out
