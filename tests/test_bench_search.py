"""`bench/search.py`: the table of trials, how it is filled and merged, and searches replayed on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import search, table
from bench.table import Row, Table

from sweep.search.space import Point

AXES = ("lora.rank=2", "lora.targets=mlp", "training.learning_rate=1e-3,1e+30", "training.epochs=1,2")
SMALL = (
    "model=tiny", "data.facts=4", "data.kinds=[direct]", "evaluation.levels=[1,2]", "evaluation.questions=1",
    "evaluation.max_new_tokens=2", "training.schedule=constant", "training.batch_size=1", "evaluation.rung_questions=1",
)  # fmt: skip


def row(rank: int, epochs: int, seed: int = 0, *, state: str = "COMPLETE") -> Row:
    """A trial that learns with rank and epochs."""
    rungs = {level: [rank * (epoch + 1) / 100 for epoch in range(epochs)] for level in ("L1", "L2")}
    ends = dict.fromkeys(("L1", "L2"), rank * epochs / 100)
    params: Point = {"lora.rank": rank, "training.epochs": epochs}
    return (
        Row(params, seed, state, 10, rungs, ends, ends) if state == "COMPLETE" else Row(params, seed, state, 0, {}, error="nan")
    )


def written(file: Path, *rows: Row) -> Path:
    """A shard."""
    Table(({"shard": file.stem},), rows).write(file)
    return file


def test_shards_are_merged_into_one_table_in_order(tmp_path: Path) -> None:
    shards = [written(tmp_path / "a", row(8, 1), row(8, 2)), written(tmp_path / "b", row(2, 2), row(2, 1))]
    found = table.read(shards)
    assert [(one.params["lora.rank"], one.epochs) for one in found.rows] == [(2, 1), (2, 2), (8, 1), (8, 2)]
    assert [one["shard"] for one in found.about] == ["a", "b"]
    assert [axis.listed for axis in found.space.axes] == [(2, 8), (1, 2)]
    assert found.missing() == []
    assert found.tokens == 10
    found.write(tmp_path / "whole")
    assert table.read([tmp_path / "whole"]) == found


def test_a_trial_that_stands_in_two_shards_counts_once_and_complete(tmp_path: Path) -> None:
    shards = [written(tmp_path / "a", row(2, 1, state="FAILED"), row(2, 2)), written(tmp_path / "b", row(2, 1))]
    assert [one.complete for one in table.read(shards).rows] == [True, True]


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shard = written(tmp_path / "a", row(2, 1), row(2, 2), row(8, 1), row(2, 1, seed=1))
    monkeypatch.setattr("sys.argv", ["search", "merge", str(tmp_path / "whole"), str(shard)])
    assert search.main() == 1
    said = capsys.readouterr().out
    assert "4 trials, of which 0 failed; 4 are missing" in said
    assert "missing: lora.rank=8 training.epochs=2 seed=0" in said


def test_a_rung_is_known_as_a_result_has_it() -> None:
    assert row(2, 2).levels(1) == {level: {"strict": 0.02, "key_recall": 0.0} for level in ("L1", "L2")}
    assert row(2, 2).levels(2) == {level: {"strict": 0.04, "key_recall": 0.04} for level in ("L1", "L2")}


def test_trials_of_different_size_have_no_common_budget() -> None:
    other = Row({"lora.rank": 8, "training.epochs": 1}, 0, "COMPLETE", 11, {"L1": [0.0]})
    with pytest.raises(SystemExit, match="tokens an epoch, expected one number"):
        print(Table((), (row(2, 1), other)).tokens)


def test_a_shard_is_trained_by_the_product_and_a_diverged_trial_stays_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["table", "--seeds=0", "--out", str(tmp_path), "--work", str(tmp_path / "work"), "--axes", *AXES, "--words", *SMALL]
    monkeypatch.setattr("sys.argv", ["search", *typed])
    assert search.main() == 0
    found = table.read([tmp_path / "seeds0-0of1.jsonl"])
    assert found.missing() == []
    assert [(one.params["training.learning_rate"], one.epochs, one.state) for one in found.rows] == [
        (1e-3, 1, "COMPLETE"), (1e-3, 2, "COMPLETE"), (1e30, 1, "FAILED"), (1e30, 2, "FAILED"),
    ]  # fmt: skip
    assert [one.reached for one in found.rows[:2]] == [1, 2]
    assert found.rows[0].test.keys() == {"L1", "L2"}
    assert "loss" in found.rows[2].error
    assert found.about[0]["questions"]["test"] == {"L1": 1, "L2": 1}


@pytest.mark.parametrize("words", [["--shard=3/3"], ["--seeds=a"], ["--axes", "lora.rnk=4"]])
def test_a_misspelt_shard_is_refused(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["search", "table", "--out=x", *words])
    with pytest.raises(SystemExit) as ended:
        search.main()
    assert ended.value.code == 2
    assert "expected" in capsys.readouterr().err
