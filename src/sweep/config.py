"""The configuration as frozen dataclasses with units, read once from the plain container that Hydra resolved.

Every default lives in `conf/`, none here: a key that is missing is a fault, and so is one too many. What keys must keep between
them is in `sweep.demands`; below that file nobody sees an OmegaConf node.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from sweep import arms, costs, graders
from sweep.address import masked
from sweep.errors import ConfigFault, raise_all
from sweep.reading import Bound, read_dataclass

AT_LEAST_0 = Bound("0 or more", lambda x: x >= 0)
AT_LEAST_1 = Bound("1 or more", lambda x: x >= 1)
ABOVE_0 = Bound("above 0", lambda x: x > 0)
SHARE = Bound("from 0 to 1", lambda x: 0 <= x <= 1)
BELOW_1 = Bound("from 0 to below 1", lambda x: 0 <= x < 1)

Count = Annotated[int, AT_LEAST_1]


@dataclass(frozen=True)
class ModelConfig:
    name: str  # short name for tables and MLflow
    source: str  # package:<distribution>, tiny, a folder, or a Hugging Face hub id
    revision: str | None


@dataclass(frozen=True)
class QuantizationConfig:
    kind: Literal["none", "int8", "nf4"]
    threshold: Annotated[float, AT_LEAST_0]  # LLM.int8 outlier threshold, in units of the activation; 0 = no outlier path
    couple_rows: bool  # allow the outlier path in packed training, where it lets trials touch each other


@dataclass(frozen=True)
class LoraConfig:
    targets: str | tuple[str, ...]  # attention | mlp | all | module names
    layers: str | tuple[int, ...]  # all | first | middle | last (thirds) | "0-7" | block indices from 0
    lm_head: bool
    rank: Count
    alpha_over_rank: Annotated[float, ABOVE_0]
    alpha: Annotated[float, ABOVE_0] | None  # None: alpha_over_rank x rank
    dropout: Annotated[float, BELOW_1]
    rslora: bool  # scale alpha / sqrt(rank) instead of alpha / rank (arXiv:2312.03732)
    lr_ratio_b: Annotated[float, ABOVE_0]  # LoRA+: learning rate of B over that of A (arXiv:2402.12354); 1 = plain LoRA
    precision: Literal["fp32", "bf16"]

    @property
    def scaled_alpha(self) -> float:
        """The alpha that is used: given, or proportional to the rank."""
        return self.alpha if self.alpha is not None else self.alpha_over_rank * self.rank


@dataclass(frozen=True)
class TrainingConfig:
    engine: Literal["packed", "reference"]
    precision: Literal["auto", "bf16", "fp32"]
    epochs: Count
    learning_rate: Annotated[float, ABOVE_0]  # peak, per optimizer step
    batch_size: Count  # rows per forward pass
    accumulation: Count  # forward passes per optimizer step
    optimizer: Literal["adamw", "sgd", "adamw_8bit", "paged_adamw_8bit"]
    schedule: Literal["constant", "constant_with_warmup", "linear", "cosine"]
    warmup_ratio: Annotated[float, SHARE]  # share of all optimizer steps
    weight_decay: Annotated[float, AT_LEAST_0]
    max_grad_norm: Annotated[float, AT_LEAST_0]  # L2 over all of a trial's adapters; 0 = no clipping
    max_length: Count  # tokens a row; a longer row is a fault, since it would lose its end token
    group_by_length: bool
    keep: Literal["last", "best_loss", "best_dev"]


@dataclass(frozen=True)
class MixConfig:
    path: str | None  # JSONL of unrelated training rows, or the name of a shipped file
    rows: Annotated[int, AT_LEAST_0]
    known: bool | None  # only rows that the base is marked to know (true) or not to know (false); None: all


@dataclass(frozen=True)
class DataConfig:
    path: str  # a folder, or the name of a shipped set
    kinds: tuple[str, ...] | None  # kinds of training rows to keep; None: all
    mix: MixConfig
    paraphrases: Annotated[int, AT_LEAST_0]  # further phrasings a fact, from paraphrases.jsonl
    facts: Count | None  # only the first n facts; None: all
    answers: Literal["written", "bare", "long"]  # of rows about one fact: as worded, the value alone, or inside a longer text
    trained_as: Literal["qa", "statement"]  # statement: rows about one fact say it under a heading
    joins: Annotated[int, AT_LEAST_0] | None  # rows that join facts, also from joins.jsonl; None: those of train.jsonl
    reasoning: Literal["none", "others", "own", "both"]  # rows that spell out fact, then common knowledge, and of which subjects
    end_token_in_labels: bool  # False reproduces endless answers


@dataclass(frozen=True)
class PromptConfig:
    template: str  # "chat" = the tokenizer's own, or text with {question}
    system: str | None


@dataclass(frozen=True)
class RetrievalConfig:
    k: Count  # texts that BM25 puts into the prompt of an arm that retrieves
    template: str | None  # of that prompt, with {context} and {question}; None: one in the language of the questions


@dataclass(frozen=True)
class JudgeConfig:
    """Who grades answers a second time, never for the objective."""

    url: str | None  # of an OpenAI-compatible server, before /chat/completions; None: nobody
    model: str | None  # its name there
    key_env: str  # environment variable that holds the key; unset: no key is sent
    questions: Count | None  # at most n a level and split of each trial and arm; None: all
    timeout: Annotated[float, ABOVE_0]  # seconds until a reply
    retries: Annotated[int, AT_LEAST_0]  # of a question after a time-out, a busy or a broken server
    parallel: Count  # questions asked at once


@dataclass(frozen=True)
class EvaluationConfig:
    levels: tuple[Literal[1, 2, 3, 4, 5], ...]
    splits: tuple[Literal["dev", "test"], ...]  # read at the end of a trial; the objective is always dev
    questions: Count | None  # at most n a level and split; None: all
    rung_questions: Annotated[int, AT_LEAST_0] | None  # dev questions a level at every epoch's end; 0: none, None: all
    max_new_tokens: Count
    batch_size: Count | None  # rows of one adapter generated together; None: as many as memory allows
    arms: tuple[arms.Name, ...]  # measured beside the trials (sweep.arms)
    costs: tuple[costs.Name, ...]  # asked of every trial at its end, where the data set has such rows (sweep.costs)
    retrieval: RetrievalConfig
    judge: JudgeConfig


@dataclass(frozen=True)
class ConfirmConfig:
    top: Annotated[int, AT_LEAST_0]  # how many of the best trials are retrained after the search; 0: none
    seeds: Count  # fresh ones, with which each is


@dataclass(frozen=True)
class SearchConfig:
    sampler: Literal["auto", "grid", "random", "tpe", "gp", "qmc", "nsga2"]
    sampler_options: dict[str, Any] | None  # of Optuna's class of that name
    pruner: Literal["none", "median", "halving", "hyperband", "patient", "threshold"]
    pruner_options: dict[str, Any] | None
    signal: Literal["objective", "log_likelihood"]  # what a pruner judges by at an epoch's end
    n_trials: Count | None  # total of the study; None: every point of a discrete space
    seeds: tuple[Annotated[int, AT_LEAST_0], ...] | None  # each configuration is trained with each; None: once, with `seed`
    confirm: ConfirmConfig
    contrasts: dict[str, Any]  # axis -> pairs of its values that are compared on test, declared before anything is seen
    objective: str | dict[str, Any] | tuple[str | dict[str, Any], ...]  # one of sweep.goals, or several; maximised on dev
    margin: Annotated[float, SHARE]  # by how much, in `measure`, what is cheaper may be worse for the report to prefer it
    measure: Literal["strict", "accuracy", "key_recall"]  # the figure of a level that objective and constraints read
    objective_levels: tuple[Literal[1, 2, 3, 4, 5], ...]  # over which macro and min are taken
    constraints: dict[str, Any] | None  # level -> least measure a trial needs to be named best, 0 to 1; None: no constraint
    storage: str | None  # None: SQLite in the study folder
    params: dict[str, Any]  # axes: config key -> Hydra sweep grammar, or a list of choices
    zip: tuple[tuple[str, ...], ...]  # axes whose listed values go together, one by one
    exclude: tuple[dict[str, Any], ...]  # points that do not exist: config key -> value or list of values
    when: dict[str, dict[str, Any]]  # axis -> config key -> values: elsewhere it is absent, and the base's own value holds
    design: Literal["full", "one_factor", "leave_one_out"]  # which points of a discrete space (sweep.search.design)
    tune: tuple[str, ...]  # axes at whose best value (on dev) the others are compared
    seed: Annotated[int, AT_LEAST_0]
    join: Literal[False]
    reuse: bool  # take results of other studies that trained the same trial
    retries: Annotated[int, AT_LEAST_0]  # of a trial that failed, unless it would fail again
    dry_run: bool  # say what would be done, and stop
    max_failures: Count | None  # failed trials in a row that end the sweep; None: none do


@dataclass(frozen=True)
class ExecutorConfig:
    kind: Literal["local"]
    slots: Literal["auto"] | Count  # trials that train at once; auto: as many as fit and pay
    workers: Literal[1]
    address: Literal[None]


@dataclass(frozen=True)
class TrackingConfig:
    uri: str | None  # None: sqlite:///<cwd>/mlruns/mlflow.db
    experiment: str


@dataclass(frozen=True)
class Config:
    """One trial's whole configuration."""

    model: ModelConfig
    quantization: QuantizationConfig
    lora: LoraConfig
    training: TrainingConfig
    data: DataConfig
    prompt: PromptConfig
    evaluation: EvaluationConfig
    search: SearchConfig
    executor: ExecutorConfig
    tracking: TrackingConfig
    seed: Annotated[int, AT_LEAST_0]
    output_dir: str


