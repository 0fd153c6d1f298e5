"""The pages on knowledge: answers pooled over companies and seeds, tuned on dev, judged on test; one experiment for real."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench import beside, knowledge, recipes, sound
from bench.answers import HEALTH, Answers, Company, Experiment, collected, read
from bench.parts import joined
from bench.pooled import FIGURES, foretold, pool, recall
from bench.shapes import ARM as ARM_AXIS
from bench.shapes import RECIPE, SHAPES, Shape
from bench.verdicts import judged, page
from omegaconf import OmegaConf

from sweep import costs
from sweep.arms import KINDS
from sweep.cli.main import conf_dir
from sweep.report.paired import BETTER, NONE, WORSE
from sweep.search.spelling import show
from sweep.track import certificate
from sweep.track.folder import ARM, PREDICTIONS, SEED, STUDY, read_result, read_rows, write_hydra, write_predictions, write_result

FACTS = 30
LEVELS = (1, 2, 3, 4, 5)
Knows = Callable[[Mapping[str, Any], int, int], bool]  # (params, seed, fact) -> right


def company(name: str) -> Company:
    """One question a fact, level and split; the last fact is long."""
    questions = tuple(
        (f"{name}.{fact}.L{level}.{split}", split, level, (f"{name}.{fact}",))
        for level in LEVELS
        for split in ("dev", "test")
        for fact in range(FACTS)
    )
    return Company(name, questions, (f"{name}.{FACTS - 1}",))


def experiment(arms: list[dict[str, Any]], knows: Knows, *, dev: Knows | None = None, tune: tuple[str, ...] = ()) -> Experiment:
    companies = {name: company(name) for name in ("a", "b")}
    found = []
    for one in companies.values():
        for params in arms:
            for seed in range(3):
                right = "".join(
                    "01"[level == 1 or ((dev or knows) if split == "dev" else knows)(params, seed, int(facts[0].split(".")[1]))]
                    for _, split, level, facts in one.questions
                )
                health = {f"L{level}": dict.fromkeys(HEALTH, 0.0) for level in LEVELS}
                found.append(Answers(one.name, params, seed, right, right, {"0": 0.5}, health, 10, 100, 1000))
    about = {"question": "which is it?", "tune": list(tune), "model": "tiny", "commit": "abc", "experiment": "x", "space": {}}
    return Experiment(about, companies, tuple(found))


def recorded(study: Path, number: int, params: dict[str, Any], facts: int, also: str = "") -> None:
    """A completed trial on a company of so many facts, in a study's folder."""
    (study / "set").mkdir(parents=True, exist_ok=True)
    (study / "set/facts.jsonl").write_text('{"fact_id": "f0", "length": "long"}\n', encoding="utf-8")
    place = study / f"{number:04d}"
    write_hydra(place, {"data": {"path": str(study / "set")}, "seed": 0}, [], {})
    shared = {"split": "test", "level": 2, "seed": 0, "epoch": 1, "answer": "", "gold": "", "ended": True, "key_recall": 1.0}
    rows = [{**shared, "qid": f"q{at}{also}", "fact_ids": [f"f{at}"], "grade": "CORRECT", "strict": True} for at in range(facts)]
    write_predictions(place, rows)
    train = {"steps": 1, "tokens": 1, "trainable": 1}
    write_result(place, {"state": "COMPLETE", "params": params, "test_levels": {}, "train": train, "provenance": {}})


def test_trials_of_fewer_facts_are_compared_on_their_questions_and_zipped_axes_are_one(tmp_path: Path) -> None:
    recorded(tmp_path, 0, {"data.facts": 3, "lora.targets": "mlp", "lora.rank": 26}, 3)
    recorded(tmp_path, 1, {"data.facts": 2, "lora.targets": "all", "lora.rank": 16}, 2)
    found = collected(tmp_path, {"space": {"zip": [["lora.targets", "lora.rank"]]}})
    assert [qid for qid, *_ in found.companies["set"].questions] == ["q0", "q1"]
    assert [(one.right, dict(one.params)) for one in found.answers] == [
        ("11", {"data.facts": 3, "lora.targets": "mlp"}),
        ("11", {"data.facts": 2, "lora.targets": "all"}),
    ]


