"""What is looked at before anything is written, and what makes two trials two."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.composed import config

from sweep.config import Config, MixConfig
from sweep.data import check as data_check
from sweep.data import files, mix
from sweep.data.records import Dataset
from sweep.errors import Fault
from sweep.model.base import load
from sweep.preflight import Ground, check

TINY = config("model=tiny")


def with_data(path: Path | str, mix: MixConfig | None = None) -> Config:
    return replace(TINY, data=replace(TINY.data, path=str(path), mix=mix or TINY.data.mix))


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(files.find("larkspur_en"), folder))


def test_the_shipped_set_and_the_tiny_model_pass() -> None:
    ground = check([TINY])
    assert ground.trainable(TINY) > 0


def test_everything_wrong_comes_in_one_message() -> None:
    bad = replace(with_data("nowhere"), lora=replace(TINY.lora, targets="mlpp"))
    with pytest.raises(Fault) as fault:
        check([bad, bad])
    assert len(fault.value.faults) == 2
    assert any("mlpp" in line for line in fault.value.faults)
    assert any("nowhere" in line for line in fault.value.faults)


def test_a_faulty_table_is_read_once_for_many_configurations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a model at hand too, whose tokenizer looks at the rows again."""
    read, sound = list[object](), data_check.sound

    def counted(path: str | Path) -> tuple[Dataset, tuple[str, ...]]:
        read.append(path)
        return sound(path)

    monkeypatch.setattr(data_check, "sound", counted)
    (tmp_path / "x.csv").write_text("question,answer\nWho?,\nWhere?,Oslo\nwhere,Rome\n")
    with pytest.raises(Fault) as fault:
        check([replace(with_data(tmp_path / "x.csv"), seed=seed) for seed in range(5)])
    assert read == [str(tmp_path / "x.csv")]
    assert [line.split(": ")[0] for line in fault.value.faults] == ["x.csv:2", "x.csv:4"]


def test_another_set_is_another_identity_wherever_it_lies(tmp_path: Path) -> None:
    ground = Ground()
    same, other = copied(tmp_path / "same"), copied(tmp_path / "other")
    rows = (other / "train.jsonl").read_text().splitlines()
    (other / "train.jsonl").write_text("\n".join([rows[0].replace("The CEO", "The one CEO"), *rows[1:]]) + "\n")
    assert ground.digest(with_data(same)) == ground.digest(TINY) != ground.digest(with_data(other))


def test_a_changed_file_of_mixed_rows_is_another_identity(tmp_path: Path) -> None:
    file = tmp_path / "mix.jsonl"
    row = {"qa_id": "g1", "fact_ids": [], "prompt": "What is 1 + 1?", "completion": "2.", "kind": "general"}
    digests = []
    for completion in ("2.", "Two."):
        file.write_text(json.dumps({**row, "completion": completion}) + "\n")
        digests.append(Ground().digest(with_data("larkspur_en", MixConfig(str(file), 1, None))))
    assert len({*digests, Ground().digest(TINY)}) == 3
    mix.write_marks(file, mix.Marks("tiny", "tiny", "r", "none", mix.checksum(file), 1, ("g1",)))
    marked = [Ground().digest(with_data("larkspur_en", MixConfig(str(file), 1, known))) for known in (None, True)]
    assert marked[0] == digests[-1] != marked[1]


def test_a_shipped_file_of_mixed_rows_is_the_same_by_name_and_by_path() -> None:
    by_name, by_path = (
        Ground().digest(with_data("larkspur_en", MixConfig(path, 1, None))) for path in ("en", str(mix.find("en")))
    )
    assert by_name == by_path != Ground().digest(TINY)


def test_a_choice_of_mixed_rows_without_marks_is_told_before_anything_runs() -> None:
    faults = Ground().faults(with_data("larkspur_en", MixConfig("en", 1, True)))
    assert faults == [
        "data.mix.known: nothing tells which rows of en tiny knows (no en.known.tiny.json); "
        "type python -m sweep.mark data.mix.path=en model=tiny"
    ]


def test_a_local_model_is_known_by_its_weights_not_by_its_name(tmp_path: Path) -> None:
    base = load("tiny", device="cpu")
    revisions = []
    for parent in ("a", "b", "c"):
        folder = tmp_path / parent / "model"
        if parent == "c":
            next(base.model.parameters()).data.mul_(2)
        base.model.save_pretrained(folder)  # type: ignore[operator]
        base.tokenizer.save_pretrained(folder)
        revisions.append(Ground().revision(replace(TINY, model=replace(TINY.model, source=str(folder)))))
    assert revisions[0] == revisions[1] != revisions[2]


def test_rows_that_would_lose_their_end_are_found_before_the_run() -> None:
    with pytest.raises(Fault, match=r"expected at most 40; type training.max_length="):
        check([replace(TINY, training=replace(TINY.training, max_length=40))])


def test_a_set_that_was_made_small_is_told_to_be_so() -> None:
    few = replace(TINY, data=replace(TINY.data, facts=4))
    with pytest.raises(
        Fault, match=r"level 4 has no dev question in larkspur_en with data.facts=4 .*; type evaluation.levels=\["
    ):
        check([few])


def test_unrelated_rows_that_are_named_and_nowhere_mixed_in_are_worth_a_note() -> None:
    named = replace(TINY, data=replace(TINY.data, mix=replace(TINY.data.mix, path="en")))
    some = replace(named, data=replace(named.data, mix=replace(named.data.mix, rows=2)))
    assert "data.mix.path=en has no effect: data.mix.rows is 0; type data.mix.rows=100" in check([named, TINY]).notes
    assert not any("data.mix" in note for note in check([named, some]).notes), "one side of a comparison has none"


def test_answers_longer_than_the_room_for_them_are_worth_a_note() -> None:
    short = replace(TINY, evaluation=replace(TINY.evaluation, max_new_tokens=4))
    (note,) = check([short, short]).notes
    assert note.startswith("the longest right answer has ")