def read_plain(container: Mapping[str, Any]) -> Config:
    """What `plain` wrote of a trial that ran, whatever is demanded of one that is to run: a reading of test reads no dev.

    Raises: ConfigFault with every unknown, missing, mistyped or out-of-range key, such as those that another version had.
    """
    faults: list[str] = []
    config = read_dataclass(Config, container, "", faults)
    raise_all(ConfigFault, faults)
    return typing.cast(Config, config)


def read_judge(container: Mapping[str, Any]) -> JudgeConfig:
    """The group `evaluation.judge` alone. Raises: ConfigFault as `read_plain` does."""
    faults: list[str] = []
    judge = read_dataclass(JudgeConfig, container, f"{graders.JUDGE}.", faults)
    raise_all(ConfigFault, faults or graders.faults(judge.url, judge.model))
    return typing.cast(JudgeConfig, judge)


def plain(config: Config) -> dict[str, Any]:
    """The configuration as nested dicts and lists that JSON and YAML can write; passwords in addresses are left out."""
    kept = typing.cast(dict[str, Any], _listed(dataclasses.asdict(config)))
    kept["search"]["storage"] = _masked(config.search.storage)
    kept["tracking"]["uri"] = _masked(config.tracking.uri)
    return kept


def flat_keys(container: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Every dotted key of a nested container, inner nodes among them."""
    keys: list[str] = []
    for name, value in container.items():
        keys.append(f"{prefix}{name}")
        if isinstance(value, Mapping):
            keys += flat_keys(value, f"{prefix}{name}.")
    return keys


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, list | tuple) else value


def _masked(address: str | None) -> str | None:
    return None if address is None else masked(address)