def test_trials_that_were_asked_other_questions_are_not_compared(tmp_path: Path) -> None:
    recorded(tmp_path, 0, {}, 2)
    recorded(tmp_path, 1, {}, 2, also="x")
    with pytest.raises(AssertionError, match="every trial is asked what the one with fewest facts is"):
        collected(tmp_path, {"space": {}})


TARGETS: list[dict[str, Any]] = [{"lora.targets": "attention"}, {"lora.targets": "mlp"}, {"lora.targets": "all"}]


def test_a_difference_on_test_is_found_and_a_likeness_is_not_claimed() -> None:
    def knows(params: Mapping[str, Any], _seed: int, fact: int) -> bool:
        return fact % 2 == 0 or params["lora.targets"] != "attention"

    found = judged(pool(experiment(TARGETS, knows)), SHAPES["layer_ablation_tuned"])
    by_shape = {(one.shape.text, one.level): one for one in found}
    better = by_shape["MLP alone knows more than attention alone", 2]
    assert (better.word, better.verdict, better.found.mean) == (BETTER, "confirmed", 0.5)
    assert (better.found.facts, better.found.questions, len(better.found.by_seed)) == (2 * FACTS, 2 * FACTS, 3)
    same = by_shape["all layers know no more than MLP alone", 2]
    assert (same.word, same.verdict) == (NONE, "not detectable")


def test_an_expectation_is_refuted_where_the_opposite_is_found() -> None:
    found = judged(
        pool(experiment(TARGETS, lambda params, seed, fact: params["lora.targets"] == "attention")),
        SHAPES["layer_ablation_tuned"],
    )
    assert {one.verdict for one in found if one.shape.text.startswith("MLP alone")} == {"refuted"}


def test_of_an_adapter_of_one_seed_nothing_is_claimed_and_the_way_to_the_ceiling_is_told() -> None:
    """What answers alike at every seed may train nothing, as BM25 does, or be of one seed only, as an adapter beside it is."""
    known = {"base": 0, "lora": 3, "bm25_passages": 15, "lora_bm25_passages": 15, "gold": 30}
    made = experiment([{ARM_AXIS: name} for name in known], lambda params, _seed, fact: fact < known[params[ARM_AXIS]])
    told = page("retrieval", replace(made, about={**made.about, "beside": {"a": {name: {} for name in known}}}))
    rows = [line for line in told.splitlines() if line.startswith("| arm=lora | arm=") and "| L2 |" in line]
    assert {row.split(" | ")[1]: row.removesuffix(" |").split(" | ")[-1] for row in rows} == {
        "arm=lora_bm25_passages": "descriptive only"
    }
    (row,) = [line for line in told.splitlines() if line.startswith("| arm=bm25_passages | arm=gold | L2 |")]
    assert row.endswith("| better |")
    assert "| arm=lora | – | 0.10 | 0.10 | 0.10 | 0.10 |" in told, "level 1 is known without training, so it has no way to go"


def test_what_differs_between_companies_is_told_as_a_range() -> None:
    made = experiment([{"lora.rank": 1}, {"lora.rank": 16}, {"lora.rank": 4}, {"lora.rank": 64}], lambda *_: True)
    longer = [replace(one, steps=1088) if one.company == "b" and one.params["lora.rank"] == 4 else one for one in made.answers]
    told = page("rank_ablation", replace(made, answers=tuple(longer)))
    assert "| rank=4 | 1,000 | 10 to 1,088 | 100 |" in told
    assert "| rank=1 | 1,000 | 10 | 100 |" in told


