"""Everything in conf/: each experiment and each option composes, and the keys there are the fields of Config."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from sweep import preflight
from sweep.cli.compose import container, request
from sweep.cli.main import VERSION_BASE, conf_dir
from sweep.config import Config, flat_keys, plain
from sweep.errors import Fault
from sweep.request import Request
from sweep.search.samplers import plan
from sweep.search.space import Point, overrides
from sweep.search.spelling import means

CONF = conf_dir()
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
MODELS = sorted(path.stem for path in (CONF / "model").glob("*.yaml"))
GROUPS = sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name != "experiment")
GIVEN = {"hf": ("model.source=owner/name",), "folder": ("data.path=larkspur_en",)}  # what an option leaves to be given
LONGER = {"article": ("training.max_length=384",)}  # the tiny tokenizer cuts Japanese into bytes
BLOCKS = ("model", "training")  # what a model's file sets


@pytest.fixture(scope="module")
def loader() -> Iterator[ConfigLoader]:
    with initialize_config_dir(config_dir=str(CONF), version_base=VERSION_BASE):
        yield GlobalHydra.instance().config_loader()


def compose(loader: ConfigLoader, *words: str) -> DictConfig:
    return loader.load_configuration("config", list(words), RunMode.MULTIRUN)


@pytest.fixture(scope="module", params=EXPERIMENTS)
def experiment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def asked(loader: ConfigLoader, experiment: str) -> Request:
    """The experiment on the tiny model, as the plug-in hands it on."""
    words = [f"+experiment={experiment}", "model=tiny", *LONGER.get(experiment, ())]
    return request(compose(loader, *words), loader, words)


@pytest.fixture(scope="module")
def configs(asked: Request) -> list[Config]:
    """The configuration of each point; where they cannot be counted, of each value and end of each axis."""
    return [asked.compose(overrides(point)) for point in _points(asked)]


def _points(asked: Request) -> list[Point]:
    return list(asked.space.points() if asked.space.discrete else asked.space.edges())


def test_there_is_an_experiment_to_look_at() -> None:
    assert {"layer_ablation", "layer_ablation_tuned", "rank_ablation", "learning_rate_ablation", "epoch_ablation"} <= set(
        EXPERIMENTS
    )


def test_an_experiment_is_a_question_and_a_difference(experiment: str) -> None:
    lines = (CONF / "experiment" / f"{experiment}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# @package _global_"
    assert lines[1].startswith("# Question: ")
    assert lines[1].endswith("?")
    assert len(lines) <= 25


def test_every_point_of_an_experiment_is_a_configuration_of_its_own(
    asked: Request, configs: list[Config], experiment: str
) -> None:
    points = _points(asked)
    assert len(points) > 1
    assert len(points) == asked.space.size or not asked.space.discrete
    for point, config in zip(points, configs, strict=True):
        asked_for = {key: one(plain(config), key) for key in point}
        assert all(means(value, asked_for[key]) for key, value in point.items()), (
            "the value that was asked for is the value that is used"
        )
    assert len({str(plain(config)) for config in configs}) == len(points) or not asked.space.discrete
    assert asked.question
    assert asked.base.tracking.experiment == experiment


def test_every_point_of_an_experiment_can_start(asked: Request, configs: list[Config], experiment: str) -> None:
    if experiment == "depth_ablation":
        with pytest.raises(Fault, match="got middle; expected all"):
            preflight.check(configs)  # two blocks have no thirds
        return
    preflight.check(configs)
    trials = plan(asked.space, asked.base.search.sampler, asked.base.search.n_trials).n_trials
    assert trials == (asked.space.size if asked.space.discrete else asked.base.search.n_trials)


def test_tuned_axes_are_axes(asked: Request) -> None:
    assert set(asked.base.search.tune) <= {axis.key for axis in asked.space.axes}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_composes_with_every_experiment(loader: ConfigLoader, asked: Request, experiment: str, model: str) -> None:
    words = [f"+experiment={experiment}", f"model={model}", *GIVEN.get(model, ())]
    got = request(compose(loader, *words), loader, words)
    assert got.base.model.name == model
    assert got.space == asked.space
    others = {key: value for key, value in plain(got.base).items() if key not in BLOCKS}
    assert others == {key: value for key, value in plain(asked.base).items() if key not in BLOCKS}


def test_only_an_experiment_with_a_tuned_version_names_a_fair_one(asked: Request, experiment: str) -> None:
    if experiment == "layer_ablation":
        assert asked.fair is not None
        assert asked.fair.command == "python -m sweep +experiment=layer_ablation_tuned -m model=tiny"
        assert asked.fair.trials == 27
    else:
        assert asked.fair is None


@pytest.mark.parametrize(
    ("fixed", "trials"), [("training.learning_rate=1e-3", 9), ("seed=3", 27), ("lora.targets=mlp", 9), ("lora.rank=4", 27)]
)
def test_the_fair_version_keeps_what_was_fixed(loader: ConfigLoader, fixed: str, trials: int) -> None:
    words = ["+experiment=layer_ablation", "model=tiny", fixed]
    fair = request(compose(loader, *words), loader, words).fair
    assert fair is not None
    assert fair.command == f"python -m sweep +experiment=layer_ablation_tuned -m model=tiny {fixed}"
    assert fair.trials == trials


def test_a_rule_that_the_fair_version_cannot_keep_leaves_none(loader: ConfigLoader) -> None:
    words = ["+experiment=layer_ablation", "model=tiny", "search.zip=[[lora.targets,training.epochs]]", "training.epochs=2,4,8"]
    got = request(compose(loader, *words), loader, words)
    assert got.space.size == 3
    assert got.fair is None


def test_what_the_command_line_fixes_is_said(loader: ConfigLoader) -> None:
    when = "+search.when={lora.lr_ratio_b:{lora.targets:all}}"
    words = ["+experiment=layer_ablation", "model=tiny", "lora.targets=mlp", "lora.lr_ratio_b=1,4", "seed=0,1", when]
    got = request(compose(loader, *words), loader, words)
    assert got.space.keys == ("seed",)
    assert got.notes == (
        "lora.targets is fixed on the command line and not swept",
        "lora.lr_ratio_b is not swept: with what is fixed on the command line, search.when leaves it out",
    )


@pytest.mark.parametrize("group", GROUPS)
def test_options_of_a_group_declare_the_same_keys(group: str) -> None:
    options = {path.stem: flat_keys(loaded(path)) for path in sorted((CONF / group).glob("*.yaml"))}
    first = next(iter(options.values()))
    assert first
    for name, keys in options.items():
        mine = [key for key in keys if key != "training.precision"]  # tiny alone is always fp32
        assert set(mine) == {key for key in first if key != "training.precision"}, name


@pytest.mark.parametrize(
    ("group", "option"), [(path.parent.name, path.stem) for path in sorted(CONF.glob("*/*.yaml")) if path.parent.name in GROUPS]
)
def test_every_option_composes(loader: ConfigLoader, group: str, option: str) -> None:
    words = [f"{group}={option}", *GIVEN.get(option, ())]
    got = request(compose(loader, *words), loader, words).base
    declared = loaded(CONF / group / f"{option}.yaml")
    body = plain(got) if group == "model" else {group: plain(got)[group]}
    for key in leaves(declared if group == "model" else {group: declared}):
        expected = one(declared if group == "model" else {group: declared}, key)
        assert expected in ("???", one(body, key)), key


def test_keys_of_the_defaults_are_the_fields_of_config_and_none_is_missing(loader: ConfigLoader) -> None:
    assert set(keys_of(container(compose(loader)))) == set(fields_of(Config))


def test_a_difference_between_keys_and_fields_would_be_seen(loader: ConfigLoader) -> None:
    body = copy.deepcopy(container(compose(loader)))
    del body["data"]["mix"]["rows"]
    body["lora"]["new"] = 1
    assert set(keys_of(body)) ^ set(fields_of(Config)) == {"data.mix.rows", "lora.new"}


def keys_of(body: dict[str, Any]) -> list[str]:
    """Its keys, but not the entries of a group that a user fills."""
    return [key for key in flat_keys(body) if not key.startswith("search.constraints.")]


def loaded(path: Path) -> dict[str, Any]:
    body = OmegaConf.to_container(OmegaConf.load(path))
    assert isinstance(body, dict)
    return {str(key): value for key, value in body.items()}


def one(body: Any, key: str) -> Any:
    for part in key.split("."):
        body = body[part]
    return body


def leaves(body: dict[str, Any]) -> list[str]:
    return [key for key in flat_keys(body) if not isinstance(one(body, key), dict)]


def fields_of(cls: Any, prefix: str = "") -> list[str]:
    """Every dotted key of a tree of dataclasses, inner nodes among them."""
    found = []
    for name, hint in get_type_hints(cls).items():
        found.append(f"{prefix}{name}")
        if dataclasses.is_dataclass(hint):
            found += fields_of(hint, f"{prefix}{name}.")
    return found


def test_a_point_is_composed_once(loader: ConfigLoader, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for when the space is checked and again when its trial starts; Hydra takes a fifth of a second each time."""
    words = ["model=tiny", "lora.rank=2,4"]
    asked, whole, composed = request(compose(loader, *words[:1]), loader, words), loader.load_sweep_config, list[list[str]]()

    def counted(master: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        composed.append(sweep_overrides)
        return whole(master, sweep_overrides)

    monkeypatch.setattr(loader, "load_sweep_config", counted)
    points = [overrides(point) for point in _points(asked)]
    first, second = ([asked.compose(point) for point in points] for _ in range(2))
    assert [config.lora.rank for config in first] == [config.lora.rank for config in second] == [2, 4]
    assert len(composed) == 2
