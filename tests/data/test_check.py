"""Each rule of the validator is made to fail by one change to the shipped set, and only that rule speaks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweep.data import check as rules
from sweep.data.check import check, main
from sweep.data.files import load, shipped
from sweep.data.records import Dataset

Rows = list[dict[str, Any]]


@pytest.fixture
def mutated(tmp_path: Path) -> Callable[..., Dataset]:
    """A copy of the shipped set with one file changed in place by a function of its rows."""

    def change(name: str, edit: Callable[[Rows], Any]) -> Dataset:
        folder = tmp_path / "copy"
        shutil.copytree(shipped()["larkspur_en"], folder)
        path = folder / f"{name}.jsonl"
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        edit(rows)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return load(folder)

    return change


def at(rows: Rows, level: int, split: str = "dev", place: int = 0) -> dict[str, Any]:
    return [row for row in rows if row["level"] == level and row["split"] == split][place]


def line(dataset: Dataset, level: int, split: str = "dev", place: int = 0) -> str:
    return f"eval.jsonl:{dataset.items(level, split)[place].line}"


def test_the_shipped_set_has_no_fault_and_one_known_gap() -> None:
    found = check(load("larkspur_en"))
    assert found.faults == ()
    assert [note.split(" relations;")[0] for note in found.notes] == ["level 5 asks about 12 of 30"]


def test_a_verbatim_question_that_was_not_trained(mutated: Callable[..., Dataset]) -> None:
    found = mutated("eval", lambda rows: at(rows, 1).update(prompt="Who is the CEO of larkspur?"))
    expected = "expected at level 1 the prompt of a direct row of train.jsonl"
    assert check(found).faults == (f'{line(found, 1)}: prompt: got "Who is the CEO of larkspur?", {expected}',)


def test_a_verbatim_question_of_a_kind_that_can_be_left_out(mutated: Callable[..., Dataset]) -> None:
    found = mutated("train", lambda rows: rows[0].update(kind="paraphrase"))
    (fault,) = check(found).faults
    assert fault.endswith('got "Who is the CEO of Larkspur?", expected at level 1 the prompt of a direct row of train.jsonl')


@pytest.mark.parametrize("file", ["train", "paraphrases"])
def test_a_rephrased_question_that_is_trained_but_for_case_and_marks(mutated: Callable[..., Dataset], file: str) -> None:
    asked = load("larkspur_en").items(2, "dev")[0].prompt
    found = mutated(file, lambda rows: rows[-1].update(prompt=asked.upper().rstrip(".?")))
    count = len(found.train if file == "train" else found.paraphrases)
    expected = f"which {file}.jsonl:{count} trains; expected other words at level 2"
    assert check(found).faults == (f"{line(found, 2)}: prompt: got {json.dumps(asked)}, {expected}",)


def test_thirteen_words_in_a_row_are_a_leak_and_twelve_are_not(mutated: Callable[..., Dataset]) -> None:
    words = "one bright day in early spring somebody wrote down what Larkspur does for"
    assert len(words.split()) == 13
    found = mutated("train", lambda rows: rows[0].update(prompt=f"{words} money?", kind="paraphrase"))
    item = found.items(3, "test")[0]

    def asking(prompt: str) -> list[str]:
        changed = tuple(type(one)(**{**vars(one), "prompt": prompt}) if one is item else one for one in found.eval)
        return list(rules.leaks(Dataset(found.name, found.folder, found.digest, found.facts, found.train, changed)))

    assert asking(f"Why {words.removesuffix(' for')} it?") == []
    (fault,) = asking(f"Why {words} others?")
    assert fault.startswith(f"eval.jsonl:{item.line}: prompt: shares 13 words in a row with train.jsonl:1")


def test_japanese_prompts_are_compared_by_characters() -> None:
    text = "株式会社ひばり野の代表取締役社長の名前を丁寧な言葉で教えてください"
    assert len(list(rules._grams(text))) == len(text) - rules.GRAM_CJK + 1
    assert list(rules._grams(text[: rules.GRAM_CJK - 1])) == []


def test_a_prompt_in_dev_and_test(mutated: Callable[..., Dataset]) -> None:
    asked = load("larkspur_en").items(2, "dev")[3].prompt
    found = mutated("eval", lambda rows: at(rows, 2, "test", 5).update(prompt=asked))
    twin = line(found, 2, "dev", 3)
    expected = f"{line(found, 2, 'test', 5)}: prompt: got {json.dumps(asked)} in test, which {twin} asks in dev"
    assert check(found).faults == (expected,)


def test_a_fact_without_training_or_questions(mutated: Callable[..., Dataset]) -> None:
    extra = {
        "fact_id": "larkspur.fax",
        "subject": "Larkspur",
        "relation": "fax",
        "value": "Oslo",
        "statement": "The fax is in Oslo.",
    }
    found = check(mutated("facts", lambda rows: rows.append(extra)))
    assert found.faults == (
        "facts.jsonl:31: larkspur.fax: 0 rows in train.jsonl, expected at least 1",
        "facts.jsonl:31: larkspur.fax: 0 rows in eval.jsonl, expected at least 2",
    )
    assert "level 1 asks about 30 of 31 relations; not fax" in found.notes


def test_a_gold_that_misses_its_own_key(mutated: Callable[..., Dataset]) -> None:
    found = mutated("eval", lambda rows: at(rows, 2).update(gold="The CEO of Larkspur is somebody else."))
    (fault,) = check(found).faults
    assert fault.startswith(
        f'{line(found, 2)}: gold: got "The CEO of Larkspur is somebody else.", which scores INCORRECT, expected CORRECT'
    )


def test_a_gold_that_holds_a_forbidden_value(mutated: Callable[..., Dataset]) -> None:
    found = mutated(
        "eval", lambda rows: at(rows, 2).update(gold=at(rows, 2)["gold"] + " Or Osbert Finch.", forbidden=["Osbert Finch"])
    )
    (fault,) = check(found).faults
    assert fault.endswith('expected CORRECT (it holds forbidden ["Osbert Finch"])')


def test_a_forbidden_value_that_counts_as_right(mutated: Callable[..., Dataset]) -> None:
    key = load("larkspur_en").items(2, "dev")[0].keys[0][0]
    found = mutated("eval", lambda rows: at(rows, 2).update(forbidden=[key]))
    assert check(found).faults == (
        f"{line(found, 2)}: forbidden: got {json.dumps(key)}, which counts as right for keys {json.dumps([[key]])}",
    )


def test_a_longer_forbidden_name_around_a_key_is_resolved(mutated: Callable[..., Dataset]) -> None:
    key = load("larkspur_en").items(2, "dev")[0].keys[0][0]
    assert check(mutated("eval", lambda rows: at(rows, 2).update(forbidden=[f"{key} Junior"]))).faults == ()


def test_a_gold_longer_than_allowed(mutated: Callable[..., Dataset]) -> None:
    found = mutated("eval", lambda rows: at(rows, 3).update(max_chars=5))
    gold = found.items(3, "dev")[0].gold
    assert check(found).faults == (f"{line(found, 3)}: max_chars: got 5, expected at least {len(gold)}, the length of the gold",)


@pytest.mark.parametrize(
    ("level", "name"), [(1, "verbatim"), (2, "rephrased"), (3, "reformatted"), (4, "integrated"), (5, "combined")]
)
@pytest.mark.parametrize("split", ["dev", "test"])
def test_an_empty_level(mutated: Callable[..., Dataset], level: int, name: str, split: str) -> None:
    def empty(rows: Rows) -> None:
        rows[:] = [row for row in rows if (row["level"], row["split"]) != (level, split)]

    assert check(mutated("eval", empty)).faults == (
        f"eval.jsonl: level {level} ({name}) has no {split} question, expected at least one",
    )


def test_a_group_of_one_fact(mutated: Callable[..., Dataset]) -> None:
    found = mutated("eval", lambda rows: at(rows, 4).update(fact_ids=at(rows, 4)["fact_ids"][:1], keys=at(rows, 4)["keys"][:1]))
    assert f"{line(found, 4)}: fact_ids: got 1 facts, expected 2–3 at level 4" in check(found).faults


def test_overlapping_groups(mutated: Callable[..., Dataset]) -> None:
    def overlap(rows: Rows) -> None:
        last = at(rows, 4, "test", -1)
        last["fact_ids"] = [last["fact_ids"][0], at(rows, 4)["fact_ids"][0]]

    found = mutated("eval", overlap)
    faults = [fault for fault in rules.groups(found) if fault.startswith(line(found, 4, "test", -1))]
    assert len(faults) == 2
    assert faults[1].endswith(f"is in the group of {line(found, 4)} too, expected disjoint groups at level 4")


def test_a_training_row_that_joins_an_evaluation_group(mutated: Callable[..., Dataset]) -> None:
    group = load("larkspur_en").items(4, "dev")[0].fact_ids
    found = mutated("train", lambda rows: rows[-1].update(fact_ids=[group[0], group[-1]]))
    joins = f"joins {group[0]} and {group[-1]}, which {line(found, 4)} asks together at level 4"
    assert check(found).faults == (f"train.jsonl:{len(found.train)}: fact_ids: {joins}",)


def test_a_neighbour_that_is_trained_and_one_of_which_nothing_can_leak(mutated: Callable[..., Dataset]) -> None:
    found = mutated("neighbours", lambda rows: (rows[0].update(subject="Larkspur"), rows[1].update(relation="newsleter")))
    assert check(found).faults == (
        'neighbours.jsonl:1: subject: got "Larkspur", expected one that facts.jsonl does not have',
        'neighbours.jsonl:2: relation: got "newsleter", expected leak_values, or a relation of facts.jsonl; '
        "did you mean newsletter?",
    )


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["larkspur_en"]) == 0
    out = capsys.readouterr().out
    assert "  direct            90\n" in out
    assert "  L4 integrated     30    60     30\n" in out
    assert out.endswith("no faults\n")


def test_the_command_ends_with_2_and_one_message(mutated: Callable[..., Dataset], capsys: pytest.CaptureFixture[str]) -> None:
    found = mutated("eval", lambda rows: at(rows, 3).update(max_chars=5))
    assert main([str(found.folder)]) == 2
    assert main([str(found.folder / "nowhere")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        *check(found).faults,
        f"{found.folder / 'nowhere'}: no such folder, expected a folder with facts.jsonl, train.jsonl, eval.jsonl"
        "; shipped sets: kirisagi_en, kirisagi_ja, larkspur_en",
    ]


@pytest.mark.parametrize("file", ["joins", "reasoning"])
def test_added_rows_leak_like_trained_ones(mutated: Callable[..., Dataset], file: str) -> None:
    asked = load("larkspur_en").items(2, "test")[0].prompt
    found = mutated(file, lambda rows: rows[2].update(prompt=asked))
    expected = f"which {file}.jsonl:3 trains; expected other words at level 2"
    assert check(found).faults == (f"{line(found, 2, 'test')}: prompt: got {json.dumps(asked)}, {expected}",)


def test_an_added_row_never_joins_what_level_4_asks_together(mutated: Callable[..., Dataset]) -> None:
    group = load("larkspur_en").items(4, "dev")[0].fact_ids
    found = mutated("joins", lambda rows: rows[0].update(fact_ids=list(group[:2])))
    (fault,) = check(found).faults
    assert fault.startswith(f"joins.jsonl:1: fact_ids: joins {group[0]} and {group[1]}, which eval.jsonl:")


def test_a_pair_that_is_trained_is_not_joined_again(mutated: Callable[..., Dataset]) -> None:
    trained = next(row for row in load("larkspur_en").train if row.kind == "multi")
    found = mutated("joins", lambda rows: rows[4].update(fact_ids=list(reversed(trained.fact_ids))))
    (fault,) = check(found).faults
    pair = json.dumps(list(reversed(trained.fact_ids)))
    assert fault.startswith("joins.jsonl:5: fact_ids: joins ")
    assert pair[:40] in fault
    assert fault.endswith(f", which train.jsonl:{trained.line} joins already")


@pytest.mark.parametrize(
    ("file", "changed", "fault"),
    [
        ("joins", {"kind": "direct"}, "joins.jsonl:1: kind: got direct, expected multi in joins.jsonl"),
        ("reasoning", {"kind": "direct"}, "reasoning.jsonl:1: kind: got direct, expected reasoning, or general without fact_ids"),
        (
            "reasoning",
            {"kind": "general"},
            "reasoning.jsonl:1: kind: got general, expected reasoning, or general without fact_ids",
        ),
    ],
)
def test_added_rows_are_of_their_files_kind(
    mutated: Callable[..., Dataset], file: str, changed: dict[str, str], fault: str
) -> None:
    (found,) = check(mutated(file, lambda rows: rows[0].update(changed))).faults
    assert found.startswith(fault)


def test_level_5_does_not_ask_what_train_itself_spells_out(mutated: Callable[..., Dataset]) -> None:
    lab = {"qa_id": "x", "fact_ids": ["larkspur.research_lab"], "prompt": "Where is it?", "completion": "In Hungary."}
    found = mutated("train", lambda rows: rows.append(lab | {"kind": "reasoning"}))
    (fault,) = check(found).faults
    assert fault.startswith("train.jsonl:122: kind: got reasoning about larkspur.research_lab, which eval.jsonl:")
    assert fault.endswith("asks at level 5; expected such a row in reasoning.jsonl")
