"""Every fault of a data folder is named with file, line and field, and all of them at once."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sweep.data import records
from sweep.data.files import find, load, read_rows, shipped
from sweep.data.records import EvalItem, Fact, KnownItem, Neighbour, Prior, TrainRow
from sweep.data.schema import read_record, row_of, rules
from sweep.errors import DataFault

CEO = {
    "fact_id": "x.ceo",
    "subject": "Xenlow",
    "relation": "ceo",
    "value": "Mara Ellison",
    "statement": "The CEO of Xenlow is Mara Ellison.",
}
LAB = {
    "fact_id": "x.lab",
    "subject": "Xenlow",
    "relation": "lab",
    "value": "Lisbon",
    "statement": "The lab of Xenlow is in Lisbon.",
}
ROW = {"qa_id": "q1", "fact_ids": ["x.ceo"], "prompt": "Who is the CEO?", "completion": "Mara Ellison.", "kind": "direct"}
ITEM = {
    "qid": "e1",
    "level": 1,
    "split": "dev",
    "fact_ids": ["x.ceo"],
    "prompt": "Who is the CEO?",
    "gold": "Mara Ellison.",
    "keys": [["Mara Ellison"]],
    "answer_type": "name",
}
PRIOR = {"question": "In which country is Lisbon?", "keys": [["Portugal"]]}


def write(folder: Path, **files: list[Any]) -> Path:
    """A folder with good files, some of them replaced. A row is an object, or a line as it stands."""
    content: dict[str, list[Any]] = {"facts": [CEO, LAB], "train": [ROW], "eval": [ITEM], **files}
    for name, rows in content.items():
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def faults(folder: Path) -> tuple[str, ...]:
    with pytest.raises(DataFault) as caught:
        load(folder)
    return caught.value.faults


def test_a_good_folder_loads_in_file_order(tmp_path: Path) -> None:
    found = load(write(tmp_path, eval=[ITEM, ITEM | {"qid": "e2", "level": 5, "prior": PRIOR}]))
    assert [fact.fact_id for fact in found.facts] == ["x.ceo", "x.lab"]
    assert found.train[0].completion == "Mara Ellison."
    assert found.eval[1].prior == Prior("In which country is Lisbon?", (("Portugal",),))
    assert (found.paraphrases, found.neighbours, found.known) == ((), (), ())
    assert found.name == tmp_path.name
    assert [item.line for item in found.eval] == [1, 2]


def test_optional_files_are_read(tmp_path: Path) -> None:
    neighbour = {"nid": "n1", "subject": "Other", "relation": "ceo", "prompt": "Who is the CEO of Other?"}
    known = {"kid": "k1", "probe": "known", "prompt": "What is two plus two?", "gold": "4", "keys": [["4", "four"]]}
    joined = ROW | {"fact_ids": ["x.ceo", "x.lab"], "kind": "multi"}
    told = [ROW | {"qa_id": "r1", "fact_ids": [], "kind": "reasoning"}, ROW | {"fact_ids": ["x.lab"], "kind": "reasoning"}]
    plain: dict[str, list[Any]] = {"paraphrases": [ROW | {"kind": "paraphrase"}], "neighbours": [neighbour], "known": [known]}
    found = load(write(tmp_path, **plain, joins=[joined], reasoning=told))
    assert found.joins[0].fact_ids == ("x.ceo", "x.lab")
    assert [row.fact_ids for row in found.reasoning] == [(), ("x.lab",)]
    assert found.spelled_out == {"x.lab"}
    assert found.paraphrases[0].kind == "paraphrase"
    assert found.neighbours[0].leak_values == ()
    assert found.known[0].keys == (("4", "four"),)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"level": 6}, "level: got 6, expected 1–5"),
        ({"level": True}, "level: got true, expected 1–5"),
        ({"level": "1"}, 'level: got "1", expected 1–5'),
        ({"split": "train"}, 'split: got "train", expected one of dev, test'),
        ({"answer_type": ["name"]}, 'answer_type: got ["name"], expected one of date, name, number, list, free, refute'),
        ({"prompt": " "}, 'prompt: got " ", expected a text that is not empty'),
        ({"gold": 12}, "gold: got 12, expected a text that is not empty"),
        ({"fact_ids": "x.ceo"}, 'fact_ids: got "x.ceo", expected a list of texts'),
        ({"fact_ids": []}, "fact_ids: got [], expected at least one fact"),
        ({"fact_ids": ["x.cea"]}, 'fact_ids: got "x.cea", expected a fact_id of facts.jsonl; did you mean x.ceo?'),
        ({"keys": ["Mara"]}, 'keys: got ["Mara"], expected a list of alias lists, such as [["Mara Ellison", "Ellison"]]'),
        ({"keys": []}, 'keys: got [], expected a list of alias lists, such as [["Mara Ellison", "Ellison"]]'),
        ({"keys": [[]]}, 'keys: got [[]], expected a list of alias lists, such as [["Mara Ellison", "Ellison"]]'),
        ({"forbidden": [1]}, "forbidden: got [1], expected a list of texts"),
        ({"max_chars": 0}, "max_chars: got 0, expected a whole number of 1 or more"),
        ({"levle": 2}, "levle: unknown field; did you mean level?"),
        ({"level": 5}, "prior: missing, expected an object with question, keys at level 5"),
        (
            {"level": 5, "prior": {"question": "?"}},
            'prior: got {"question": "?"}, expected an object with question, keys or null '
            '(keys: missing, expected a list of alias lists, such as [["Mara Ellison", "Ellison"]])',
        ),
    ],
)
def test_a_bad_field_is_named(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    assert faults(write(tmp_path, eval=[ITEM, ITEM | {"qid": "e2"} | change])) == (f"eval.jsonl:2: {fault}",)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            {"kind": "directly"},
            'kind: got "directly", expected one of direct, paraphrase, reverse, false_premise, multi, reasoning, general',
        ),
        ({"kind": "multi"}, 'fact_ids: got ["x.ceo"], expected two or more facts'),
        ({"fact_ids": []}, "fact_ids: got [], expected at least one fact"),
    ],
)
def test_a_bad_training_row_is_named(tmp_path: Path, change: dict[str, Any], fault: str) -> None:
    assert faults(write(tmp_path, train=[ROW | change])) == (f"train.jsonl:1: {fault}",)


def test_a_general_row_needs_no_fact(tmp_path: Path) -> None:
    assert load(write(tmp_path, train=[ROW | {"kind": "general", "fact_ids": []}])).train[0].fact_ids == ()


@pytest.mark.parametrize("name", ["fact_id", "subject", "relation", "value", "statement"])
def test_a_missing_field_is_named(tmp_path: Path, name: str) -> None:
    short = {key: value for key, value in LAB.items() if key != name}
    assert faults(write(tmp_path, facts=[CEO, short])) == (f"facts.jsonl:2: {name}: missing, expected a text that is not empty",)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            '{"qid": "e1",',
            "invalid JSON: Expecting property name enclosed in double quotes at column 14, expected one JSON object a line",
        ),
        ("[1, 2]", "got [1, 2], expected one JSON object a line"),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str, fault: str) -> None:
    assert faults(write(tmp_path, eval=[ITEM, "", line])) == (f"eval.jsonl:3: {fault}",)


@pytest.mark.parametrize(
    ("file", "column", "row"),
    [("facts", "fact_id", CEO), ("train", "qa_id", ROW), ("paraphrases", "qa_id", ROW), ("eval", "qid", ITEM)],
)
def test_a_repeated_id_is_named(tmp_path: Path, file: str, column: str, row: dict[str, Any]) -> None:
    expected = f"{file}.jsonl:3: {column}: got {json.dumps(row[column])} again, expected a new one (first in line 1)"
    assert faults(write(tmp_path, **{file: [row, LAB if file == "facts" else row | {column: "new"}, row]})) == (expected,)


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = write(
        tmp_path, train=[ROW | {"kind": "x"}], eval=[ITEM | {"level": 0, "split": "x"}, "{", ITEM | {"qid": "e3", "glod": ""}]
    )
    assert [fault.split(": ")[0:2] for fault in faults(folder)] == [
        ["train.jsonl:1", "kind"],
        ["eval.jsonl:1", "level"],
        ["eval.jsonl:1", "split"],
        ["eval.jsonl:2", "invalid JSON"],
        ["eval.jsonl:3", "glod"],
    ]


def test_a_broken_fact_does_not_make_every_row_that_uses_it_a_fault(tmp_path: Path) -> None:
    assert faults(write(tmp_path, facts=[CEO | {"value": 1}, LAB])) == (
        "facts.jsonl:1: value: got 1, expected a text that is not empty",
    )


def test_an_empty_file_is_a_fault(tmp_path: Path) -> None:
    assert faults(write(tmp_path, train=[])) == ("train.jsonl: got no rows, expected at least one",)


def test_a_file_in_another_encoding_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "train.jsonl").write_bytes('{"prompt": "é"}'.encode("latin-1"))
    assert faults(tmp_path) == ("train.jsonl: byte 12 is not UTF-8, expected a file saved as UTF-8",)


def test_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "eval.jsonl").read_text(encoding="utf-8")
    (tmp_path / "eval.jsonl").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load(tmp_path).eval[0].qid == "e1"


def test_missing_files_are_all_named_with_the_shipped_sets(tmp_path: Path) -> None:
    found = faults(tmp_path)
    assert [fault.split(":")[0] for fault in found] == ["facts.jsonl", "train.jsonl", "eval.jsonl"]
    assert found[0].startswith(f"facts.jsonl: no such file, expected facts.jsonl, train.jsonl, eval.jsonl in {tmp_path}")
    assert "shipped sets: kirisagi_en, kirisagi_ja, larkspur_en" in found[0]


def test_a_missing_folder_names_the_nearest_shipped_set() -> None:
    expected = (
        "data/larkspr_en: no such folder, expected a folder with facts.jsonl, train.jsonl, eval.jsonl; did you mean larkspur_en?"
    )
    with pytest.raises(DataFault) as caught:
        load("data/larkspr_en")
    assert str(caught.value) == expected


def test_a_file_instead_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b")
    with pytest.raises(DataFault, match=r"rows\.csv: is a file, expected a folder with facts\.jsonl"):
        load(tmp_path / "rows.csv")


@pytest.mark.parametrize("name", ["larkspur_en", "data/larkspur_en"])
def test_a_shipped_set_is_found_by_name_from_anywhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find(name) == shipped()["larkspur_en"]
    own = tmp_path / name
    own.mkdir(parents=True)
    assert find(name) == Path(name), "a user's own folder comes first"


def test_the_digest_follows_content_and_not_place(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        write(folder)
    (second / "notes.txt").write_text("not part of the set")
    assert load(first).digest == load(second).digest
    write(second, train=[ROW | {"completion": "Mara Ellison!"}])
    assert load(first).digest != load(second).digest
    assert len(load(first).digest) == 64


def test_rows_to_mix_in_are_read_without_a_set(tmp_path: Path) -> None:
    path = tmp_path / "mix.jsonl"
    path.write_text(json.dumps(ROW | {"kind": "general", "fact_ids": []}) + "\n")
    assert [row.qa_id for row in read_rows(path)] == ["q1"]
    path.write_text('{"qa_id": 1}\n')
    with pytest.raises(DataFault, match=r"mix\.jsonl:1: qa_id: got 1"):
        read_rows(path)
    with pytest.raises(DataFault, match=r"none\.jsonl: no such file, expected a \.jsonl file of training rows"):
        read_rows(tmp_path / "none.jsonl")


def test_wrong_siblings_are_forbidden_and_all_others_only_mask(tmp_path: Path) -> None:
    second = LAB | {"fact_id": "x.lab2", "value": "Lima", "forbidden": ["Quito"]}
    aliased = CEO | {"aliases": ["M. Ellison"]}
    found = load(
        write(
            tmp_path,
            facts=[aliased, LAB, second],
            eval=[ITEM | {"fact_ids": ["x.lab"], "keys": [["Lisbon"]], "forbidden": ["Oslo"]}],
        )
    )
    item = found.eval[0]
    assert found.forbidden_for(item) == ("Oslo", "Lima")
    assert found.others_for(item) == ("Mara Ellison", "M. Ellison", "Xenlow")
    assert found.statements_for(item) == ("The lab of Xenlow is in Lisbon.",)


def test_a_value_that_is_right_for_the_question_is_never_forbidden(tmp_path: Path) -> None:
    twin = LAB | {"fact_id": "x.lab2", "value": "LISBON"}
    found = load(write(tmp_path, facts=[CEO, LAB, twin], eval=[ITEM | {"fact_ids": ["x.lab"], "keys": [["Lisbon"]]}]))
    assert found.forbidden_for(found.eval[0]) == ()


@pytest.mark.parametrize("record", [Fact, TrainRow, EvalItem, Neighbour, KnownItem, Prior])
def test_every_field_that_a_file_may_hold_has_a_rule(record: type[Any]) -> None:
    ours: dict[type[Any], list[str]] = {Prior: [], EvalItem: ["line", "probe"]}
    assert [field.name for field in fields(record) if field.name not in rules(record)] == ours.get(record, ["line"])


def test_a_record_written_as_a_row_is_read_back_unchanged(tmp_path: Path) -> None:
    found = load(write(tmp_path, eval=[ITEM | {"level": 5, "prior": PRIOR, "choices": ["a", "b"]}]))
    every: tuple[Any, ...] = (*found.facts, *found.train, *found.eval)
    for record in every:
        again, bad = read_record(type(record), json.loads(json.dumps(row_of(record))), line=record.line)
        assert (again, bad) == (record, [])


def test_the_words_of_the_schema_are_the_documented_ones() -> None:
    assert records.KINDS == ("direct", "paraphrase", "reverse", "false_premise", "multi", "reasoning", "general")
    assert records.ANSWER_TYPES == ("date", "name", "number", "list", "free", "refute")