def test_one_seed_that_says_the_opposite_forbids_the_claim() -> None:
    def knows(params: Mapping[str, Any], seed: int, fact: int) -> bool:
        return (params["lora.targets"] == "mlp") == (seed != 2) if fact < 20 else True

    shape = Shape("", "lora.targets", "attention", "mlp", (2,), BETTER, "")
    (found,) = judged(pool(experiment(TARGETS, knows)), [shape])
    assert found.adjusted < 0.05
    assert found.verdict == "not detectable"


def test_tuned_axes_are_chosen_on_dev_and_judged_on_test() -> None:
    arms: list[dict[str, Any]] = [{"lora.rank": rank, "training.learning_rate": rate} for rank in (1, 4) for rate in (0.1, 0.2)]

    def on_dev(params: Mapping[str, Any], _seed: int, fact: int) -> bool:
        return bool(fact < (20 if params["training.learning_rate"] == 0.2 else 10))

    def on_test(params: Mapping[str, Any], _seed: int, fact: int) -> bool:
        return bool(fact < (5 if params["training.learning_rate"] == 0.2 else 25))

    found = pool(experiment(arms, on_test, dev=on_dev, tune=("training.learning_rate",)))
    assert [arm.name for arm in found.arms] == ["rank=1 (learning_rate 0.2)", "rank=4 (learning_rate 0.2)"]
    assert found.sheet(found.arms[0], found.questions(3)).mean == pytest.approx(5 / FACTS)
    assert [(arm.tuned["training.learning_rate"], round(objective, 3)) for arm, objective in found.tried[:2]] == [
        ("0.1", 0.333),
        ("0.2", 0.667),
    ]


def test_a_seed_that_was_cut_off_on_one_company_does_not_count() -> None:
    whole = experiment(TARGETS, lambda params, seed, fact: True)
    cut = tuple(one for one in whole.answers if (one.company, one.seed, one.params["lora.targets"]) != ("b", 2, "mlp"))
    assert pool(Experiment(whole.about, whole.companies, cut)).seeds == (0, 1)
    none = tuple(one for one in whole.answers if one.company == "a" or one.params["lora.targets"] != "mlp")
    with pytest.raises(SystemExit, match="no seed that all configurations completed"):
        pool(Experiment(whole.about, whole.companies, none))


def test_long_facts_stand_apart_and_key_recall_may_be_partial() -> None:
    found = pool(experiment(TARGETS, lambda params, seed, fact: True))
    long, short = found.questions(2, long=True), found.questions(2, long=False)
    assert (len(long), len(short)) == (2, 2 * (FACTS - 1))
    first = [("a", 0)]
    assert found.sheet(found.arms[0], first, recall).mean == 0.5, "the question of that place was answered in part"


def test_level_4_is_foretold_by_its_facts_alone() -> None:
    """Each question of these companies is about one fact: half of the facts known foretell half."""
    found = pool(experiment(TARGETS, lambda params, seed, fact: fact % 2 == 0))
    assert foretold(found, found.arms[0]) == 0.5
    pairs = {
        name: Company(name, tuple((q, s, lv, (*f, f"{name}.1") if lv == 4 else f) for q, s, lv, f in one.questions), one.long)
        for name, one in found.companies.items()
    }
    assert foretold(replace(found, companies=pairs), found.arms[0]) == 0, "none is right together with one that is never known"


def test_an_expectation_without_arms_is_no_dash() -> None:
    with pytest.raises(SystemExit, match=r"got no arms lora.rank=16 and 1"):
        judged(pool(experiment(TARGETS, lambda params, seed, fact: True)), SHAPES["rank_ablation"])
    with pytest.raises(SystemExit, match="no_such: got an experiment without expectations"):
        page("no_such", experiment(TARGETS, lambda params, seed, fact: True))


