"""`python -m sweep.status`, on folders as a sweep leaves them."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.composed import config

from sweep.cli.main import main as sweep
from sweep.config import plain
from sweep.evaluate import arm
from sweep.status import main, read, show
from sweep.track.folder import append_metrics, write_atomically, write_hydra, write_result
from sweep.track.lock import alone
from sweep.track.named import find


def study(output: Path, name: str, n_trials: int = 4, *words: str) -> Path:
    body = {"n_trials": n_trials, "config": plain(config("model=tiny", "evaluation.arms=[]", *words))}
    write_atomically(output / name / "study.json", json.dumps(body))
    return output / name


def ended(root: Path, number: int, objective: float | None, state: str = "COMPLETE", verbatim: float = 0.9) -> None:
    figures = {"L1": verbatim, "L2": objective}
    levels = {name: {"accuracy": 0.5, "strict": strict, "key_recall": 0.5, "n": 6} for name, strict in figures.items()}
    levels = levels if state == "COMPLETE" else {}
    body: dict[str, Any] = {"number": number, "state": state, "objective": objective, "params": {"lora.rank": 2**number}}
    write_result(root / f"{number:04d}", {**body, "levels": levels})


def begun(root: Path, number: int, epoch: int) -> None:
    place = root / f"{number:04d}"
    write_hydra(place, {"training": {"epochs": 8}}, [], {})
    append_metrics(place, [{"step": at, "epoch": at} for at in range(1, epoch + 1)])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = study(tmp_path, "layer_ablation-12345678")
    ended(made, 0, 0.25)
    ended(made, 1, 0.75)
    ended(made, 2, None, "FAILED")
    begun(made, 3, 2)
    return made


def test_a_study_that_nobody_runs_says_how_to_go_on(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(root)]) == 0
    said = capsys.readouterr().out
    assert "3 of 4 trials ended (2 complete · 1 failed)" in said
    assert "0003 waits to go on: epoch 2/8" in said
    assert "Best so far: 0001 rank=2: objective 0.750 on dev (L1 0.50 L2 0.50)" in said
    assert "No process runs it; the command that began it goes on from here." in said


def test_a_search_that_is_over_is_not_finished_while_it_waits_to_be_confirmed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = study(tmp_path, "study", 1, "search.confirm.top=1")
    ended(made, 0, 0.25)
    assert main([str(made)]) == 0
    said = capsys.readouterr().out
    assert "The search is over; its confirmation (search.confirm) is not." in said
    assert "the command that began it goes on from here." in said
    begun(made / "confirm", 0, 3)
    assert main([str(made)]) == 0
    assert "  confirm/0000 waits to go on: epoch 3/8" in capsys.readouterr().out
    with alone(made):
        os.utime(made / "study.json", (1, 1))
        assert main([str(made)]) == 0
    said = capsys.readouterr().out
    assert "  confirm/0000 runs: epoch 3/8\n" in said
    assert " left." not in said, "the pace of the search tells nothing of its finalists"
    ended(made, 0, None, "FAILED")
    with alone(made):
        begun(made / "confirm", 1, 1)
        assert read(made).left is None, "nor where a trial failed, so that one is left to run"
    ended(made, 0, 0.25)
    write_result(made / "confirm/0001", {"number": 1, "state": "COMPLETE"})
    write_result(made / "confirm/0000", {"number": 0, "state": "COMPLETE"})
    write_atomically(made / "confirm.json", json.dumps({"over": True}))
    assert main([str(made)]) == 0
    said = capsys.readouterr().out
    assert "The study is finished." in said
    assert "confirm/" not in said


def test_of_a_trial_or_finalist_with_several_seeds_is_told_how_many_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = study(tmp_path, "study", 1, "search.confirm.top=1")
    ended(made, 0, 0.25)
    place = made / "confirm/0000"
    begun(made / "confirm", 0, 3)
    write_hydra(place, {"training": {"epochs": 8}, "search": {"seeds": [1, 2, 3]}}, [], {})
    for at in range(3):
        with alone(made):
            assert main([str(made)]) == 0
        assert f"  confirm/0000 runs: {at} of 3 seeds ended · epoch 3/8\n" in capsys.readouterr().out
        write_result(place / f"s{at + 1}", {"state": "COMPLETE", "params": {"seed": at + 1}}, "seed.json")
    write_result(place / "s9", {"state": "COMPLETE", "params": {"seed": 9}}, "seed.json")
    assert read(made).seeds == {"confirm/0000": (3, 3)}, "a seed that is not wanted any more does not count"


def test_only_a_trial_that_reaches_the_constraints_is_the_best_so_far(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended(root, 1, 0.75, verbatim=0.8)
    best = read(root).best
    assert best is not None
    assert best["number"] == 0
    ended(root, 0, 0.25, verbatim=0.8)
    assert main([str(root)]) == 0
    said = capsys.readouterr().out
    assert "Best so far" not in said
    assert "No trial reaches L1 >= 0.9 (strict accuracy on dev) so far, so none is named best.\n" in said


def test_a_record_from_before_there_were_measures_names_no_best(root: Path) -> None:
    write_atomically(root / "study.json", json.dumps({"n_trials": 4, "config": {"search": {"objective": "macro"}}}))
    assert read(root).best is None


def test_a_study_that_runs_tells_the_time_left(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with alone(root):
        os.utime(root / "study.json", (1, 1))
        status = read(root)
        assert status.alive
        assert status.ended_since == 3
        # 1.75 trials are left to train (two of four are complete, a quarter of one is trained), 3.25 took all the time since
        assert status.left == pytest.approx(status.seconds * 1.75 / 3.25)
        assert main([str(root)]) == 0
    said = capsys.readouterr().out
    assert "0003 runs: epoch 2/8" in said
    assert "left." in said


def test_what_is_asked_of_an_arm_is_under_way_until_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real study, looked at each time that an arm sits down to its questions."""
    monkeypatch.chdir(tmp_path)
    seen, sit = [], arm.sit

    def looked_at(*words: Any) -> Any:
        (root,) = (tmp_path / "multirun").iterdir()
        capsys.readouterr()
        show(status := read(root))
        seen.append((words[1].name, status.arms, capsys.readouterr().out))
        if len(seen) == 7:
            raise KeyboardInterrupt
        return sit(*words)

    monkeypatch.setattr(arm, "sit", looked_at)
    words = (
        "model=tiny", "lora.rank=2,4", "training.epochs=1", "data.facts=3", "evaluation.questions=2", "evaluation.levels=[1]",
        "evaluation.max_new_tokens=4", "search.objective=L1", "search.constraints=null", "search.confirm.top=1",
        "search.confirm.seeds=1", "-m",
    )  # fmt: skip
    assert sweep([*words, "evaluation.arms=[base,gold,lora]"]) == 0
    reading = next(name for name, *_ in seen if name.endswith("/test"))
    assert [arms for _, arms, _ in seen] == [("base",), ("gold",), ("confirm/base", reading), (reading,), ("lora",)]
    assert all(f"  arm {name} runs: its questions are asked\n" in said for name, _, said in seen)
    assert f"  arm {reading} waits for the one before it\n" in seen[2][2]
    assert not any(" left." in said or "is finished" in said for *_, said in seen)
    (root,) = (tmp_path / "multirun").iterdir()
    assert read(root).arms == ()
    assert sweep([*words, "evaluation.arms=[base,bm25_qa,bm25_passages]"]) == 130
    capsys.readouterr()
    assert main([str(root)]) == 0
    said = capsys.readouterr().out
    assert "  arm bm25_passages waits to go on: from its first question" in said
    assert "the command that began it goes on from here." in said
    assert sweep([*words, "evaluation.arms=[base]"]) == 0
    assert read(root).arms == (), "nobody wants it any more"


