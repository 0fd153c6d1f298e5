"""`bench/search.py`: the table of trials, how it is filled and merged, and searches replayed on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import compare, search, table
from bench.replay import Arm, Search, replay
from bench.table import Row, Table
from tests.composed import config

from sweep.search.objective import Objective
from sweep.search.space import Point
from sweep.trial import State

OBJECTIVE = Objective.of(config().search)

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


LEVELS = ("L1", "L2", "L3", "L4", "L5")


def known(rank: int, epochs: int, *shares: float, test: float = 0.5, l1: float = 1.0) -> Row:
    """A trial by its macro at each epoch's end; with fewer of them than epochs it diverged."""
    rungs = {level: [l1 if level == "L1" else share for share in shares] for level in LEVELS}
    params: Point = {"lora.rank": rank, "training.epochs": epochs}
    if len(shares) < epochs:
        return Row(params, 0, "FAILED", 0, rungs, error="nan")
    return Row(params, 0, "COMPLETE", 10, rungs, dict.fromkeys(LEVELS, 0.0), dict.fromkeys(LEVELS, test))


def searched(pruner: str, budget: int, *rows: Row) -> Search:
    """A random search of these."""
    return replay(Table((), rows), Arm("random", pruner), 0, budget, 0)


def test_a_budget_that_is_never_spent_tries_every_point_once() -> None:
    rows = [known(rank, 2, 0.1, rank / 100) for rank in range(1, 9)]
    search = searched("none", 100, *rows)
    assert sorted(end.number for end in search.within(State.COMPLETE)) == list(range(8))
    chosen = search.chosen(OBJECTIVE)
    assert chosen is not None
    assert (chosen.row, chosen.feasible) == (rows[-1], True)


def test_the_trial_whose_last_epoch_crosses_the_budget_counts_and_later_ones_do_not() -> None:
    rows = [known(rank, 2, 0.1, 0.1) for rank in range(1, 9)]
    # four at once: their first epochs are 0 to 3, their last ones 4 to 7
    assert [len(searched("none", budget, *rows).within(State.COMPLETE)) for budget in (4, 5, 7, 8)] == [0, 1, 3, 4]
    assert len(searched("none", 8, *rows).ends) == 4, "asked for more when the budget was spent"
    half = searched("none", 16, *rows)
    assert [len(half.within(State.COMPLETE, share)) for share in (0.25, 0.5, 1.0)] == [0, 4, 8]


def test_what_a_pruned_trial_was_not_trained_is_left_for_others() -> None:
    rows = [known(rank, 8, *([rank / 100] * 8)) for rank in range(1, 17)]
    plain, halved = (searched(pruner, 64, *rows) for pruner in ("none", "halving"))
    assert len(plain.within(State.COMPLETE)) == 8
    pruned = halved.within(State.PRUNED)
    assert {end.epochs for end in pruned} <= {2, 4}
    assert len(pruned) + len(halved.within(State.COMPLETE)) > 8


def test_a_trial_that_diverges_spends_the_epoch_in_which_it_did() -> None:
    search = searched("none", 100, known(1, 4, 0.1), known(2, 4, 0.1, 0.2, 0.3, 0.4))
    (failed,) = search.within(State.FAILED)
    assert (failed.epochs, failed.row.params["lora.rank"]) == (2, 1)
    assert [end.row.params["lora.rank"] for end in search.within(State.COMPLETE)] == [2]


def test_where_no_trial_recites_the_highest_objective_is_taken_and_told_so() -> None:
    better, reciting = known(1, 1, 0.9, l1=0.5), known(2, 1, 0.1)
    found = searched("none", 100, better, reciting).chosen(OBJECTIVE)
    assert found is not None
    assert (found.row, found.feasible) == (reciting, True)
    found = searched("none", 100, better, known(2, 1, 0.1, l1=0.8)).chosen(OBJECTIVE)
    assert found is not None
    assert (found.row, found.feasible) == (better, False)


def test_a_search_repeats_itself_by_its_seed() -> None:
    rows = [known(rank, 8, *([rank / 100] * 8)) for rank in range(1, 17)]
    assert searched("halving", 40, *rows).ends == searched("halving", 40, *rows).ends


def test_a_difference_that_is_there_is_found_and_one_that_is_not_is_not() -> None:
    low, mean, high, p = compare.difference([0.1, 0.12, 0.09, 0.11, 0.1, 0.13, 0.08, 0.1])
    assert 0.08 < low < mean < high < 0.13
    assert p == pytest.approx(2 / 2**8), "all of one sign: the smallest p that eight pairs can give"
    low, mean, high, p = compare.difference([0.1, -0.1, 0.05, -0.05])
    assert low < mean < high
    assert mean == pytest.approx(0)
    assert p == 1
    assert compare.difference([0.0, 0.0]) == (0.0, 0.0, 0.0, 1.0)


def test_the_page_says_what_searches_of_a_table_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two searches an arm, in this process, on a table whose best point has .16 on test."""
    about = {"device": "a device", "commit": "abc"}
    rows = [
        known(rank, epochs, *[rank * epochs / 100] * epochs, test=rank * epochs / 100) for rank in (1, 2, 4) for epochs in (1, 4)
    ]
    Table((about,), tuple(rows)).write(tmp_path / "table")
    typed = [
        "compare",
        str(tmp_path / "table"),
        "--page",
        str(tmp_path / "page.md"),
        "--budget=100",
        "--repeats=2",
        "--workers=1",
    ]
    monkeypatch.setattr("sys.argv", ["search", *typed])
    assert search.main() == 0
    said = (tmp_path / "page.md").read_text()
    assert said in capsys.readouterr().out
    assert "(6 points),\n1 training seeds each, 6 trials" in said
    assert "| random | 0.160 ± 0.000 | 0.160 ± 0.000 | 0.160 ± 0.000 | 0.000 ± 0.000 | 2 of 2 | 6.0 | 0.0 |" in said
    assert "| test | tpe | +0.000 | +0.000 to +0.000 | 1.000 | 1.000 | 0.000 | no detectable difference |" in said
    assert "| 4 | 1 | 3 | 1.00 | 1.00 | 1 of 3 |" in said
    short = tmp_path / "short"
    Table((about,), tuple(rows[:-1])).write(short)
    monkeypatch.setattr("sys.argv", ["search", "compare", str(short), "--page", str(tmp_path / "none.md")])
    with pytest.raises(SystemExit, match=r"got a table without lora\.rank=4 training\.epochs=4 seed=0"):
        search.main()
    assert not (tmp_path / "none.md").exists()
