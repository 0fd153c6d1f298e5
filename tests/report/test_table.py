"""The table at the end, from a study folder written here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.composed import config

from sweep.config import plain
from sweep.report import live, table


def level(accuracy: float, n: int = 30) -> dict[str, Any]:
    return {"n": n, "accuracy": accuracy, "stderr": 0.1, "strict": accuracy / 2, "key_recall": accuracy}


def put(root: Path, place: str, number: int | None, params: dict[str, Any], accuracy: float, **more: Any) -> None:
    seedless = {key: value for key, value in params.items() if key != "seed"}
    body = {
        "trial_key": json.dumps(params), "config_key": json.dumps(seedless), "number": number, "state": "COMPLETE",
        "objective": accuracy / 2, "params": params, "levels": {"L1": level(accuracy), "L2": level(accuracy / 2)},
        "test_levels": {}, "train": {"wall_seconds": 60.0}, **more,
    }  # fmt: skip
    (root / place).mkdir(parents=True)
    (root / place / ("result.json" if number is not None else "arm.json")).write_text(json.dumps(body))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "study.json").write_text(json.dumps({"tune": []}))
    put(tmp_path, "arms/base", None, {}, 0.1)
    return tmp_path


def test_trials_that_were_stopped_early_are_named_and_have_no_row(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"lora.rank": 4}, 0.8)
    put(root, "0001", 1, {"lora.rank": 8}, 0.2, state="PRUNED")
    table.show(table.read(root), fair=None, seconds=1)
    said = capsys.readouterr().out
    assert "Stopped early, and so without a row: 0001" in said
    assert "rank=8" not in said


def test_the_base_comes_first_and_every_cell_has_its_error_and_n(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"lora.targets": "mlp"}, 0.8)
    table.show(table.read(root), fair=("python -m sweep +experiment=x_tuned -m", 27), seconds=61)
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert "dev questions" in lines[0]
    assert "n=30" in said
    base, mlp = (next(at for at, line in enumerate(lines) if line.strip().startswith(name)) for name in ("base", "mlp"))
    assert base < mlp
    assert "0.80 ±.10" in lines[mlp]
    assert "Descriptive" in said
    assert "python -m sweep +experiment=x_tuned -m" in said
    assert "27 trials, about 27 min 00 s" in said
    assert str(root) in said.replace("\n", "")
    written = (root / "table.md").read_text().splitlines()
    assert written[2].startswith("| arm | L1 n=30 | L2 n=30 |")
    assert written[5].startswith("| mlp | 0.80 ±.10 |")


def test_test_is_shown_only_where_every_trial_read_it(root: Path) -> None:
    put(root, "0000", 0, {"a": 1}, 0.8, test_levels={"L1": level(0.7, 60)})
    assert table.read(root).split == "test"
    put(root, "0001", 1, {"a": 2}, 0.8)
    assert table.read(root).split == "dev"


def test_seeds_of_one_configuration_are_one_row(root: Path) -> None:
    for seed, accuracy in enumerate((0.4, 0.6, 0.8)):
        put(root, f"000{seed}", seed, {"a": 1, "seed": seed}, accuracy)
    row = table.read(root).rows[-1]
    assert (row.name, row.seeds) == ("a=1", 3)
    assert row.levels["L1"]["accuracy"] == pytest.approx(0.6)
    assert row.levels["L1"]["seed_sd"] == pytest.approx(0.2)


def test_a_tuned_axis_is_shown_at_its_best_value_on_dev(root: Path) -> None:
    (root / "study.json").write_text(json.dumps({"tune": ["training.learning_rate"]}))
    values = {("mlp", 1e-3): 0.5, ("mlp", 2e-3): 0.9, ("all", 1e-3): 0.7, ("all", 2e-3): 0.3}
    for number, ((targets, rate), accuracy) in enumerate(values.items()):
        put(root, f"000{number}", number, {"lora.targets": targets, "training.learning_rate": rate}, accuracy)
    rows = {row.name: row for row in table.read(root).rows[1:]}
    assert {name: row.chosen for name, row in rows.items()} == {
        "mlp": " @ learning_rate=0.002",
        "all": " @ learning_rate=0.001",
    }


def test_a_mean_over_survivors_does_not_win_against_a_whole_one(root: Path) -> None:
    (root / "study.json").write_text(json.dumps({"tune": ["lr"]}))
    for number, (rate, seed, accuracy) in enumerate([(1, 0, 0.5), (1, 1, 0.5), (9, 0, 0.9)]):
        put(root, f"000{number}", number, {"lora.targets": "mlp", "lr": rate, "seed": seed}, accuracy)
    (row,) = table.read(root).rows[1:]
    assert (row.chosen, row.seeds) == (" @ lr=1", 2)


def test_a_list_of_targets_is_shown_whole(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"lora.targets": "[q_proj,v_proj]"}, 0.8)
    table.show(table.read(root), fair=None, seconds=1)
    assert "[q_proj,v_proj]" in capsys.readouterr().out


def test_failed_trials_are_counted_and_not_averaged(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"a": 1}, 0.8)
    put(root, "0001", 1, {"a": 2}, 0.0, state="FAILED", levels={}, objective=None)
    table.show(table.read(root), fair=None, seconds=1)
    said = capsys.readouterr().out
    assert "Failed, with the traceback in its folder: 0001" in said
    assert "a=2" not in said


# ---- which row is the best ---------------------------------------------------------------------------------------------


def judged(root: Path, *words: str, tune: tuple[str, ...] = ()) -> None:
    """The study's record, with these words in its configuration."""
    (root / "study.json").write_text(json.dumps({"tune": list(tune), "config": plain(config("model=tiny", *words))}))


