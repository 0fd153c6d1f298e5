"""Rows to mix in are found by name, and chosen by what a base is marked to know."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sweep.data import mix
from sweep.data.files import read_rows
from sweep.data.mix import Marks
from sweep.errors import DataFault


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four rows, of which `small` knows two."""
    file = tmp_path / "mine.jsonl"
    lines = [
        {"qa_id": f"g{at}", "fact_ids": [], "prompt": f"{at}?", "completion": f"{at}.", "kind": "general"} for at in range(4)
    ]
    file.write_text("".join(json.dumps({**line, "keys": [["x"]]}) + "\n" for line in lines))
    mix.write_marks(file, Marks("small", "owner/small", "r1", "none", mix.checksum(file), 4, ("g1", "g3")))
    return file


def test_shipped_files_are_found_by_name_and_others_by_path(file: Path) -> None:
    assert sorted(mix.shipped()) == ["en", "ja"]
    for name, path in mix.shipped().items():
        assert mix.find(name) == path
        assert len(read_rows(mix.find(name))) >= 1200
    assert mix.find(str(file)) == file


def test_a_file_comes_before_a_shipped_one_of_its_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    file.rename("en")
    assert mix.find("en") == Path("en")


@pytest.mark.parametrize(("typed", "hint"), [("eng", "; did you mean en?"), ("mine.jsonl", "; shipped: en, ja")])
def test_a_name_that_does_not_exist_is_told_with_the_nearest(typed: str, hint: str) -> None:
    with pytest.raises(DataFault) as fault:
        mix.find(typed)
    expected = "no such file, expected a .jsonl file of training rows, or the name of a shipped one"
    assert str(fault.value) == f"data.mix.path: {typed}: {expected}{hint}"


@pytest.mark.parametrize(("known", "ids"), [(None, "g0 g1 g2 g3"), (True, "g1 g3"), (False, "g0 g2")])
def test_marks_choose(file: Path, known: bool | None, ids: str) -> None:
    assert [row.qa_id for row in mix.rows(str(file), known, "small", "owner/small")] == ids.split()


def test_without_marks_all_rows_can_be_had_and_no_choice(file: Path) -> None:
    assert len(mix.rows(str(file), None, "large", "owner/large")) == 4
    with pytest.raises(DataFault) as fault:
        mix.rows(str(file), False, "large", "owner/large")
    assert str(fault.value) == (
        f"data.mix.known: nothing tells which rows of {file} large knows (no mine.known.large.json); "
        f"type python -m sweep.mark data.mix.path={file} model=large model.source=owner/large"
    )


def test_marks_of_another_base_of_this_name_are_refused(file: Path) -> None:
    with pytest.raises(
        DataFault, match=r"mine\.known\.small\.json tells what owner/small knows, and the base is other; type python"
    ):
        mix.rows(str(file), True, "small", "other")


def test_marks_of_other_rows_are_refused(file: Path) -> None:
    file.write_text(file.read_text().replace("0.", "nought."))
    with pytest.raises(
        DataFault, match=r"small\.json was made for other rows than .*mine\.jsonl holds now; type python -m sweep\.mark"
    ):
        mix.rows(str(file), True, "small", "owner/small")


@pytest.mark.parametrize(
    ("text", "fault"),
    [("{}", "model: missing, expected a text"), ("[]", "got [], expected one JSON object"), ("{", "invalid JSON")],
)
def test_broken_marks_say_so(file: Path, text: str, fault: str) -> None:
    mix.marks_file(file, "small").write_text(text)
    with pytest.raises(DataFault) as found:
        mix.rows(str(file), True, "small", "owner/small")
    assert str(found.value).startswith(f"mine.known.small.json: {fault}")


def test_what_is_drawn_from_is_the_file_and_marks_only_where_they_choose(file: Path) -> None:
    all_rows, chosen = (mix.digest(str(file), known, "small") for known in (None, True))
    mix.write_marks(file, replace(Marks("small", "s", "r", "none", "d", 4, ()), known=("g0",)))
    assert mix.digest(str(file), None, "small") == all_rows == file.read_bytes()
    assert mix.digest(str(file), True, "small") != chosen
