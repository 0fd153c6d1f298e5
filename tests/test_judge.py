"""`python -m sweep.judge` on a folder as a sweep leaves it, and a judge at the end of a real run: both over HTTP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.composed import config
from tests.judging.server import dead, parts, serving
from tests.sweeping import tracked_runs

from sweep.cli.main import main as sweep
from sweep.config import plain
from sweep.judge import main
from sweep.report.judged import NEVER
from sweep.track import folder

KEY = "sk-local-secret-7781"
GRADES = ("CORRECT", "INCORRECT", "CORRECT", "INCORRECT")


def put(place: Path, record: str, answers: Sequence[str], level: int = 1, state: str = "COMPLETE") -> None:
    """A folder with these answers to question 0, 1, ...; every other one is right for the scorer."""
    rows = [
        {"qid": f"q{at}", "split": "dev", "level": level, "fact_ids": [f"f{at}"], "seed": 0, "epoch": 1,
         "prompt": f"What is {at}?", "answer": answer, "gold": f"gold {at}", "grade": GRADES[at], "strict": True, "ended": True}
        for at, answer in enumerate(answers)
    ]  # fmt: skip
    folder.write_predictions(place, rows)
    folder.write_result(place, {"state": state, "trial_key": place.name, "params": {}, "levels": {}, "test_levels": {}}, record)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with the base, a trial, one with two seeds, and one that failed; a judge by text and the scorer differ once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    place = tmp_path / "multirun" / "ranks-12345678"
    folder.write_atomically(place / "study.json", json.dumps({"config": plain(config("model=tiny")), "n_trials": 3}))
    put(place / "arms" / "base", folder.ARM, ["gold 0", "other"])
    put(place / "0000", folder.RESULT, ["gold 0", "gold 1"], level=2)
    folder.write_result(place / "0001", {"state": "COMPLETE", "trial_key": "x", "params": {}, "levels": {}, "test_levels": {}})
    put(place / "0001" / "s0", folder.SEED, ["gold 0", "another"])
    put(place / "0001" / "s1", folder.SEED, ["gold 0", "a third"])
    put(place / "0002", folder.RESULT, ["gold 0"], state="FAILED")
    return place


def judged(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "judge.json").read_text(encoding="utf-8"))
    return found


def test_every_answer_of_trials_seeds_and_arms_is_graded_a_second_time(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as judge:
        assert main(["ranks", "--url", judge.url, "--model", "grader"]) == 0
        asked = [parts(body["messages"][0]["content"]) for body in judge.asked]
        assert {headers["Authorization"] for headers in judge.headers} == {f"Bearer {KEY}"}
    assert len(asked) == 5, "eight answers, of which three were given before to the same question"
    assert {"question": "What is 1?", "gold": "gold 1", "answer": "another"} in asked
    said = capsys.readouterr().out
    lines = [line.split() for line in said.splitlines()]
    assert "grader grades 8 answers of 4 trials and arms a second time" in said
    assert next(line for line in lines if line[:1] == ["L1"])[:5] == ["L1", "6", "0.50", "0.50", "1.00"]
    # 8 answers: both right 4, judge alone 1, neither 3: p_o = .875, p_e = .5 x .625 + .5 x .375 = .5, kappa = .75
    assert next(line for line in lines if line[:1] == ["all"])[:6] == ["all", "8", "0.50", "0.62", "0.88", "0.75"]
    assert NEVER in said
    body = judged(root / "0000")
    assert (body["n"], body["agreement"], body["kappa"], body["unread"], body["note"]) == (2, 0.5, 0.0, 0, NEVER)
    assert (body["model"], body["url"], body["version"], set(body["levels"])) == ("grader", judge.url, 1, {"L2"})
    assert judged(root / "0001" / "s1")["agreement"] == 1.0
    assert not (root / "0002" / "judge.json").exists()
    rows = folder.read_rows(root / "0000" / "judged.jsonl")
    assert [(row["qid"], row["grade"], row["verdict"]) for row in rows] == [
        ("q0", "CORRECT", "CORRECT"),
        ("q1", "INCORRECT", "CORRECT"),
    ]
    assert not [file for file in root.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]


def test_what_was_judged_is_not_asked_again_unless_another_model_judges(root: Path) -> None:
    with serving() as judge:
        words = [str(root), "--url", judge.url, "--model"]
        assert main([*words, "grader"]) == 0
        before = (root / "0000" / "judged.jsonl").read_text(encoding="utf-8")
        with (root / "0000" / "judged.jsonl").open("a", encoding="utf-8") as file:
            file.write('{"qid": "q')  # as a kill leaves it
        assert main([*words, "grader"]) == 0
        assert len(judge.asked) == 5
        assert (root / "0000" / "judged.jsonl").read_text(encoding="utf-8") == before
        assert main([*words, "other"]) == 0
        assert len(judge.asked) == 10
        assert main([*words, "grader"]) == 0
        assert len(judge.asked) == 10


def test_a_reply_that_cannot_be_read_is_told_and_asked_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lambda message: "I would say so" if parts(message)["answer"] == "another" else "CORRECT") as judge:
        assert main([str(root), "--url", judge.url, "--model", "grader"]) == 0
    assert "Left out: 1 replies that began with none of CORRECT, PARTIAL, INCORRECT" in " ".join(capsys.readouterr().out.split())
    found = judged(root / "0001" / "s0")
    assert (found["n"], found["unread"]) == (1, 1)
    assert "I would say so" in (root / "0001" / "s0" / "judged.jsonl").read_text(encoding="utf-8")
    with serving() as judge:
        assert main([str(root), "--url", judge.url, "--model", "grader"]) == 0
        assert [parts(body["messages"][0]["content"])["answer"] for body in judge.asked] == ["another"]
    assert judged(root / "0001" / "s0")["unread"] == 0


def test_only_so_many_questions_are_judged(root: Path) -> None:
    with serving() as judge:
        assert main([str(root), "--url", judge.url, "--model", "grader", "--questions", "1"]) == 0
    assert judged(root / "0000")["n"] == 1


def test_fewer_questions_take_no_verdict_away(root: Path) -> None:
    with serving() as judge:
        words = [str(root), "--url", judge.url, "--model", "grader"]
        assert main(words) == 0
        assert main([*words, "--questions", "1"]) == 0
        assert (judged(root / "0000")["n"], len(folder.read_rows(root / "0000" / "judged.jsonl"))) == (1, 2)
        assert main(words) == 0
        assert len(judge.asked) == 5


def test_a_server_that_breaks_off_leaves_what_was_judged(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused: tuple[int, dict[str, str], str] = (403, {}, "out of credit")
    with serving(lambda message: refused if parts(message)["answer"] == "a third" else "CORRECT") as judge:
        assert main([str(root), "--url", judge.url, "--model", "grader"]) == 2
    said = capsys.readouterr().err
    assert "answers 403 Forbidden out of credit" in said
    assert "Traceback" not in said
    with serving() as judge:
        assert main([str(root), "--url", judge.url, "--model", "grader"]) == 0
        assert len(judge.asked) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "evaluation.judge.url: got null, expected an OpenAI-compatible server; type --url"),
        (["--url", "http://localhost:1/v1"], "evaluation.judge.model: got null"),
        (
            ["--url", "http://me:secret@host/v1", "--model", "m"],
            "got http://me:***@host/v1, expected http(s)://host/v1 without user",
        ),
        (["--url", "file:///etc/passwd", "--model", "m"], "expected http(s)://host/v1"),
        (["--url", "http://localhost/v1", "--model", "m", "--questions", "0"], "evaluation.judge.questions: got 0"),
    ],
)
def test_bad_input_is_one_message(root: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(root), *words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "secret" not in told


def test_a_study_from_before_there_were_judges_can_be_judged(root: Path) -> None:
    about = json.loads((root / "study.json").read_text(encoding="utf-8"))
    del about["config"]["evaluation"]["judge"]
    (root / "study.json").write_text(json.dumps(about), encoding="utf-8")
    with serving() as judge:
        assert main([str(root), "--url", judge.url, "--model", "grader"]) == 0


WORDS = (
    "model=tiny", "training.epochs=1", "data.facts=2", "evaluation.levels=[1,2]", "evaluation.questions=2",
    "evaluation.rung_questions=0", "evaluation.max_new_tokens=4", "search.constraints=null", "evaluation.judge.retries=0",
)  # fmt: skip


def test_a_run_ends_with_its_judge_and_stands_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUDGE_KEY", KEY)
    judge_of = ["evaluation.judge.model=grader", "evaluation.judge.key_env=JUDGE_KEY"]
    assert sweep([*WORDS, *judge_of, f"evaluation.judge.url={dead()}"]) == 0
    (root,) = (tmp_path / "multirun").iterdir()
    result = (root / "0000" / "result.json").read_bytes()
    said = capsys.readouterr()
    assert "the answers were not all judged" in said.out + said.err
    assert f"the results stand, and python -m sweep.judge {root} goes on" in said.out + said.err
    assert main([str(root)]) == 2
    with serving() as judge:
        assert sweep([*WORDS, *judge_of, f"evaluation.judge.url={judge.url}"]) == 0
        assert judge.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert list((tmp_path / "multirun").iterdir()) == [root], "a judge makes no other study"
    assert (root / "0000" / "result.json").read_bytes() == result
    assert NEVER in capsys.readouterr().out
    assert judged(root / "0000")["n"] == judged(root / "arms" / "base")["n"] == 4
    runs = {run.info.run_name: run.data.metrics for run in tracked_runs(tmp_path, root)}
    for name, place in (("0000", root / "0000"), ("base", root / "arms" / "base")):
        assert runs[name]["judge/agreement"] == judged(place)["agreement"]
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]
