"""What a configuration that is to run must keep between its keys, each of which is well formed (`sweep.config`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sweep import goals, graders
from sweep.config import Config, SearchConfig, read_plain
from sweep.errors import ConfigFault, raise_all


def read(container: Mapping[str, Any]) -> Config:
    """The typed configuration behind a resolved, plain container (without its `hydra` node).

    Raises: ConfigFault with every unknown, missing, mistyped or out-of-range key, each as `key: got X, expected Y`; or, where
    there is none, with everything that is wrong between keys.
    """
    config = read_plain(container)
    raise_all(ConfigFault, _across_keys(config))
    return config


def _across_keys(config: Config) -> list[str]:
    """What is wrong between keys that are each well formed."""
    faults = []
    if config.prompt.template != "chat" and "{question}" not in config.prompt.template:
        faults.append(f"prompt.template: got {config.prompt.template!r}, expected `chat` or a text with {{question}} in it")
    if config.prompt.system and config.prompt.template != "chat" and "{system}" not in config.prompt.template:
        faults.append("prompt.system: got a text, but prompt.template has no {system} to put it")
    if not config.evaluation.levels:
        faults.append("evaluation.levels: got an empty list, expected some of 1 to 5")
    if "dev" not in config.evaluation.splits:
        got = list(config.evaluation.splits)
        faults.append(f"evaluation.splits: got {got}, expected dev among them (the objective reads it)")
    asked = config.evaluation
    lists: dict[str, tuple[object, ...]] = {
        "levels": asked.levels,
        "splits": asked.splits,
        "arms": asked.arms,
        "costs": asked.costs,
    }
    faults += [
        f"evaluation.{name}: got {list(got)}, expected each once" for name, got in lists.items() if len(set(got)) < len(got)
    ]
    template = asked.retrieval.template
    if template is not None and not ("{context}" in template and "{question}" in template):
        faults.append(f"evaluation.retrieval.template: got {template!r}, expected a text with {{context}} and {{question}} in it")
    faults += graders.faults(asked.judge.url, asked.judge.model)
    faults += _objective(config.search, asked.levels) if asked.levels else []
    faults += _seeds(config)
    if config.data.mix.rows and config.data.mix.path is None:
        rows = config.data.mix.rows
        faults.append(f"data.mix.path: got null, expected a JSONL file or en or ja, since data.mix.rows is {rows}")
    faults += _packed(config) if config.training.engine == "packed" else []
    if config.search.pruner != "none" and config.evaluation.rung_questions == 0:
        pruner = config.search.pruner
        faults.append(f"search.pruner: got {pruner}, but evaluation.rung_questions is 0: nothing is measured at an epoch's end")
    if config.search.signal == "log_likelihood" and config.evaluation.rung_questions == 0:
        faults.append("search.signal: got log_likelihood, but evaluation.rung_questions is 0: of no answer it could be measured")
    if config.training.keep == "best_dev" and config.evaluation.rung_questions == 0:
        faults.append("training.keep: got best_dev, but evaluation.rung_questions is 0: nothing is measured at an epoch's end")
    return faults


def _objective(search: SearchConfig, measured: tuple[int, ...]) -> list[str]:
    """What is wrong with what a study maximises."""
    return [
        *goals.faults(search.objective, search.objective_levels, measured),
        *goals.limit_faults(search.constraints, measured),
        *goals.tune_faults(search.objective, search.tune),
    ]


def _seeds(config: Config) -> list[str]:
    """What is wrong with the seeds that a study trains with, and with which it confirms."""
    search, faults = config.search, []
    seeds, top = search.seeds, search.confirm.top
    if seeds is not None and (not seeds or len(set(seeds)) < len(seeds)):
        expected = "each seed once" if seeds else "seeds, or null for `seed` alone"
        faults.append(f"search.seeds: got {list(seeds)}, expected {expected}")
    if top and isinstance(search.objective, tuple) and len(search.objective) > 1:
        faults.append(
            f"search.confirm.top: got {top}, but of several objectives none says who is best; type search.confirm.top=0"
        )
    if top and "test" in config.evaluation.splits:
        faults.append(
            f"search.confirm.top: got {top}, but every trial would read test; type evaluation.splits=[dev], and test is read "
            "at the end, for the chosen one and the contrasts"
        )
    if search.contrasts and not top:
        faults.append(
            "search.contrasts: got some, but they are compared where finalists are confirmed; type search.confirm.top=3"
        )
    for key, pairs in search.contrasts.items():
        if not (isinstance(pairs, list) and pairs and all(isinstance(one, list) and len(one) == 2 for one in pairs)):
            faults.append(f"search.contrasts.{key}: got {pairs}, expected pairs of values, such as [[attention, mlp]]")
    return faults


def _packed(config: Config) -> list[str]:
    """What the packed engine cannot do, or does only when told to."""
    faults, quantization = [], config.quantization
    if config.training.optimizer not in ("adamw", "sgd"):
        got = config.training.optimizer
        faults.append(f"training.optimizer: got {got}, which only training.engine=reference has; expected adamw or sgd")
    if quantization.kind == "int8" and quantization.threshold > 0 and not quantization.couple_rows:
        faults.append(
            f"quantization.threshold: got {quantization.threshold:g}, expected 0 with training.engine=packed: a column that is "
            "an outlier in one trial's row changes the arithmetic of all rows; type quantization.threshold=0, "
            "training.engine=reference, or quantization.couple_rows=true to accept it"
        )
    return faults