def strict(root: Path, number: int, params: dict[str, Any], verbatim: float, rephrased: float, **more: Any) -> None:
    """A trial with this strict accuracy at L1 and L2."""
    figures = {"L1": verbatim, "L2": rephrased}
    levels = {name: level(0.5) | {"strict": share} for name, share in figures.items()}
    put(root, f"{number:04d}", number, params, 2 * rephrased, levels=levels, **more)


def told(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[list[str], str]:
    """Names of the marked rows, and all that was printed."""
    table.show(table.read(root), fair=None, seconds=1)
    said = capsys.readouterr().out
    lines = [line.split() for line in said.splitlines()]
    assert (root / "table.md").read_text().count(" * |") == len([line for line in lines if line[-1:] == ["*"]])
    return [line[0] for line in lines if line[-1:] == ["*"]], said


def test_the_best_row_is_marked_and_one_that_cannot_recite_is_not_best(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(root)
    for number, (targets, verbatim, rephrased) in enumerate([("attention", 0.95, 0.3), ("mlp", 1.0, 0.4), ("all", 0.85, 0.9)]):
        strict(root, number, {"lora.targets": targets}, verbatim, rephrased)
    marked, said = told(root, capsys)
    assert marked == ["mlp"]
    assert "* best on dev of the 2 in 3 rows that reach L1 >= 0.9 (strict accuracy on dev)" in said


def test_where_all_rows_are_feasible_nothing_is_said_of_limits(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(root, "search.constraints=null")
    strict(root, 0, {"lora.targets": "mlp"}, 0.0, 0.3)
    strict(root, 1, {"lora.targets": "all"}, 0.0, 0.4)
    marked, said = told(root, capsys)
    assert marked == ["all"]
    assert "* best on dev\n" in said


def test_equal_rows_are_told_apart_by_key_recall(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(root)
    strict(root, 0, {"lora.targets": "mlp"}, 1.0, 0.4)
    levels = {name: level(0.5) | {"strict": share, "key_recall": 0.9} for name, share in (("L1", 1.0), ("L2", 0.4))}
    put(root, "0001", 1, {"lora.targets": "all"}, 0.8, levels=levels)
    assert told(root, capsys)[0] == ["all"]


def test_without_a_feasible_row_the_pareto_set_is_shown_and_no_winner(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(root)
    for number, (targets, verbatim, rephrased) in enumerate([("attention", 0.8, 0.2), ("mlp", 0.8, 0.4), ("all", 0.5, 0.6)]):
        strict(root, number, {"lora.targets": targets}, verbatim, rephrased)
    marked, said = told(root, capsys)
    assert marked == ["mlp", "all"]
    assert "No trial reaches L1 >= 0.9 (strict accuracy on dev), so none is named best." in said
    front = "mlp 0.40, lacking 0.10 · all 0.60, lacking 0.40"
    why = "no row beats these in everything"
    assert f"* Pareto set of macro and what is lacking, on dev ({why}): {front}" in said
    assert "best on dev" not in said


def test_a_long_pareto_set_is_marked_whole_and_named_in_part(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(root)
    for number in range(10):
        strict(root, number, {"lora.rank": number}, 0.5 + number / 100, 0.5 - number / 100)
    marked, said = told(root, capsys)
    assert len(marked) == 10
    assert "rank=7 0.43, lacking 0.33 · and 2 more" in said


def test_several_objectives_have_a_column_each_and_a_pareto_set(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(root, "search.objective=[macro,L1]", "search.constraints.L1=0.1", "search.measure=strict")
    put(root, "arms/other", None, {}, 0.1, objective=None)
    for number, (targets, verbatim, rephrased) in enumerate([("attention", 0.8, 0.2), ("mlp", 0.7, 0.2), ("all", 0.5, 0.6)]):
        strict(root, number, {"lora.targets": targets}, verbatim, rephrased, objective=[rephrased, verbatim])
    (root / "arms/base/arm.json").write_text(
        json.dumps(json.loads((root / "arms/base/arm.json").read_text()) | {"objective": [0.01, 0.02]})
    )
    marked, said = told(root, capsys)
    assert marked == ["attention", "all"]
    head = (root / "table.md").read_text().splitlines()[2]
    assert head.endswith("| objective macro | objective L1 |")
    assert "| 0.60 | 0.50 * |" in (root / "table.md").read_text()
    assert "| 0.01 | 0.02 |" in (root / "table.md").read_text()
    assert "| – | – |" in (root / "table.md").read_text()
    assert "so no winner is named. * Pareto set of macro and L1 on dev: no row beats these in everything." in said


def test_a_tuned_axis_is_shown_at_its_best_feasible_value(root: Path) -> None:
    judged(root, tune=("lr",))
    for number, (rate, verbatim, rephrased) in enumerate([(1, 1.0, 0.3), (2, 1.0, 0.4), (3, 0.5, 0.9)]):
        strict(root, number, {"lora.targets": "mlp", "lr": rate}, verbatim, rephrased)
    (row,) = table.read(root).rows[1:]
    assert row.chosen == " @ lr=2"
    for number in range(3):
        body = json.loads((root / f"000{number}/result.json").read_text())
        body["levels"]["L1"]["strict"] = 0.1
        (root / f"000{number}/result.json").write_text(json.dumps(body))
    (row,) = table.read(root).rows[1:]
    assert row.chosen == " @ lr=3"


def test_a_row_is_judged_by_the_mean_over_its_seeds_and_fewer_seeds_do_not_win(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged(root)
    runs = [("mlp", 0, 1.0, 0.2), ("mlp", 1, 0.84, 0.8), ("all", 0, 1.0, 0.4), ("all", 1, 0.9, 0.4), ("attention", 0, 1.0, 0.9)]
    for number, (targets, seed, verbatim, rephrased) in enumerate(runs):
        strict(root, number, {"lora.targets": targets, "seed": seed}, verbatim, rephrased)
    assert told(root, capsys)[0] == ["mlp"]


def test_one_row_alone_is_compared_with_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(root)
    strict(root, 0, {}, 0.1, 0.1)
    marked, said = told(root, capsys)
    assert marked == []
    assert "winner" not in said
    assert "No trial reaches L1 >= 0.9 (strict accuracy on dev), so none is named best." in said


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (0, "Forgetting is not measured: the data set has no retention items."),
        (12, "Forgetting is not measured: the base knows none of the data set's 12 retention items."),
        (None, None),
    ],
)
def test_the_table_says_that_forgetting_is_not_measured(
    root: Path, capsys: pytest.CaptureFixture[str], items: int | None, said: str | None
) -> None:
    put(root, "0000", 0, {"a": 1}, 0.8, provenance={"retention_items": items})
    printed = told(root, capsys)[1]
    assert (said is None and "orgetting" not in printed) or (said is not None and said in printed)


# ---- what it cost, and what level 2 foretells ------------------------------------------------------------------------


def cost(value: float, n: int = 30, stderr: float | None = 0.02) -> dict[str, Any]:
    return {"value": value, "n": n, "stderr": stderr}


def said(root: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of table.md; what is printed says the same."""
    table.show(table.read(root), fair=None, seconds=1)
    assert ("What it cost" in capsys.readouterr().out) == ("What it cost" in (root / "table.md").read_text())
    return (root / "table.md").read_text().splitlines()


def test_costs_are_a_table_of_their_own_with_the_columns_that_were_measured(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    levels = {"L1": level(0.9), "kept": level(0.8, 12)}
    found = {"retain/leak": cost(0.1), "retain/kl": cost(0.0312, 50, 0.0041), "health/loop_rate": cost(0.0, 150, 0.0)}
    put(root, "0000", 0, {"lora.targets": "mlp"}, 0.9, levels=levels, costs=found)
    put(root, "0001", 1, {"lora.targets": "all"}, 0.8, costs={"retain/leak": cost(0.5, 20, None)})
    lines = said(root, capsys)
    at = lines.index("What it cost: value ± standard error on dev questions")
    assert lines[at + 2 : at + 6] == [
        "| arm | kept n=12 | leak n=30 | KL n=50 | loops n=150 |",
        "|---|---|---|---|---|",
        "| mlp | 0.80 ±.10 | 0.10 ±.02 | 0.031 ±.004 | 0.00 ±.00 |",
        "| all | – | 0.50 (20) | – | – |",
    ]
    assert lines[2] == "| arm | L1 n=30 | L2 n=30 | objective |", "retention stands with the costs"


def test_columns_that_need_no_words_have_none_below(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"a": 1}, 0.8, costs={"health/loop_rate": cost(0.0, 150, 0.0)})
    table.show(table.read(root), fair=None, seconds=1)
    printed = capsys.readouterr().out
    assert "loops" in printed
    assert "." not in map(str.strip, printed.splitlines())


def test_costs_of_several_seeds_are_means_with_their_spread(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed, leak in enumerate((0.1, 0.2, 0.3)):
        put(root, f"000{seed}", seed, {"a": "x", "seed": seed}, 0.5, costs={"retain/leak": cost(leak)})
    assert "| x | 0.20 ±.02 sd .10 |" in said(root, capsys)


def test_results_from_before_there_were_costs_have_no_such_table(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "0000", 0, {"a": 1}, 0.8)
    assert not any(line.startswith("What it cost") for line in said(root, capsys))


def answers(place: Path, split: str, *graded: tuple[int, str, str]) -> None:
    """Answers as (level, facts, grade)."""
    rows = [{"level": level, "split": split, "fact_ids": facts.split(), "grade": grade} for level, facts, grade in graded]
    (place / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_level_4_stands_beside_what_its_facts_foretell(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    levels = {"L2": level(0.6), "L4": level(0.1), "L5": level(0.2)}
    put(root, "0000", 0, {"lora.targets": "mlp"}, 0.6, levels=levels)
    alone = [(2, "a", "CORRECT"), (2, "a", "PARTIAL"), (2, "b", "CORRECT"), (2, "c", "CORRECT"), (2, "d", "INCORRECT")]
    joined = [
        (4, "a b", "INCORRECT"),
        (4, "c d", "CORRECT"),
        (4, "a b", "CORRECT"),
        (4, "c unasked", "CORRECT"),
        (0, "", "CORRECT"),
    ]
    answers(root / "0000", "dev", *alone, *joined)
    lines = said(root, capsys)
    assert lines[2] == "| arm | L1 n=30 | L2 n=30 | L4 n=30 | L4 foretold n=3 | L5 n=30 | objective |"
    (mlp,) = [line.split(" | ") for line in lines if line.startswith("| mlp")]
    (row,) = table.read(root).rows[1:]
    foretold = row.levels["L4 foretold"]
    assert foretold["n"] == 3
    assert foretold["accuracy"] == pytest.approx((0.5 + 0.0 + 0.5) / 3)
    assert foretold["stderr"] == pytest.approx((2 * ((2 / 6) ** 2 + (1 / 3) ** 2)) ** 0.5 / 3), "two groups of facts"
    assert mlp[4].startswith("0.33 ±")


def test_what_is_foretold_of_several_seeds_is_their_mean(root: Path) -> None:
    put(root, "0000", 0, {"lora.targets": "mlp"}, 0.6, seeds=[3, 4])
    for seed, grade in ((3, "CORRECT"), (4, "INCORRECT")):
        put(root, f"0000/s{seed}", None, {"lora.targets": "mlp", "seed": seed}, 0.6)
        (root / f"0000/s{seed}/arm.json").rename(root / f"0000/s{seed}/seed.json")
        answers(root / f"0000/s{seed}", "dev", (2, "a", "CORRECT"), (2, "b", grade), (4, "a b", "CORRECT"))
    (row,) = table.read(root).rows[1:]
    assert row.levels["L4 foretold"]["accuracy"] == 0.5


def test_names_and_figures_stay_whole_where_the_terminal_is_narrow(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live.console, "width", 40)
    figures = ("retain/leak", "retain/refusal", "retain/distinct", "retain/kl", "health/loop_rate", "health/forbidden_rate")
    put(root, "0000", 0, {"lora.targets": "attention"}, 0.8, costs={name: cost(0.25) for name in figures})
    table.show(table.read(root), fair=None, seconds=1)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("attention")]
    assert len(lines) == 2
    assert lines[1].count("0.25 ±.02") == 5
    assert "0.250 ±.020" in lines[1]


def test_for_whom_test_was_read_counts_configurations_and_not_their_seeds(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told() -> str:
        table.show(table.read(root), fair=None, seconds=1)
        return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("The test split"))

    assert told() == "The test split was not read."
    read = {"test_levels": {"L1": level(0.5)}}
    put(root, "arms/gold", None, {}, 0.9, **read)
    assert told() == "The test split was read for no configurations and for the arm gold."
    for number in range(3):
        put(root, f"{number:04d}", number, {"lora.rank": 4, "seed": number}, 0.8, **read)
    assert told() == "The test split was read for 1 configuration (counted once, with all its seeds) and for the arm gold."
    put(root, "0003", 3, {"lora.rank": 8}, 0.8, **read)
    put(root, "0004", 4, {"lora.rank": 16}, 0.8)
    put(root, "arms/lora", None, {}, 0.9, **read)
    several = "2 configurations (each counted once, with all its seeds) and for the arms gold, lora"
    assert told() == f"The test split was read for {several}."
