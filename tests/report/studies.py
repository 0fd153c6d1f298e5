"""Study folders written here: trials of any number on questions made up here, with answers that hang on their parameters."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.composed import config

from sweep.config import plain
from sweep.track.folder import json_text


@dataclass(frozen=True)
class Asked:
    """One question, with a key fact that an answer holds or does not."""

    qid: str
    level: int
    split: str
    facts: tuple[str, ...]
    prompt: str
    gold: str


def questions(facts: int = 24, levels: Iterable[int] = (1, 2, 3, 4, 5), splits: Sequence[str] = ("dev",)) -> list[Asked]:
    """One a fact, level and split; at level 4 two facts at once, in pairs that share none with others."""
    found = []
    for split in splits:
        for level in levels:
            for fact in range(0, facts, 2 if level == 4 else 1):
                about = (f"f{fact}", f"f{fact + 1}") if level == 4 else (f"f{fact}",)
                qid = f"f{fact}.L{level}.{split}"
                found.append(Asked(qid, level, split, about, f"Question {fact} of level {level}?", f"The value is v{fact}."))
    return found


@dataclass
class Written:
    """A study's folder that is being written."""

    root: Path
    asked: list[Asked]
    words: tuple[str, ...] = ()
    study: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        body: dict[str, Any] = {
            "schema": 1, "experiment": None, "question": "Which?", "space": {}, "tune": [], "sampler": "grid", "n_trials": 9,
            "overrides": [], "config": plain(config("model=tiny", *self.words)),
        }  # fmt: skip
        (self.root / "study.json").write_text(json_text(body | self.study, indent=2))

    def trial(self, number: int, params: Mapping[str, Any], chance: float, *, cost: float = 1.0, **more: Any) -> None:
        """A trial that answers a question right with this chance, drawn by its number."""
        self._put(f"{number:04d}", "result.json", number, params, chance, cost, **more)
        rows: list[dict[str, Any]] = []
        for epoch in range(1, 5):
            rows += [{"step": (epoch - 1) * 5 + at, "epoch": epoch, "train/loss": 3 / (epoch + at / 5)} for at in range(1, 6)]
            rows.append({"step": epoch * 5, "epoch": epoch, "macro/acc": chance * epoch / 4, "objective": chance * epoch / 4})
        (self.root / f"{number:04d}" / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def arm(self, name: str, chance: float, **more: Any) -> None:
        """An arm beside the trials."""
        self._put(f"arms/{name}", "arm.json", None, {}, chance, 0.0, **more)

    def confirmed(
        self, chosen: int | None, chances: Mapping[int, float], seeds: Sequence[int], contrasts: Mapping[str, int]
    ) -> None:
        """The record of a confirmation: these trials with fresh seeds on dev, and all of them and the base on test."""
        whole, stage = self.asked, "confirm"
        dev, test = ([one for one in whole if one.split == split] for split in ("dev", "test"))
        for number, chance in chances.items():
            params = json.loads((self.root / f"{number:04d}" / "result.json").read_text())["params"]
            for seed in seeds:
                self.asked, place = dev, f"{stage}/{number:04d}/s{seed}"
                self._put(place, "seed.json", number, {**params, "seed": seed}, chance, 1.0)
                self.asked = test
                self._put(f"{place}/test", "arm.json", None, {"seed": seed}, chance, 0.0)
            body = json.loads((self.root / stage / f"{number:04d}" / f"s{seeds[0]}" / "seed.json").read_text())
            whole_body = body | {"seeds": list(seeds), "params": params}
            (self.root / stage / f"{number:04d}" / "result.json").write_text(json_text(whole_body))
        self._put(f"{stage}/base", "arm.json", None, {}, 0.0, 0.0)
        self.asked = whole
        record = {"finalists": list(chances), "seeds": list(seeds), "chosen": chosen, "contrasts": contrasts, "over": True}
        (self.root / "confirm.json").write_text(json_text(record))

    def _put(
        self, place: str, name: str, number: int | None, params: Mapping[str, Any], chance: float, cost: float, **more: Any
    ) -> None:
        folder = self.root / place
        folder.mkdir(parents=True, exist_ok=True)
        seed = int(params.get("seed", more.pop("seed", 0)))
        draw = random.Random(f"{more.pop('draw', place)} {seed}")
        rows = [self._row(one, draw.random() < chance, seed) for one in self.asked]
        rows += more.pop("rows", [])
        (folder / "predictions.jsonl").write_text("".join(json_text(row) + "\n" for row in rows))
        size = int(1000 * cost)
        train: dict[str, Any] = {"trainable": size, "tokens": 5000, "steps": 20, "seconds": 30 * cost, "wall_seconds": 40.0}
        if number is None:
            train = {"seconds": 9.0, "seconds_an_answer": 0.3, "peak_bytes": 2**30, "peak_of": "the process"}
        dev, test = (_levels([row for row in rows if row["split"] == split]) for split in ("dev", "test"))
        objective = _macro(dev)
        seedless = {key: value for key, value in params.items() if key != "seed"}
        body = {
            "trial_key": json.dumps(params), "config_key": json.dumps(seedless), "number": number, "state": "COMPLETE",
            "objective": objective, "constraints": {}, "params": dict(params), "levels": dev, "test_levels": test,
            "train": train, "provenance": {"retention_items": 0}, **more,
        }  # fmt: skip
        (folder / name).write_text(json_text(body, indent=1))

    @staticmethod
    def _row(one: Asked, right: bool, seed: int) -> dict[str, Any]:
        said = one.gold if right else f"It is something else than that, {one.qid}."
        return {
            "qid": one.qid, "split": one.split, "level": one.level, "fact_ids": list(one.facts), "seed": seed, "epoch": 4,
            "answer": said, "gold": one.gold, "grade": "CORRECT" if right else "INCORRECT", "strict": right, "ended": True,
            "prompt": one.prompt, "key_recall": float(right),
        }  # fmt: skip


def _levels(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for level in sorted({row["level"] for row in rows}):
        same = [float(row["strict"]) for row in rows if row["level"] == level]
        mean = sum(same) / len(same)
        found[f"L{level}" if level else "kept"] = {
            "n": len(same), "n_facts": len(same), "accuracy": mean, "stderr": 0.05, "strict": mean, "key_recall": mean,
            "unsupported_rate": 0.1, "loop_rate": 0.0, "eos_rate": 1.0,
        }  # fmt: skip
    return found


def _macro(levels: Mapping[str, Mapping[str, Any]]) -> float:
    found = [figures["strict"] for level, figures in levels.items() if level in ("L2", "L3", "L4", "L5")]
    return sum(found) / len(found) if found else 0.0
