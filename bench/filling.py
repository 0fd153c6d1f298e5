"""Fill a shard of the table (`bench.table`): one grid sweep of the product's own, every point with every training seed.

A shard is a share of the learning rates, apart from each other, so that each holds good and bad ones. It may be cut off at any
time: what has ended is kept, and the same command goes on while its work folder is there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.run import commit
from bench.table import EPOCHS, Table, collected

ROOT = Path(__file__).resolve().parents[1]
RATE = "training.learning_rate"
AXES: dict[str, tuple[str, ...]] = {
    "lora.targets": ("attention", "mlp", "all"),
    "lora.rank": ("4", "16", "64"),
    RATE: ("2.5e-4", "5e-4", "1e-3", "2e-3", "4e-3", "8e-3"),  # below 5e-4 too little is learned, above 4e-3 much goes wrong
    EPOCHS: ("2", "4", "8"),
}
# Nothing stops a trial, whatever it does; the untouched base is in every study and in none of the comparisons.
FIXED = (
    "search.sampler=grid", "search.pruner=none", "search.max_failures=null", "evaluation.splits=[dev,test]", "evaluation.arms=[]",
    "executor.slots=auto", "tracking.experiment=table",
)  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """Part `index` of `of`, counted from 0."""

    index: int
    of: int
    seeds: tuple[int, ...]  # of training
    axes: dict[str, tuple[str, ...]] = field(default_factory=lambda: AXES)
    words: tuple[str, ...] = ()  # further overrides

    @property
    def name(self) -> str:
        """Of its folder and file."""
        return f"seeds{'_'.join(map(str, self.seeds))}-{self.index}of{self.of}"

    def typed(self, work: Path) -> list[str]:
        """What stands behind `python -m sweep`."""
        axes = self.axes | {RATE: self.axes[RATE][self.index :: self.of]}
        swept = [f"{key}={','.join(values)}" for key, values in axes.items()]
        places = [f"output_dir={work / self.name}", f"tracking.uri=sqlite:///{work.resolve() / 'mlflow.db'}"]
        return [*self.words, *FIXED, *swept, f"seed={','.join(map(str, self.seeds))}", *places, "-m"]


def fill(shard: Shard, out: Path, work: Path, limit: float | None, named_commit: str | None) -> bool:
    """Run a shard and write `<out>/<shard>.jsonl` with what has ended. False where the sweep failed or its time was over."""
    work.mkdir(parents=True, exist_ok=True)
    whole = swept(shard.typed(work.resolve()), work, limit)
    studies = [file.parent for file in (work / shard.name).glob("*/study.json")]
    if not studies:
        print(f"{shard.name}: nothing was begun", flush=True)
        return False
    about = {"commit": named_commit or commit(), "shard": shard.name, "words": list(shard.words)}
    table = collected(studies[0], list(shard.axes), about)
    table.write(out / f"{shard.name}.jsonl")
    print(f"{shard.name}: {told(table)}", flush=True)
    return whole


def told(table: Table) -> str:
    """How many trials there are, in a line."""
    failed = sum(not row.complete for row in table.rows)
    return f"{len(table.rows)} trials, of which {failed} failed; {len(table.missing()) if table.rows else 'all'} are missing"


def swept(typed: Sequence[str], work: Path, limit: float | None, gpu: str | None = None) -> bool:
    """Whether the sweep ended by itself, and well. Killed at its limit, it would go on from there. `gpu`: all that it sees."""
    paths = [str(ROOT), str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **({"CUDA_VISIBLE_DEVICES": gpu} if gpu else {})}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "sweep", *typed],
            cwd=work,
            env=environment,
            timeout=limit,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"stopped after {limit:.0f} s", flush=True)
        return False
    return ended.returncode == 0
