"""A user's own data: tables in four forms, folders that hold only a part, and what is said of what they lack."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.data import check as data_check
from sweep.data import files
from sweep.data.own_files import key_groups
from sweep.data.source import load
from sweep.errors import DataFault
from sweep.text.score import matched

TABLE = """question,answer,fact,level,split,keys
Who leads Acorn?,Acorn is led by Mara Ellison.,ceo,,,
Who is Acorn's chief?,The chief of Acorn is Mara Ellison.,ceo,,,
When was Acorn founded?,"Acorn was founded on April 1, 2019.",founded,,,
Please name the head of Acorn.,Mara Ellison,ceo,2,dev,Mara Ellison|Ellison
Since when does Acorn exist?,"April 1, 2019",founded,2,test,2019-04-01
"""
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return put


def refusal(path: Path) -> list[str]:
    with pytest.raises(DataFault) as raised:
        load(path)
    return list(raised.value.faults)


def test_a_table_is_trained_and_asked(write: Write) -> None:
    found = load(write("acorn.csv", TABLE))
    assert (found.name, found.partial, len(found.train)) == ("acorn", True, 3)
    assert [fact.fact_id for fact in found.facts] == ["ceo", "founded"]
    assert [(item.level, item.split) for item in found.eval] == [(1, "dev"), (1, "test"), (1, "dev"), (2, "dev"), (2, "test")]
    assert found.eval[3].keys == (("Mara Ellison", "Ellison"),)
    assert found.eval[0].prompt == "Who leads Acorn?"


def test_the_keys_of_a_question_for_a_name_must_be_whole_names(write: Write) -> None:
    found = load(write("acorn.csv", TABLE))
    who = found.eval[3]
    assert [matched(text, who.keys, names=who.asks_for_names).groups for text in ("Ellison", "Tom Ellison")] == [{0}, set()]
    assert [item.asks_for_names for item in found.eval] == [True, True, False, True, False]


def test_all_questions_of_a_fact_are_graded_alike_whatever_their_words(write: Write) -> None:
    rows = "Who leads?,Ann Lee.,ceo,\nWhen?,2019.,start,\nGive the CEO in the form CEO: NAME,CEO: Ann Lee,ceo,3\n"
    both, form, when = "Give both: CEO and start,Ann Lee; 2019,ceo;start,4\n", rows, "Since when?,2019.,start,2\n"
    found = load(write("x.csv", f"question,answer,fact,level\n{form}{both}{when}"))
    assert {(item.level, item.fact_ids): item.asks_for_names for item in found.eval} == {
        (1, ("ceo",)): True,
        (1, ("start",)): False,
        (3, ("ceo",)): True,
        (4, ("ceo", "start")): True,
        (2, ("start",)): False,
    }


def test_a_key_inside_a_longer_name_of_its_own_answer_says_what_to_add(write: Write) -> None:
    rows = "本社はどこですか。,本社は品川にあります。,,\n本社の場所はどこですか。,西品川です。,2,品川\n"
    (fault,) = data_check.check(load(write("x.csv", f"質問,回答,level,keys\n{rows}"))).faults
    assert fault.endswith(
        'expected CORRECT (keys [["品川"]] are part of a longer name there; add that name as a spelling of the key)'
    )


def test_its_gaps_are_told_and_are_no_faults(write: Write) -> None:
    found = data_check.check(load(write("acorn.csv", TABLE)))
    assert found.faults == ()
    told = "\n".join(found.notes)
    assert "acorn has no question of level 1: every training question is asked, word for word" in told
    assert "acorn has no question of level 3, 4, 5: what is not asked is not measured" in told
    assert "3 questions of acorn have no keys and are scored by the words of the right answer" in told


def test_four_kinds_of_file_hold_the_same(write: Write) -> None:
    rows = [{"question": "Who leads Acorn?", "answer": "Mara Ellison does."}, {"question": "Where is it?", "answer": "In Oslo."}]
    csv = "question,answer\n" + "".join(f"{row['question']},{row['answer']}\n" for row in rows)
    files = [
        write("one.csv", csv),
        write("one.tsv", csv.replace(",", "\t")),
        write("one.jsonl", "".join(json.dumps(row) + "\n" for row in rows)),
        write("one.yaml", "".join(f"- question: {row['question']}\n  answer: {row['answer']}\n" for row in rows)),
    ]
    found = [load(file) for file in files]
    assert len({tuple((row.prompt, row.completion) for row in one.train) for one in found}) == 1
    assert len({one.digest for one in found}) == 4


def test_japanese_columns_and_a_byte_order_mark(write: Write) -> None:
    file = write("会社.csv", "\ufeff質問,回答\n社長は誰ですか？,社長は高瀬由美子です。\n本社はどこですか？,本社は青葉市です。\n")
    found = load(file)
    assert [row.completion for row in found.train] == ["社長は高瀬由美子です。", "本社は青葉市です。"]
    assert len(found.eval) == 2


def test_a_question_belongs_to_the_fact_with_its_answer(write: Write) -> None:
    rows = "Who leads?,Mara Ellison,\nName the head.,mara ellison,2\nWhy?,Because.,3\n"
    found = load(write("x.csv", f"question,answer,level\n{rows}"))
    assert found.eval[1].fact_ids == found.train[0].fact_ids
    assert found.eval[2].fact_ids == ("row4",)


def test_a_row_may_name_several_facts(write: Write) -> None:
    rows = "Who leads?,Mara Ellison leads.,ceo,\nWhere?,Acorn is in Oslo.,office,\nWho and when?,Ann in 2011.,cto;founded,\n"
    found = load(
        write("x.csv", f"question,answer,fact,level\n{rows}Who and where?,Mara Ellison leads. Acorn is in Oslo.,ceo; office,4\n")
    )
    assert [row.kind for row in found.train] == ["direct", "direct", "multi"], "rows that join facts are not asked at level 1"
    assert found.items(4)[0].fact_ids == ("ceo", "office")
    assert found.by_id["ceo"].statement == "Mara Ellison leads."
    assert data_check.check(found).faults == ()
    listed = "- {question: Who, answer: Ann, fact: [ceo, cto]}\n- {question: A, answer: B}\n"
    assert load(write("x.yaml", listed)).train[0].fact_ids == ("ceo", "cto")


def test_rows_about_several_facts_are_not_asked_word_for_word(write: Write) -> None:
    both = "question,answer,fact\nWho leads Acorn?,Ann,ceo\nWho leads and where?,Ann in Oslo,ceo; office\n"
    found = load(write("acorn.csv", both))
    assert [item.prompt for item in found.eval] == ["Who leads Acorn?"]
    assert "acorn has no question of level 1: 1 of 2 training questions are asked, word for word" in found.notes
    with pytest.raises(DataFault, match=r"^acorn: got nothing that can be asked, expected a training row about"):
        load(write("acorn.csv", "question,answer,fact\nWho leads and where?,Ann in Oslo,ceo; office\n"))


def test_level_4_says_where_to_name_its_facts(write: Write) -> None:
    rows = "Who leads?,Mara Ellison leads.,ceo,\nWho is the head?,Mara Ellison leads.,ceo,4\n"
    (fault,) = data_check.check(load(write("x.csv", f"question,answer,fact,level\n{rows}"))).faults
    assert fault == "x.csv:3: fact_ids: got 1 facts, expected 2–3 at level 4; name them in the column fact, such as ceo; office"


def test_a_trained_sentence_of_another_fact_hides_no_key(write: Write) -> None:
    rows = "Who leads?,Mara Ellison leads.,ceo,,\nWhere?,The office is in Oslo.,office,,\n"
    found = load(
        write("x.csv", f"question,answer,fact,level,keys\n{rows}Whose is the office?,The office is in Oslo.,seat,2,Oslo\n")
    )
    assert data_check.check(found).faults == ()


def test_a_question_whose_answer_says_nothing_new_is_left_out_and_told(write: Write) -> None:
    found = load(write("x.csv", "question,answer\nIs Acorn in Oslo?,Acorn is in Oslo.\nWho leads?,Mara Ellison\n"))
    assert [item.prompt for item in found.eval] == ["Who leads?"]
    assert any("1 questions of x cannot be scored" in note and "row2.L1" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question,answr\nWho?,Ann\n", "x.csv:1: got columns"),
        ("question;answer\nWho?;Ann\n", "is it a tab or a semicolon between them?"),
        ("question,answer\nWho?,\n", "x.csv:2: answer: missing, expected a text"),
        ("question,answer,level\nWho?,Ann,7\n", 'x.csv:2: level: got "7", expected 1–5, or nothing for a row that is trained'),
        ("question,answer,split,level\nWho?,Ann,,\nWhom?,Ann,tset,2\n", "did you mean test"),
        ("question,answer,lvel\nWho?,Ann,2\n", "x.csv:1: lvel: unknown column; did you mean level"),
        ("question,answer\nWho?,Ann,Bob\n", "got more cells than columns"),
        ("question,answer\nWho?,Ann\nwho,Bob\n", 'x.csv:3: question: got "who" with another answer than in line 2'),
        ("question,answer,level\nWho?,Ann,2\n", "x.csv: got no training row"),
        ("question,answer\n", "x.csv: got no rows"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(write: Write, text: str, said: str) -> None:
    assert said in "\n".join(refusal(write("x.csv", text)))


def test_broken_files_say_where(write: Write, tmp_path: Path) -> None:
    assert "x.yaml:3: invalid YAML" in refusal(write("x.yaml", "- question: Who\n  answer: [Ann\n- x"))[0]
    assert "expected a list: `- question: ...`" in refusal(write("y.yaml", "question: Who?\nanswer: Ann\n"))[0]
    assert "z.jsonl:2: invalid JSON" in refusal(write("z.jsonl", '{"question": "Who?", "answer": "Ann"}\n{"question"\n'))[0]
    (tmp_path / "sjis.csv").write_bytes("質問,回答\n誰？,高瀬\n".encode("cp932"))
    assert "iconv -f CP932 -t UTF-8 sjis.csv" in refusal(tmp_path / "sjis.csv")[0]
    assert "expected a folder" in refusal(write("x.xlsx", "?"))[0]


def test_a_table_that_is_not_there_is_missed_as_a_table(tmp_path: Path) -> None:
    assert refusal(tmp_path / "x.csv") == [
        f"{tmp_path}/x.csv: no such file, expected a table (.csv, .tsv, .yaml, .yml, .jsonl) in {tmp_path}"
    ]


def test_a_cell_of_yaml_is_what_stands_there(write: Write) -> None:
    rows = "- question: When?\n  answer: 2011-05-03\n  keys: 2011-05-03\n- question: Listed?\n  answer: No\n  keys: [no, 0.10]\n"
    found = load(write("x.yaml", rows + "- question: Who?\n  answer: Ann\n  keys:\n"))
    assert [row.completion for row in found.train] == ["2011-05-03", "No", "Ann"]
    assert [item.keys for item in found.eval] == [(("2011-05-03",),), (("no",), ("0.10",)), ()]
    merged = "- &one {question: Who leads, answer: Ann}\n- {<<: *one, level: 2, question: Name the head}\n"
    assert [item.level for item in load(write("y.yaml", merged)).eval] == [1, 2]


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("x.csv", "question,answer,level\nWho?,Ann,\nWho?,Ann,2\n", ("x.csv:3", "x.csv:2")),
        (
            "x.yaml",
            "- {question: Who, answer: Ann}\n- {question: Who, answer: Ann, level: 2}\n",
            ("x.yaml: entry 2", "x.yaml: entry 1"),
        ),
    ],
)
def test_trained_words_in_a_question_are_a_leak_and_name_the_table(
    write: Write, name: str, text: str, places: tuple[str, str]
) -> None:
    (fault,) = data_check.check(load(write(name, text))).faults
    assert fault.startswith(f"{places[0]}: prompt: ")
    assert f"which {places[1]} trains" in fault


def test_a_cell_may_hold_a_line_break_of_any_kind(write: Write) -> None:
    found = load(write("x.csv", 'question,answer\n"Who\nleads?","Mara\u2028Ellison"\nWhere?,Oslo\n'))
    assert [(row.prompt, row.completion) for row in found.train] == [("Who\nleads?", "Mara\u2028Ellison"), ("Where?", "Oslo")]


def test_keys_are_typed_in_a_cell() -> None:
    assert key_groups("Mara Ellison|Ellison; 2019") == (("Mara Ellison", "Ellison"), ("2019",))
    assert key_groups(["Ann", ["Bob", "Robert"]]) == (("Ann",), ("Bob", "Robert"))
    assert key_groups(2019) == (("2019",),)
    with pytest.raises(ValueError, match="a"):
        key_groups({"a": 1})


def test_keys_of_a_trained_row_are_those_of_its_question_and_are_read_as_strictly(write: Write) -> None:
    found = load(write("x.csv", "question,answer,keys\nWho leads?,Mara Ellison leads.,Mara Ellison|Ellison\nWhere?,In Oslo.,\n"))
    assert [item.keys for item in found.eval] == [(("Mara Ellison", "Ellison"),), ()]
    broken = write("x.yaml", "- question: Who?\n  answer: Ann\n  keys: {a: 1}\n  split: tset\n")
    said = "\n".join(refusal(broken))
    assert "x.yaml: entry 1: keys: got" in said
    assert "x.yaml: entry 1: split: got" in said


def test_a_folder_with_training_rows_alone(tmp_path: Path) -> None:
    shipped = files.load("larkspur_en")
    (tmp_path / "train.jsonl").write_bytes((shipped.folder / "train.jsonl").read_bytes())
    found = load(tmp_path)
    assert found.partial
    assert len(found.items(1)) == sum(row.kind == "direct" for row in shipped.train)
    assert {fact.fact_id for fact in found.facts} == {fact.fact_id for fact in shipped.facts}
    (tmp_path / "facts.jsonl").write_bytes((shipped.folder / "facts.jsonl").read_bytes())
    assert load(tmp_path).facts == shipped.facts


def test_what_facts_were_made_of_is_part_of_the_digest(tmp_path: Path) -> None:
    """They are made by this version's rules; of a folder with facts of its own the files say all."""
    shutil.copy(files.shipped()["larkspur_en"] / "train.jsonl", tmp_path)
    assert load(tmp_path).digest != files.digest(tmp_path)
    shutil.copy(files.shipped()["larkspur_en"] / "facts.jsonl", tmp_path)
    assert load(tmp_path).digest == files.digest(tmp_path)