def test_every_expectation_is_of_an_experiment_that_has_its_page() -> None:
    """The pages beside the answers are what the code makes of them."""
    pages = {file.stem: file for file in knowledge.FOLDER.glob("*_ablation*.md")}
    assert pages.keys() <= SHAPES.keys()
    for name in ("composition_ablation", "rank_ablation"):
        found = read(pages[name].with_suffix(".jsonl"))
        assert pages[name].read_text(encoding="utf-8") == page(name, found, sound.flagged(knowledge.FOLDER, found))


def swept(name: str) -> dict[str, list[str]]:
    """The axes of an experiment and their values as a table shows them."""
    params = OmegaConf.to_container(OmegaConf.load(conf_dir() / "experiment" / f"{name}.yaml")["search"]["params"])
    assert isinstance(params, dict)
    return {
        str(key): ["[" + ",".join(one) + "]" if isinstance(one, list) else show(one) for one in values]
        for key, values in params.items()
        if isinstance(values, list)
    }


EXPERIMENTS = sorted(path.stem for path in (conf_dir() / "experiment").glob("*.yaml"))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_something_was_expected_of_every_experiment(name: str) -> None:
    axes = {**swept(name), "arm": list(KINDS), RECIPE: [recipes.DEFAULT, recipes.FOUND]}
    for shape in SHAPES[name]:
        assert {shape.of, shape.to} <= set(axes[shape.axis]), shape.text
        assert shape.figure in FIGURES


def test_only_experiments_are_expected_of() -> None:
    assert SHAPES.keys() == set(EXPERIMENTS)


LENGTHS: list[dict[str, Any]] = [{"data.answers": style} for style in ("bare", "written", "long")]


def test_lengths_are_judged_by_key_recall_and_the_page_shows_it() -> None:
    """Long answers are all wrong, yet half of their keys are there at every question; the others hold all."""
    whole = experiment(LENGTHS, lambda params, seed, fact: params["data.answers"] != "long")
    halved = {str(at): 0.5 for at in range(len(company("a").questions))}
    partly = [halved if one.params["data.answers"] == "long" else {} for one in whole.answers]
    answers = tuple(replace(one, partly=found) for one, found in zip(whole.answers, partly, strict=True))
    found = judged(pool(replace(whole, answers=answers)), SHAPES["answer_length_ablation"])
    long = [one for one in found if one.shape.to == "long"]
    assert {(one.found.mean, one.word, one.verdict) for one in long} == {(-0.5, WORSE, "confirmed")}
    told = page("answer_length_ablation", replace(whole, answers=answers))
    assert "Key recall: the share of what was asked" in told
    assert "| long answers hide the fact (key recall) | the article |" in told
    assert "| answers=written | answers=long | L2 (key recall) |" in told
    assert "Key recall: the share of what was asked" not in page("layer_ablation", experiment(TARGETS, lambda *_: True))


def test_a_level_that_is_not_asked_has_no_column() -> None:
    arms: list[dict[str, Any]] = [{"data.facts": n, "training.epochs": e} for n in (10, 20, 30) for e in (4, 8, 10, 16)]
    whole = experiment(arms, lambda params, seed, fact: True)
    kept = [at for at, (_, _, level, _) in enumerate(company("a").questions) if level != 4]
    fewer = {name: replace(one, questions=tuple(one.questions[at] for at in kept)) for name, one in whole.companies.items()}
    cut = tuple(replace(one, right=one.right[: len(kept)], strict=one.strict[: len(kept)]) for one in whole.answers)
    found = Experiment(whole.about, fewer, cut)
    assert pool(found).levels == (1, 2, 3, 5)
    assert {objective for _, objective in pool(found).tried} == {1.0}, "the objective is over the levels that are asked"
    told = page("data_size_ablation", found)
    assert "L4" not in told
    assert "| arm | L1 n=60 | L2 n=60 | L3 n=60 | L5 n=60 |" in told


