"""A configuration, trials, outcomes and answers to make tests of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sweep.config import Config, plain
from sweep.demands import read
from sweep.trial import Outcome, State, Trial

BASE: dict[str, Any] = {
    "model": {"name": "tiny", "source": "tiny", "revision": None},
    "quantization": {"kind": "none", "threshold": 0.0, "couple_rows": False},
    "lora": {
        "targets": "all",
        "layers": "all",
        "lm_head": False,
        "rank": 16,
        "alpha_over_rank": 2.0,
        "alpha": None,
        "dropout": 0.0,
        "rslora": False,
        "lr_ratio_b": 1.0,
        "precision": "fp32",
    },
    "training": {
        "engine": "packed",
        "precision": "auto",
        "epochs": 3,
        "learning_rate": 1e-3,
        "batch_size": 4,
        "accumulation": 1,
        "optimizer": "adamw",
        "schedule": "linear",
        "warmup_ratio": 0.1,
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "max_length": 256,
        "group_by_length": False,
        "keep": "last",
    },
    "data": {
        "path": "larkspur_en",
        "kinds": None,
        "mix": {"path": None, "rows": 0, "known": None},
        "paraphrases": 0,
        "facts": None,
        "answers": "written",
        "trained_as": "qa",
        "joins": None,
        "reasoning": "none",
        "end_token_in_labels": True,
    },
    "prompt": {"template": "chat", "system": None},
    "evaluation": {
        "levels": [1, 2, 3, 4, 5],
        "splits": ["dev", "test"],
        "questions": None,
        "rung_questions": 6,
        "max_new_tokens": 64,
        "batch_size": 32,
        "arms": ["base"],
        "costs": ["leak", "premise", "open", "drift"],
        "retrieval": {"k": 3, "template": None},
        "judge": {
            "url": None,
            "model": None,
            "key_env": "OPENAI_API_KEY",
            "questions": None,
            "timeout": 60.0,
            "retries": 4,
            "parallel": 4,
        },
    },
    "search": {
        "sampler": "auto",
        "sampler_options": None,
        "pruner": "none",
        "pruner_options": None,
        "reuse": True,
        "retries": 1,
        "dry_run": False,
        "max_failures": 5,
        "n_trials": None,
        "seeds": None,
        "signal": "objective",
        "confirm": {"top": 0, "seeds": 6},
        "contrasts": {},
        "objective": "macro",
        "margin": 0.05,
        "measure": "strict",
        "objective_levels": [2, 3, 4, 5],
        "constraints": {"L1": 0.9},
        "storage": None,
        "params": {},
        "zip": [],
        "exclude": [],
        "when": {},
        "design": "full",
        "tune": [],
        "seed": 0,
        "join": False,
    },
    "executor": {"kind": "local", "slots": "auto", "workers": 1, "address": None},
    "tracking": {"uri": None, "experiment": "sweep"},
    "seed": 0,
    "output_dir": "multirun",
}

DIGEST = "d" * 64


def config(**changes: Any) -> Config:
    """The base configuration with changes by dotted key, its dots written as two underscores: `lora__rank=4`."""
    container: dict[str, Any] = _copied(BASE)
    for key, value in changes.items():
        *path, last = key.split("__")
        node = container
        for part in path:
            node = node[part]
        assert last in node, f"no key {key}"
        node[last] = value
    return read(container)


def study(space: dict[str, Any], commit: str | None = "f" * 40) -> dict[str, Any]:
    """The body of a study.json."""
    return {
        "space": space,
        "config": plain(config()),
        "dataset": {"name": "larkspur_en", "digest": DIGEST, "rows": {"train": 2, "eval": 1}},
        "code": {"git_commit": commit, "git_dirty": None if commit is None else True},
    }


def trial(folder: Path, number: int = 0, key: str = "", arm: str | None = None, params: Any = None, **changes: Any) -> Trial:
    """A trial with its folder; arms have no number."""
    name = arm or f"{number:04d}"
    (folder / name).mkdir(parents=True, exist_ok=True)
    overrides = tuple(f"{name}={value}" for name, value in (params or {}).items())
    key = key or f"key-{name}"
    return Trial(config(**changes), folder / name, key, "c" * 16, None if arm else number, arm, params or {}, overrides)


def outcome(state: State = State.COMPLETE, **changes: Any) -> Outcome:
    """A trial's end with round figures."""
    level = {"n": 30, "n_facts": 30, "accuracy": 0.5, "stderr": 0.03, "strict": 0.4, "key_recall": 0.6}
    body: dict[str, Any] = {
        "objective": 0.4,
        "levels": {f"L{n}": level | {"accuracy": n / 10} for n in range(1, 6)},
        "test_levels": {"L1": level | {"accuracy": 0.7}},
        "train": {"final_loss": 0.25, "steps": 60, "tokens": 5000, "seconds": 12.5},
    }
    return Outcome(state, **(body | changes))


def prediction(**changes: Any) -> dict[str, Any]:
    """A row of predictions.jsonl."""
    row: dict[str, Any] = {
        "qid": "q1",
        "split": "dev",
        "level": 1,
        "fact_ids": ["f1"],
        "seed": 0,
        "epoch": 3,
        "answer": "Élodie 青",
    }
    return row | {"gold": "Élodie 青", "grade": "CORRECT", "strict": True, "ended": True} | changes


def _copied(value: Any) -> Any:
    return {key: _copied(inner) for key, inner in value.items()} if isinstance(value, dict) else value