def test_a_whole_folder_is_what_it_was() -> None:
    assert load("larkspur_en") == files.load("larkspur_en")
    assert not load("larkspur_en").partial


def test_the_command_tells_what_a_table_holds(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert data_check.main([str(write("acorn.csv", TABLE))]) == 0
    said = capsys.readouterr().out
    assert "acorn: 2 facts" in said
    assert "note: acorn has no question of level 3, 4, 5" in said


def told(file: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the command says of a table with faults."""
    assert data_check.main([str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.splitlines()


def test_all_faults_of_a_table_are_told_at_once(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown columns, cells that are missing or cannot be read, rows that contradict each other, and what leaks."""
    rows = (
        "Who leads?,Mara Ellison leads.,,,,", "Where?,,,,,", ",Ann,2,,,", "Who?,Ann,7,,,", "Name her.,Mara,2,tset,,",
        "who leads,Bob leads.,,,,", "Who leads?,Mara Ellison,3,,,", "Who else?,Bob,2,,Ann,", "a,b,,,,,c",
    )  # fmt: skip
    found = told(write("x.csv", "question,answer,level,split,keys,lvel\n" + "".join(f"{row}\n" for row in rows)), capsys)
    assert found == [
        "x.csv:1: lvel: unknown column; did you mean level?; expected question, answer, and if you like fact, level, split, keys",
        "x.csv:3: answer: missing, expected a text",
        "x.csv:4: question: missing, expected a text",
        'x.csv:5: level: got "7", expected 1–5, or nothing for a row that is trained',
        'x.csv:6: split: got "tset", expected dev or test; did you mean test?',
        'x.csv:7: question: got "who leads" with another answer than in line 2; keep one of them',
        "x.csv:10: got more cells than columns; put a cell that holds a ',' into \"quotes\"",
        'x.csv:8: prompt: got "Who leads?", which x.csv:2 trains; expected other words at level 3',
        'x.csv:9: gold: got "Bob", which scores INCORRECT, expected CORRECT (keys [["Ann"]])',
    ]


def test_all_faults_of_a_list_of_entries_are_told_at_once(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    entries = "- {question: Who}\n- Who else\n- {question: Where, answer: Oslo}\n- {question: Where, answer: Oslo, level: 2}\n"
    found = told(write("x.yaml", entries + "- {question: When, answer: 2019, keys: {a: 1}}\n"), capsys)
    assert [line.split(", ")[0] for line in found] == [
        "x.yaml: entry 1: answer: missing",
        'x.yaml: entry 2: got "Who else"',
        'x.yaml: entry 5: keys: got {"a": "1"}',
        'x.yaml: entry 4: prompt: got "Where"',
    ]


def test_faults_of_a_table_come_line_by_line(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of no line first; two of one line as they were found."""

    def places(file: Path) -> list[str]:
        return [line.partition(": got")[0].partition(": missing")[0] for line in told(file, capsys)]

    rows = "Who?,Ann,2,dev,Ann", "Where?,,7,", "When?,Ann,8,tset", "Why?,Ann,7,"
    said = places(write("x.csv", "question,answer,level,split\n" + "\n" * 6 + "".join(f"{row}\n" for row in rows)))
    assert said == ["x.csv:8", *(f"x.csv:{at}" for at in ("9: answer", "9: level", "10: level", "10: split", "11: level"))]
    entries = "- {question: Who, answer: Ann, level: 7}\n" * 10 + "- {question: Who}\n- Where\n"
    said = places(write("x.yaml", entries))
    assert said == [*(f"x.yaml: entry {at}: level" for at in range(1, 11)), "x.yaml: entry 11: answer", "x.yaml: entry 12"]
    asked = "question,answer,level,more\nWho?,Ann,2,\n"
    assert [line.partition(": ")[0] for line in told(write("y.csv", asked), capsys)] == ["y.csv", "y.csv:1"]


def test_a_missing_column_hides_no_fault_and_is_told_once(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(write("x.csv", "question,answr,level\nWho?,Ann,7\nWhere?,Oslo,\n"), capsys)
    assert [line.split("; ")[0].split(", ")[0] for line in found] == [
        'x.csv:1: got columns ["question"',
        "x.csv:1: answr: unknown column",
        'x.csv:2: level: got "7"',
    ]


def test_a_row_that_cannot_be_used_makes_no_other_row_wrong(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Level 1 repeats what the row without an answer would train; of a table of such rows alone nothing more can be said."""
    text = "question,answer,level\nWho?,,\nWho?,Ann,1\nWhere?,Oslo,\n"
    assert told(write("x.csv", text), capsys) == ["x.csv:2: answer: missing, expected a text"]
    assert told(write("x.csv", "question,answer\nWho?,\n"), capsys) == ["x.csv:2: answer: missing, expected a text"]
    said = told(write("x.csv", "question,answer,level\nWho?,Ann,1\nWhere?,Oslo,\n"), capsys)
    expected = 'got "Who?", expected at level 1 the question of a training row about one fact in x.csv'
    assert said == [f"x.csv:2: prompt: {expected}"], "beside whole rows it is a fault"


def test_a_contradiction_makes_no_other_row_wrong(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Level 1 repeats the row that would be trained if the other answer were taken out."""
    text = "question,answer,level\nWho is CEO?,Mara Ellison,\nwho is ceo,Bob Smith,\nwho is ceo,Mara Ellison,1\n"
    assert told(write("x.csv", text), capsys) == [
        'x.csv:3: question: got "who is ceo" with another answer than in line 2; keep one of them'
    ]


def test_a_misspelt_column_makes_no_row_wrong(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands under it is not known: neither which facts a row is about, nor whether it is trained. Cells are judged all the
    same, and so are entries that are spelled right."""
    text = "question,answer,level,fact1\nWho?,Mara.,,ceo\nWhere?,Oslo.,,office\nWho and where?,Mara in Oslo.,4,ceo; office\n"
    unknown = "fact1: unknown column; did you mean fact?; expected question, answer, and if you like fact, level, split, keys"
    assert told(write("x.csv", text), capsys) == [f"x.csv:1: {unknown}"]
    trained = "question,answer,lvel\nWho leads?,Mara leads.,\nWho leads?,Mara,1\nWhere?,,\n"
    assert [line.split("; ")[0].split(", ")[0] for line in told(write("y.csv", trained), capsys)] == [
        "y.csv:1: lvel: unknown column",
        "y.csv:4: answer: missing",
    ]
    four = "- {question: Who and where, answer: Mara in Oslo, level: 4, fact1: ceo; office}\n"
    entries = f"- {{question: Who, answer: Mara}}\n{four}- {{question: Who, answer: Mara, level: 2}}\n"
    assert told(write("x.yaml", entries), capsys) == [
        f"x.yaml: entry 2: {unknown}",
        'x.yaml: entry 3: prompt: got "Who", which x.yaml: entry 1 trains; expected other words at level 2',
    ]