def test_arms_are_asked_with_every_company_and_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    small = [
        "model=tiny",
        "training.epochs=1",
        "evaluation.questions=1",
        "evaluation.max_new_tokens=2",
        "data.kinds=[direct,multi]",
    ]
    one_target = ["lora.targets=mlp", "search.constraints=null"]
    places = ["--companies", "1", "--seeds", "0,1", "--out", str(out), "--work", str(tmp_path / "work")]
    monkeypatch.setattr("sys.argv", ["knowledge", "run", "retrieval", *places, "--words", *small, *one_target])
    assert knowledge.main() == 0
    found = read(out / "retrieval.jsonl")
    asked = {(one.company, one.seed, one.params["arm"]) for one in found.answers}
    assert asked == {(name, seed, arm) for name in found.companies for seed in (0, 1) for arm in KINDS}
    assert len(found.answers) == len(asked)
    for one in found.answers:
        assert (one.steps > 0) == (one.params["arm"] == "lora"), "nothing else is trained for an arm"
    monkeypatch.setattr("sys.argv", ["knowledge", "page", "retrieval", "--out", str(out)])
    assert knowledge.main() == 0
    told = (out / "retrieval.md").read_text(encoding="utf-8")
    assert "| retrieval knows more than the adapter |" in told
    assert "| arm=lora | arm=bm25_passages | L3 |" in told


def test_a_search_is_worth_what_its_recipe_is_beside_the_default_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    asked = ["evaluation.questions=1", "evaluation.max_new_tokens=2", "evaluation.costs=[drift]"]
    tiny = ["model=tiny", "data.kinds=[multi]", *asked]
    few = ["search.n_trials=2", "search.seeds=[0]", "search.pruner=none", "search.confirm={top: 1, seeds: 2}"]
    fixed = ["lora.targets=mlp", "lora.lm_head=false", "lora.alpha_over_rank=1", "lora.dropout=0", "training.learning_rate=1e-3"]
    axes = [
        *fixed,
        "training.epochs=1",
        "training.batch_size=4",
        "data.paraphrases=0",
        "lora.rank=2,4",
        "search.constraints=null",
    ]
    places = ["--companies", "2", "--out", str(out), "--work", str(tmp_path / "work")]
    words = ["--words", *tiny, "--search", *few, *axes]
    monkeypatch.setattr("sys.argv", ["knowledge", "run", "hyperparameters", *places, *words])
    assert knowledge.main() == 0
    found = read(out / "hyperparameters.jsonl")
    both = {(name, recipe, seed) for name in found.companies for recipe in (recipes.DEFAULT, recipes.FOUND) for seed in (1, 2)}
    assert {(one.company, one.params["recipe"], one.seed) for one in found.answers} == both, "with the same fresh seeds"
    assert len(found.answers) == len(both)
    assert {split for one in found.companies.values() for _, split, *_ in one.questions} == {"test"}
    assert all(one.steps for one in found.answers)
    assert {one["lora.rank"] for one in found.about["recipes"].values()} <= {2, 4}
    assert all(costs.KL in one.costs for one in found.answers), "what training did beside teaching is told of both recipes"
    monkeypatch.setattr("sys.argv", ["knowledge", "page", "hyperparameters", "--out", str(out)])
    assert knowledge.main() == 0
    told = (out / "hyperparameters.md").read_text(encoding="utf-8")
    assert "| recipe=default | recipe=found | L2 |" in told
    assert "## What the search chose" in told
    assert "search.n_trials=2" in told, "the page tells the words that it takes to repeat it"


def test_companies_that_run_at_once_share_the_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = dict[str, str]()

    def started(typed: list[str], env: dict[str, str], **_: object) -> subprocess.CompletedProcess[bytes]:
        (company,) = (word.rpartition("/")[2] for word in typed if word.startswith("data.path="))
        seen[company] = env["CUDA_VISIBLE_DEVICES"]
        return subprocess.CompletedProcess(typed, 1)

    monkeypatch.setattr("bench.filling.subprocess.run", started)
    places = ["--companies", "3", "--out", str(tmp_path), "--work", str(tmp_path / "work")]
    monkeypatch.setattr("sys.argv", ["knowledge", "run", "hyperparameters", "--gpus", "4,6", *places])
    assert knowledge.main() == 1, "no sweep ended"
    assert seen.keys() == {"larkspur", "dunmarrow", "pellinore"}
    assert sorted(seen.values()) == ["4", "4", "6"]
    monkeypatch.setattr("sys.argv", ["knowledge", "run", "layer_ablation", "--gpus", "4,6", *places])
    with pytest.raises(SystemExit, match="got 4,6, but layer_ablation is one study"):
        knowledge.main()


