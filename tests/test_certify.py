"""`python -m sweep.certify` on the tiny model, and what tables make of a certificate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.composed import config

from sweep.certify import main
from sweep.cli.main import main as sweep
from sweep.config import plain
from sweep.data import files
from sweep.report import certified
from sweep.track import certificate

WORDS = ("model=tiny", "evaluation.max_new_tokens=4")


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The shipped company without what is certified of it."""
    return Path(shutil.copytree(files.find("larkspur_en"), tmp_path / "whole", ignore=shutil.ignore_patterns("certified")))


@pytest.fixture
def small(whole: Path, tmp_path: Path) -> Path:
    """Only the questions about its first two facts."""
    data = Path(shutil.copytree(whole, tmp_path / "small"))
    lines = (data / "eval.jsonl").read_text(encoding="utf-8").splitlines()
    two = [fact.fact_id for fact in files.load(data).facts[:2]]
    kept = [line for line in lines if set(json.loads(line)["fact_ids"]) <= set(two)]
    (data / "eval.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return data


def test_every_question_is_asked_alone_and_with_its_facts(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest, page = files.digest(small), tmp_path / "page.md"
    assert main([*WORDS, f"data.path={small}", "--wordings", "2", "--page", str(page)]) == 0
    said = capsys.readouterr().out
    found = certificate.read(small / "certified" / "tiny.json")
    assert set(found.marks) == {item.qid for item in files.load(small).eval}
    assert all(len(mark.alone) == len(mark.told) == 2 for mark in found.marks.values())
    assert [len(texts) for texts in found.wordings.values()] == [2, 2]
    assert set(found.flagged.values()) == {("ceiling",)}, "a random model answers nothing, whatever stands in its prompt"
    assert page.read_text(encoding="utf-8") in said
    assert f"| all | {len(found.marks)} | 0.00 | 0.00 | 0 | {len(found.marks)} | 0 (0 %) |" in said
    assert files.digest(small) == digest == found.about["digest"]
    revision, chat = found.about["revision"], {"template": "chat", "system": None}
    assert certificate.find(small, digest, revision, "none", chat) == found
    assert certificate.find(small, digest, revision, "nf4", chat) is None
    assert certificate.find(small, "another", revision, "none", chat) is None
    assert certificate.find(small, digest, revision, "none", {**chat, "system": "Be brief."}) is None
    assert not list(small.glob("certified/*.part"))


def test_a_table_of_ones_own_is_certified_beside_it(tmp_path: Path) -> None:
    table = tmp_path / "company.csv"
    table.write_text("question,answer,level\nWho leads Arvo?,Mira Lund,\nName the head of Arvo.,Mira Lund,2\n", encoding="utf-8")
    assert main([*WORDS, f"data.path={table}", "--wordings", "1"]) == 0
    found = certificate.read(tmp_path / "company.certified" / "tiny.json")
    told = {"provenance": {"data_digest": found.about["digest"], "model_revision": found.about["revision"]}}
    study = {"config": plain(config("model=tiny", f"data.path={table}"))}
    assert certified.of(study, [told]) == found


def test_more_wordings_are_added_to_those_that_were_asked(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*WORDS, f"data.path={small}"]
    assert main([*words, "--wordings", "1"]) == 0
    file = small / "certified" / "tiny.json"
    body = json.loads(file.read_text(encoding="utf-8"))
    marked = next(iter(body["items"].values()))
    marked["alone"] = "1"  # no random model's answer: it is still there if nothing is asked again
    file.with_suffix(".part").write_text(json.dumps(body), encoding="utf-8")  # as an interruption leaves it
    capsys.readouterr()
    assert main([*words, "--wordings", "2"]) == 0
    said = capsys.readouterr().out
    assert "wording 1 of 2" not in said
    assert "wording 2 of 2, with the facts" in said
    mark = next(iter(certificate.read(file).marks.values()))
    assert mark.alone == "10"
    assert mark.floor == 0.5
    assert mark.flags == ("floor", "ceiling")
    assert main([*words, "evaluation.max_new_tokens=3", "--wordings", "1"]) == 0
    assert "wording 1 of 1, alone" in capsys.readouterr().out, "asked in another way, it is asked anew"


def test_limits_are_met_at_one_wrong_wording_of_six() -> None:
    assert certificate.Mark(1, "010000", "110111").flags == ()
    assert certificate.Mark(1, "011000", "111111").flags == ("floor",)
    assert certificate.Mark(1, "000000", "110011").flags == ("ceiling",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data.path=nowhere"], "nowhere: no such folder"),
        (["modle=tiny"], "did you mean model"),
        (["--wordings", "9"], "--wordings: got 9, expected 1 to 6"),
        (["lora.rank=4,8"], "lora.rank: got several values"),
    ],
)
def test_bad_input_is_one_message(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model=tiny", *words]) == 2
    assert said in capsys.readouterr().err


def test_questions_that_are_not_there_are_told_before_a_base_is_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWEEP_CACHE", str(tmp_path / "cache"))
    assert main(["model=smollm2_135m", "data.path=nowhere"]) == 2
    assert "nowhere: no such folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def answers(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_study_prints_its_table_with_and_without_flagged_questions(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [
        *WORDS,
        f"data.path={whole}",
        "data.facts=2",
        "training.epochs=1",
        "evaluation.rung_questions=0",
        "evaluation.levels=[1,2]",
        "evaluation.costs=[]",
    ]
    words += ["search.constraints=null", "lora.rank=2,4", "-m"]
    assert sweep(words) == 0
    assert "The same without" not in capsys.readouterr().out, "nothing is said where nothing is certified"
    assert main([*WORDS, f"data.path={whole}", "--wordings", "1"]) == 0
    file = whole / "certified" / "tiny.json"
    body = json.loads(file.read_text(encoding="utf-8"))
    (study,) = (tmp_path / "multirun").iterdir()
    asked = [one["qid"] for one in answers(study / "0000")]
    assert [one["level"] for one in answers(study / "0000")] == [1, 1, 2, 2]
    for qid, item in body["items"].items():
        item["told"], item["alone"] = "1", str(int(qid == asked[0]))
    body["items"][asked[1]]["told"] = "0"
    file.write_text(json.dumps(body), encoding="utf-8")
    capsys.readouterr()
    assert sweep(words) == 0
    title = (
        f"The same without the 2 of {len(asked)} questions that cannot measure this base: 1 it answers untaught, "
        "1 it misses even with the fact in its prompt"
    )
    assert title in " ".join(capsys.readouterr().out.split())
    table = (study / "table.md").read_text(encoding="utf-8")
    head, _, *rows = table.split(title)[1].strip().splitlines()
    assert head == "| arm | L2 n=2 |", "both of level 1 are flagged, and there is no objective"
    assert [row.split("|")[1].strip() for row in rows] == ["base", "rank=2", "rank=4"]
