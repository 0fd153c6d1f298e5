"""The next experiment: which rule speaks, what is typed, and how much it asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.studies import Written, questions

from sweep.report import comparison, contents
from sweep.report.following import ABOUT, Following, following

FREE = "search.constraints=null"
CONF = Path(__file__).resolve().parents[2] / "conf" / "experiment"


def told(written: Written) -> Following:
    found = contents.read(written.root)
    best = found.best
    assert best is not None
    rival = next((one for one in found.trained if one is not best), None)
    return following(found, best, None if rival is None else comparison.gap(found, best, rival))


def study(tmp_path: Path, facts: int = 40, **about: object) -> Written:
    return Written(tmp_path / "study", questions(facts, levels=(2,)), (FREE,), dict(about))


def test_a_confirmation_that_was_cut_off_goes_on_first(tmp_path: Path) -> None:
    about = {"experiment": "rank_ablation", "overrides": ["search.confirm.top=1"]}
    written = Written(tmp_path / "study", questions(40, levels=(2,)), (FREE, "search.confirm.top=1"), about)
    for number, (rank, chance) in enumerate([(4, 0.2), (8, 0.5), (16, 1.0)]):
        written.trial(number, {"lora.rank": rank}, chance)
    found = told(written)
    assert found.why.startswith("The confirmation of this study is not over")
    assert found.command == "python -m sweep +experiment=rank_ablation search.confirm.top=1 -m"


def test_a_best_value_at_the_edge_is_gone_beyond(tmp_path: Path) -> None:
    written = study(tmp_path, experiment="rank_ablation", overrides=["training.epochs=4", "lora.rank=4,8,16"])
    for number, (rank, chance) in enumerate([(4, 0.2), (8, 0.5), (16, 1.0)]):
        written.trial(number, {"lora.rank": rank}, chance)
    found = told(written)
    assert found.why.startswith("lora.rank: 16 is the highest value tried")
    assert found.command == "python -m sweep +experiment=rank_ablation training.epochs=4 lora.rank=16,32,64 -m"


def test_without_a_winner_training_gets_longer_than_it_was(tmp_path: Path) -> None:
    written = study(tmp_path, overrides=["training.epochs=16"])
    for number, epochs in enumerate((8, 16)):
        written.trial(number, {"training.epochs": epochs}, 0.5)
    found = following(contents.read(written.root), None, None)
    assert found.command == "python -m sweep training.epochs=32,64 -m"


def test_an_untuned_learning_rate_comes_next(tmp_path: Path) -> None:
    written = study(tmp_path, space={"lora.targets": ["mlp", "all"]})
    for number, (targets, chance) in enumerate([("mlp", 0.2), ("all", 0.9)]):
        written.trial(number, {"lora.targets": targets}, chance)
    found = told(written)
    assert found.why.startswith("One learning rate was used for all arms")
    rates = "training.learning_rate=0.005,0.01,0.02 'search.tune=[training.learning_rate]'"
    assert found.command == f"python -m sweep lora.targets=mlp,all {rates} -m"


def test_a_rival_that_is_as_good_asks_for_more_seeds(tmp_path: Path) -> None:
    written = study(tmp_path, space={"training.learning_rate": [0.001, 0.002]})
    for number, rate in enumerate((0.001, 0.002)):
        written.trial(number, {"training.learning_rate": rate}, 0.7)
    found = told(written)
    assert "cannot be told apart" in found.why
    assert "'search.seeds=[0,1,2,3,4,5]'" in found.command
    assert "now 40 and 40" in found.size
    assert "6 seeds" in found.size


def test_the_weakest_level_has_an_experiment(tmp_path: Path) -> None:
    written = Written(tmp_path / "study", questions(40, levels=(2, 4)), (FREE,))
    written.trial(0, {}, 0.2)
    found = told(written)
    assert found.why.startswith(("L2 is the weakest", "L4 is the weakest"))
    assert found.command.removeprefix("python -m sweep +experiment=").removesuffix(" -m") in {name for name, _ in ABOUT.values()}


@pytest.mark.parametrize("level", list(ABOUT))
def test_every_experiment_that_is_named_exists(level: str) -> None:
    assert (CONF / f"{ABOUT[level][0]}.yaml").is_file()


def test_what_is_good_and_alone_is_confirmed(tmp_path: Path) -> None:
    written = study(tmp_path)
    written.trial(0, {}, 0.95)
    assert "search.confirm.top=3 search.confirm.seeds=6" in told(written).command


def test_more_facts_are_asked_for_where_few_show_little(tmp_path: Path) -> None:
    """The detectable difference shrinks with the root of the number of facts."""
    sizes = []
    for facts in (40, 160):
        written = Written(tmp_path / f"{facts}", questions(facts, levels=(2,)), (FREE,))
        for number in (0, 1):
            written.trial(number, {"lora.rank": 4 + number}, 0.7)
        sizes.append(int(told(written).size.partition("about ")[2].partition(" ")[0]))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.35), "the same spread needs the same number, however many were asked"
    assert min(sizes) > 160