def test_a_page_tells_figures_without_what_its_base_cannot_be_measured_with() -> None:
    """A quarter of the facts is flagged, the very ones by which the arms differ."""
    whole = experiment(TARGETS, lambda params, seed, fact: params["lora.targets"] != "attention" or fact >= 8)
    asked = [(name, qid, int(qid.split(".")[1])) for name, one in whole.companies.items() for qid, *_ in one.questions]
    left = frozenset((name, qid) for name, qid, fact in asked if fact < 8)
    told = page("layer_ablation", whole, left)
    assert "80 of 300 test questions are flagged" in told
    assert "| arm | L1 n=44 | L2 n=44 |" in told
    assert "| targets=attention | targets=mlp | L2 | better, +0.27 | no detectable difference, +0.00 |" in told
    some = frozenset((name, qid) for name, qid, fact in asked if fact < 1)
    assert "Every verdict of this page is the same over them." in page("layer_ablation", whole, some)
    assert "flagged" not in page("layer_ablation", whole)
    held = replace(whole, about={**whole.about, "space": {"quantization.kind": ["none", "int8", "nf4"]}})
    assert "flagged: one of the 3 untouched bases answers them untaught" in page("layer_ablation", held, left)


RANKS: list[dict[str, Any]] = [{"lora.rank": rank, "training.learning_rate": rate} for rank in (1, 4) for rate in (0.1, 0.2)]


def grid(knows: Knows) -> Experiment:
    """Two axes, one of them tuned, as a run tells of it."""
    whole = experiment(RANKS, knows, tune=("training.learning_rate",))
    space = {"lora.rank": [1, 4], "training.learning_rate": [0.1, 0.2], "data.path": ["a", "b"]}
    return replace(whole, about={**whole.about, "space": space, "words": ["evaluation.costs=[]"]})


def test_parts_that_ran_apart_are_one_experiment() -> None:
    """The first part lacks rank 4 at its second rate, on one company; the second part had its rank fixed."""
    whole = grid(lambda params, seed, fact: fact % 2 == 0)
    last = {"lora.rank": 4, "training.learning_rate": 0.2}
    cut = [one for one in whole.answers if (dict(one.params), one.company) != (last, "b")]
    rest = [
        replace(one, params={"training.learning_rate": 0.2}, right="1" * len(one.right))
        for one in whole.answers
        if one.params == last
    ]
    part = replace(whole, answers=tuple(rest), about={**whole.about, "space": {}, "words": ["lora.rank=4"]})
    found = joined([replace(whole, answers=tuple(cut)), part])
    assert {(one.arm, one.company, one.seed) for one in found.answers} == {(o.arm, o.company, o.seed) for o in whole.answers}
    assert found.about["left_out"] == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.verdicts.SHAPES", {"x": (Shape("", "lora.rank", "1", "4", (2,), NONE, ""),)})
        assert (
            "* Joined of 2 parts that ran apart (`bench.knowledge join`), with these words: evaluation.costs=[]; lora.rank=4."
            in page("x", found)
        )
    taken = {one.company for one in found.answers if dict(one.params) == last and "0" not in one.right}
    assert taken == {"b"}, "what both trained is of the first part"
    assert [arm.params for arm in pool(found).arms] == [{"lora.rank": "1"}, {"lora.rank": "4"}]


