"""Long and short facts beside each other, from answers to a company of both that the real scorer graded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tests.report.studies import Written

from sweep.data import files
from sweep.data.records import EvalItem
from sweep.evaluate import ladder
from sweep.evaluate.generation import Answer
from sweep.report import contents, page
from sweep.report.lengths import lengths

DATASET = files.load("kirisagi_en")
FREE = "search.constraints=null"


def is_long(item: EvalItem) -> bool:
    return any(fact.length == "long" for fact in DATASET.facts_of(item))


def asked(*levels: int, split: str = "dev") -> list[EvalItem]:
    return [item for level in levels for item in DATASET.items(level, split)]


def result(items: Collection[EvalItem], known: Collection[str]) -> dict[str, Any]:
    """Of a trial that has the right answer to these questions, and none to others: figures and rows as a Worker records them."""
    said = [Answer(item.gold if item.qid in known else "I do not know.", True, 9) for item in items]
    graded = ladder.grade(DATASET, list(items), said)
    dev, test = ladder.by_split(graded)
    return {"levels": dev, "test_levels": test, "rows": [one.row(seed=0, epoch=4) for one in graded]}


def study(root: Path, *words: str) -> Written:
    return Written(root, [], (FREE, "data=kirisagi_en", *words))


def long_ones(items: Collection[EvalItem]) -> list[str]:
    return [item.qid for item in items if is_long(item)]


def short_ones(items: Collection[EvalItem]) -> list[str]:
    return [item.qid for item in items if not is_long(item)]


def test_key_recall_of_both_stands_beside_each_other_with_its_n(tmp_path: Path) -> None:
    items = asked(1, 2)
    level2 = asked(2)
    long, short = long_ones(level2), short_ones(level2)
    assert len(long) == 4 < len(short)
    written = study(tmp_path / "study")
    written.arm("base", 0.0, **result(items, ()))
    written.trial(0, {"lora.rank": 4}, 0.0, **result(items, [*short, long[0]]))
    found = lengths(contents.read(written.root))
    assert found is not None
    head, base, trained = found.lines
    assert head == ["arm", "L1 long", "L1 short", "L2 long", "L2 short"]
    assert base[0] == "base"
    assert base[3:] == ["0.00 (n=4)", f"0.00 (n={len(short)})"]
    assert trained[0] == "rank=4"
    assert trained[3:] == ["0.25 (n=4)", f"1.00 (n={len(short)})"]
    facts = {fact.fact_id for item in items for fact in DATASET.facts_of(item) if fact.length == "long"}
    assert found.told.endswith(f"Descriptive: no test was made; long facts asked for: {len(facts)}.")


def test_seeds_are_averaged_and_n_is_that_of_one(tmp_path: Path) -> None:
    items = asked(2)
    long = long_ones(items)
    written = study(tmp_path / "study")
    for seed, known in enumerate((long, long[:2])):
        written.trial(seed, {"lora.rank": 4, "seed": seed}, 0.0, **result(items, known))
    found = lengths(contents.read(written.root))
    assert found is not None
    assert [line[1] for line in found.lines] == ["L2 long", "0.75 (n=4)"]


def test_it_is_read_of_the_split_that_the_accuracy_table_shows(tmp_path: Path) -> None:
    items = [*asked(2), *asked(2, split="test")]
    test = long_ones(asked(2, split="test"))
    written = study(tmp_path / "study")
    written.trial(0, {"lora.rank": 4}, 0.0, **result(items, test))
    found = lengths(contents.read(written.root))
    assert found is not None
    assert found.told.startswith("Key recall on test ")
    assert found.lines[1][1] == f"1.00 (n={len(test)})", "on dev it knows none"


def test_an_arm_that_was_not_asked_a_level_has_no_figure_there(tmp_path: Path) -> None:
    written = study(tmp_path / "study")
    written.arm("base", 0.0, **result(asked(2), ()))
    written.trial(0, {"lora.rank": 4}, 0.0, **result(asked(1, 2), ()))
    found = lengths(contents.read(written.root))
    assert found is not None
    assert found.lines[1][1:3] == ["–", "–"]
    assert found.lines[2][1] == f"0.00 (n={len(long_ones(asked(1)))})"


def test_where_all_facts_are_short_nothing_of_it_is_on_the_page(tmp_path: Path) -> None:
    for name, items in (("short", [item for item in asked(2) if not is_long(item)]), ("both", asked(2))):
        written = study(tmp_path / name)
        written.trial(0, {"lora.rank": 4}, 0.0, **result(items, ()))
        html = page.write(written.root).read_text(encoding="utf-8")
        markdown = (written.root / "report.md").read_text(encoding="utf-8")
        wanted = int(name == "both")
        assert html.count("<h2>Long and short facts</h2>") == html.count('id="lengths-table"') == wanted
        assert markdown.count("## Long and short facts") == markdown.count("| L2 long | L2 short |") == wanted
        if wanted:
            places = [html.index(f'<section id="{part}"') for part in ("levels", "plots", "lengths", "cost")]
            assert places == sorted(places)


def test_without_its_data_set_the_figures_stay_and_the_number_of_facts_is_left_out(tmp_path: Path) -> None:
    shutil.copytree(DATASET.folder, tmp_path / "set")
    written = study(tmp_path / "study", f"data.path={tmp_path / 'set'}")
    written.trial(0, {"lora.rank": 4}, 0.0, **result(asked(2), ()))
    before = lengths(contents.read(written.root))
    shutil.rmtree(tmp_path / "set")
    after = lengths(contents.read(written.root))
    assert before is not None
    assert after is not None
    assert before.lines == after.lines
    assert before.told == after.told.removesuffix(".") + "; long facts asked for: 4."


def test_a_study_from_before_long_facts_were_recorded_is_read(tmp_path: Path) -> None:
    written = study(tmp_path / "study")
    written.trial(0, {"lora.rank": 4}, 0.0, **result(asked(2), ()))
    file = written.root / "0000" / "result.json"
    body = json.loads(file.read_text(encoding="utf-8"))
    del body["levels"]["L2"]["n_long"]
    file.write_text(json.dumps(body), encoding="utf-8")
    assert lengths(contents.read(written.root)) is None
