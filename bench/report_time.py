"""How long the report of a large study takes: `python -m sweep.report` as a whole process, several times.

    python -m bench.report_time --page docs/results/report_time.md

The study is written here, in the form of a real one, and trains nothing: each trial answers the dev questions of a shipped
company, right with a chance that hangs on its parameters, else with another fact's answer in words that no other trial uses. So
every wrong answer is looked through for key facts and for values of others, on which a report spends most of its time.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.run import commit
from tests.report.studies import Written

from sweep.data import files, records
from sweep.report.page import HTML
from sweep.track.provenance import cpu_model

COMPANY = "larkspur_en"
CHANCE = {"attention": 0.3, "mlp": 0.55, "all": 0.6}  # about as docs/results/layer_ablation.md
RANKS = (4, 8, 16, 32)


def main() -> int:
    """Measure and print, or write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--page", type=Path, default=None)
    args = parser.parse_args()
    load = os.getloadavg()[0]  # a mean over the last minute
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "study"
        asked = study(root, args.trials)
        seconds = [_report(root) for _ in range(args.repeats)]
        size = (root / HTML).stat().st_size
    text = "\n".join(_page(args.trials, asked, seconds, size, load)) + "\n"
    print(text)
    if args.page is not None:
        args.page.write_text(text, encoding="utf-8")
    return 0


def study(root: Path, trials: int) -> int:
    """Write a study of so many trials and the untouched base; how many questions each was asked."""
    items = [one for one in files.load(COMPANY).eval if one.split == "dev"]
    space = {"lora.targets": list(CHANCE), "lora.rank": list(RANKS), "training.learning_rate": {"low": 1e-4, "high": 1e-2}}
    written = Written(root, [], (f"data.path={COMPANY}", "search.constraints=null"), {"space": space, "n_trials": trials})
    written.arm("base", 0.0, rows=list(_rows(items, 0.02, "base")))
    draw = random.Random(0)
    for number in range(trials):
        targets = list(CHANCE)[number % len(CHANCE)]
        rate = 10 ** draw.uniform(-4, -2)
        params = {"lora.targets": targets, "lora.rank": draw.choice(RANKS), "training.learning_rate": rate}
        rows = list(_rows(items, CHANCE[targets] + 0.1 * draw.random(), f"{number:04d}"))
        written.trial(number, params, 0.0, rows=rows)
    return len(items)


def _rows(items: Sequence[records.EvalItem], chance: float, name: str) -> Iterator[dict[str, Any]]:
    """As predictions.jsonl has them."""
    draw = random.Random(name)
    for at, one in enumerate(items):
        right = draw.random() < chance
        other = items[(at + 1 + draw.randrange(len(items) - 1)) % len(items)]
        yield {
            "qid": one.qid, "split": one.split, "level": one.level, "fact_ids": list(one.fact_ids), "seed": 0, "epoch": 4,
            "answer": one.gold if right else f"As far as {name} knows: {other.gold}", "gold": one.gold,
            "grade": "CORRECT" if right else "INCORRECT", "strict": right, "ended": True, "prompt": one.prompt,
            "key_recall": float(right),
        }  # fmt: skip


def _report(root: Path) -> tuple[float, float]:
    """Seconds of the command from its start to its end, and of processors that it used."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "sweep.report", str(root)], check=True, capture_output=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _page(trials: int, asked: int, seconds: Sequence[tuple[float, float]], size: int, load: float) -> Iterator[str]:
    yield f"# How long a report of {trials} trials takes"
    yield ""
    yield f"Written by `python -m bench.report_time`: {trials} trials and the untouched base, {asked} questions each (dev of"
    yield f"`{COMPANY}`), answers made up by the script; `python -m sweep.report` as a whole process, {len(seconds)} times."
    yield f"Commit `{commit()}`, {cpu_model()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}."
    yield ""
    yield f"The page has {size / 1e6:.1f} MB, with {(trials + 1) * asked} answers."
    yield ""
    yield "Seconds of the whole command, and of processors that it used; what else runs on the machine lengthens the first only:"
    yield f"{load:.1f} processes wanted a core when it began."
    yield ""
    yield "| | median | fastest | slowest |"
    yield "|---|---|---|---|"
    for name, values in zip(("whole command", "processors"), zip(*seconds, strict=True), strict=True):
        yield f"| {name} | {' | '.join(f'{value:.1f}' for value in (median(values), min(values), max(values)))} |"


if __name__ == "__main__":
    sys.exit(main())