def test_parts_may_each_have_a_share_of_an_axis() -> None:
    whole = grid(lambda params, seed, fact: True)
    shares = [
        replace(
            whole,
            answers=tuple(one for one in whole.answers if one.params["lora.rank"] == rank),
            about={**whole.about, "space": {**whole.about["space"], "lora.rank": [rank]}, "words": [f"lora.rank={rank}"]},
        )
        for rank in (1, 4)
    ]
    found = joined(shares)
    assert (found.about["space"], found.about["left_out"]) == (whole.about["space"], [])
    assert len(found.answers) == len(whole.answers)


def test_a_point_that_no_part_has_whole_is_left_out_and_told() -> None:
    whole = grid(lambda params, seed, fact: True)
    left = {"lora.rank": 4, "training.learning_rate": 0.2}
    cut = replace(whole, answers=tuple(one for one in whole.answers if (dict(one.params), one.company) != (left, "b")))
    none = replace(whole, answers=tuple(one for one in whole.answers if dict(one.params) != left))
    for part in (cut, none):
        found = joined([part])
        assert found.about["left_out"] == ["rank=4 learning_rate=0.2"]
        assert pool(found).seeds == (0, 1, 2)
    of = {"rank_alpha_ablation": (Shape("", "lora.rank", "1", "4", (2,), NONE, ""),)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.verdicts.SHAPES", of)
        told = page("rank_alpha_ablation", found)
    assert "* Left out, since not every company was trained with it: rank=4 learning_rate=0.2." in told


def test_parts_of_unlike_runs_are_refused() -> None:
    whole = grid(lambda params, seed, fact: True)
    with pytest.raises(SystemExit, match="commit: got abc and def, expected parts that agree in it"):
        joined([whole, replace(whole, about={**whole.about, "commit": "def"})])
    fewer = replace(whole.companies["a"], questions=whole.companies["a"].questions[1:])
    with pytest.raises(SystemExit, match="a: got other questions in another part"):
        joined([whole, replace(whole, companies={**whole.companies, "a": fewer})])


def test_companies_are_certified_once_for_all_pages_of_their_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, tiny = tmp_path / "out", ["model=tiny", "evaluation.max_new_tokens=2"]
    monkeypatch.setattr(sound, "MOST", 1)
    places = ["--companies", "1", "--out", str(out), "--work", str(tmp_path / "work"), "--commit", "abc1234"]
    monkeypatch.setattr("sys.argv", ["knowledge", "certify", "layer_ablation", *places, "--words", *tiny])
    assert knowledge.main() == 0
    (file,) = out.glob("certified/general/larkspur/*.json")
    marks = certificate.read(file)
    assert (marks.about["commit"], marks.about["model"]) == ("abc1234", "tiny")
    asked = tuple((qid, "test", mark.level, ("f",)) for qid, mark in marks.marks.items())
    tiny_one = {"space": {}, "model": "tiny"}
    found = Experiment(tiny_one, {"larkspur": Company("larkspur", asked[:3], ())}, ())
    assert sound.flagged(out, found) == frozenset(("larkspur", qid) for qid, *_ in asked[:3]), (
        "a random model cannot be measured with any"
    )
    other = Experiment(tiny_one, {"larkspur": Company("larkspur", (("no_such", "test", 1, ("f",)),), ())}, ())
    assert sound.flagged(out, other) is None
    assert sound.flagged(out, replace(found, about={**tiny_one, "quantization": "int8"})) is None
    assert sound.flagged(out, replace(found, about={**tiny_one, "model": "hf"})) is None
    assert sound.flagged(out, replace(found, about={**tiny_one, "space": {"quantization": ["none", "nf4"]}})) is None
    two = replace(found, about={**tiny_one, "space": {"quantization.kind": ["none", "nf4"]}})
    assert sound.flagged(out, two) is None, "one of two bases is certified"
    (first, *_), held = marks.marks, replace(marks, about={**marks.about, "quantization": "nf4"})
    certificate.write(
        file, replace(marks, marks={qid: certificate.Mark(one.level, "0", "1") for qid, one in marks.marks.items()})
    )
    certificate.write(file.with_name("nf4.json"), replace(held, marks={**held.marks, first: certificate.Mark(1, "0", "1")}))
    assert sound.flagged(out, found) == frozenset()
    assert sound.flagged(out, two) == frozenset(("larkspur", qid) for qid, *_ in asked[1:3]), "by either base"


def test_an_experiment_runs_and_comes_back_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, work = tmp_path / "out", tmp_path / "work"
    words = [
        "model=tiny",
        "training.epochs=1",
        "evaluation.questions=2",
        "evaluation.max_new_tokens=4",
    ]
    places = ["--companies", "2", "--seeds", "0,1", "--out", str(out), "--work", str(work)]
    monkeypatch.setattr("sys.argv", ["knowledge", "run", "false_premise_ablation", *places, "--words", *words])
    assert knowledge.main() == 0
    found = read(out / "false_premise_ablation.jsonl")
    assert len(found.companies) == 2
    assert len(found.answers) == 2 * 2 * 2
    assert {len(one.right) for one in found.answers} == {len(one.questions) for one in found.companies.values()} == {2 * 2 * 5}
    assert {key for one in found.answers for key in one.params} == {"data.kinds"}
    assert str(tmp_path) not in json.dumps(found.about), "a result names companies, and no folder of a machine"
    monkeypatch.setattr("sys.argv", ["knowledge", "page", "false_premise_ablation", "--out", str(out)])
    assert knowledge.main() == 0
    told = (out / "false_premise_ablation.md").read_text(encoding="utf-8")
    assert "**Descriptive only**: 2 seeds" in told
    assert "| false premises cost the other levels nothing |" in told


def test_arms_beside_the_best_trial_stand_under_each_of_its_seeds(tmp_path: Path) -> None:
    recorded(tmp_path, 0, {"lora.targets": "mlp"}, 2)
    place, levels = tmp_path / "0000", {"L2": {"strict": 1.0, "key_recall": 1.0}}
    body = read_result(place)
    assert body is not None
    for seed in (0, 1):
        own = place / f"s{seed}"
        write_hydra(own, {"data": {"path": str(tmp_path / "set")}, "seed": seed}, [], {})
        write_predictions(own, list(read_rows(place / PREDICTIONS)))
        write_result(own, {**body, "number": 0, "params": {"seed": seed}, "levels": levels}, SEED)
        (own / "adapter").mkdir()
    write_result(place, {**body, "number": 0, "levels": levels, "seeds": [0, 1]})
    base = tmp_path / "arms/base"
    write_hydra(base, {"data": {"path": str(tmp_path / "set")}, "seed": 0}, [], {})
    write_predictions(base, [{**row, "grade": "INCORRECT", "strict": False} for row in read_rows(place / PREDICTIONS)])
    cost = {"seconds_an_answer": 0.25, "peak_bytes": 2e9}
    recall = {"L2": {"recall_at_1": 0.5, "recall_at_k": 1.0}}
    write_result(base, {**body, "params": {}, "train": cost, "test_levels": recall}, ARM)
    search = {"objective": "macro", "objective_levels": [2], "measure": "strict", "constraints": None}
    (tmp_path / STUDY).write_text(json.dumps({"config": {"search": search}}), encoding="utf-8")

    found = beside.collected({"acorn": tmp_path}, {"tune": []})
    assert [(one.params["arm"], one.seed, one.right) for one in found.answers] == [
        ("lora", 0, "11"),
        ("base", 0, "00"),
        ("lora", 1, "11"),
        ("base", 1, "00"),
    ]
    assert list(found.companies) == ["acorn"]
    assert list(beside.table(found.about["beside"]))[-1].split("\n")[-1] == "| arm=base | 0.2500 | 2.0 | 0.50 | 1.00 |"