def test_a_study_that_was_stopped_before_its_last_arm_was_begun_is_not_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real study and a real signal, once, while the first arm of the best adapter is asked: it ends, and no other is begun."""
    monkeypatch.chdir(tmp_path)
    sit = arm.sit

    def stopped_at(*words: Any) -> Any:
        if words[1].name == "lora":
            signal.raise_signal(signal.SIGINT)
        return sit(*words)

    words = (
        "model=tiny", "lora.rank=2,4", "training.epochs=1", "data.facts=3", "evaluation.questions=2", "evaluation.levels=[1]",
        "evaluation.max_new_tokens=4", "search.objective=L1", "search.constraints=null",
        "evaluation.arms=[base,lora,lora_bm25_qa]", "executor.slots=1", "-m",
    )  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(arm, "sit", stopped_at)
        assert sweep([*words]) == 130
    left = "Arms that are yet to be asked: lora_bm25_qa"
    assert f"{left}; the same command goes on with them" in " ".join(capsys.readouterr().out.split())
    (root,) = (tmp_path / "multirun").iterdir()
    assert (root / "arms/lora/arm.json").is_file()
    assert not (root / "arms/lora_bm25_qa").exists()
    assert json.loads((root / "ending.json").read_text())["status"] == "KILLED"
    assert main([str(root)]) == 0
    said = capsys.readouterr().out
    assert "Best of the search: " in said
    assert f"{left}.\nNo process runs it; the command that began it goes on from here." in said
    assert sweep([*words]) == 0
    assert json.loads((root / "ending.json").read_text())["status"] == "FINISHED"
    capsys.readouterr()
    assert main([str(root)]) == 0
    said = capsys.readouterr().out
    assert "yet to be asked" not in said
    assert "The study is finished." in said


def test_arms_of_the_best_adapter_are_wanted_only_where_one_is_named_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = study(tmp_path, "study", 1, "evaluation.arms=[gold,lora]")
    ended(made, 0, 0.25, verbatim=0.8)
    assert read(made).unasked == ("gold",)
    write_result(made / "arms/gold", {"state": "FAILED"}, "arm.json")
    assert main([str(made)]) == 0
    said = capsys.readouterr().out
    assert "No trial reaches L1 >= 0.9 (strict accuracy on dev), so none is named best.\nThe study is finished." in said
    ended(made, 0, 0.25)
    assert read(made).unasked == (), "its adapter is gone"
    write_hydra(made / "0000", {}, [], {})
    (made / "0000/adapter").mkdir()
    assert read(made).unasked == ("lora",)


def test_a_finished_study_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = study(tmp_path, "sweep-1", 2)
    ended(made, 0, 0.5)
    ended(made, 1, 0.1, "PRUNED")
    assert main([str(made)]) == 0
    assert "The study is finished." in capsys.readouterr().out


def test_a_study_is_found_by_its_folder_its_name_or_the_beginning_of_it(tmp_path: Path) -> None:
    one, two = study(tmp_path, "rank-1111"), study(tmp_path, "rank-2222")
    os.utime(one / "study.json", (1, 1))
    assert find(str(one), Path("elsewhere")) == one
    assert find("rank-1111", tmp_path) == one
    assert find("rank-2", tmp_path) == two
    assert find(None, tmp_path) == two


@pytest.mark.parametrize(
    ("named", "said"),
    [("rank-", "study: got rank-, which begins rank-1111, rank-2222; type one of them"), ("rink-1111", "did you mean rank-1111")],
)
def test_a_name_that_fits_none_or_several_is_refused(
    named: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study(tmp_path, "rank-1111")
    os.utime(study(tmp_path, "rank-2222") / "study.json", (9e9, 9e9))
    assert main([named, "--output-dir", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_without_studies_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--output-dir", str(tmp_path)]) == 2
    assert "holds no study" in capsys.readouterr().err
