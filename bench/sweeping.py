"""A whole sweep through the real command, from the start of its process to the table: load, training, evaluation, tracking.

python -m bench.sweeping BYTES WORDS...     what is run: `python -m sweep WORDS...` within so much memory of the GPU (0: all)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.settings import Measurement, Settings

ROOT = Path(__file__).resolve().parents[1]
SPACE = ("lora.targets=attention,mlp,all", "lora.rank=4,16,64")
RATES = "training.learning_rate=5e-4,1e-3,2e-3,4e-3"
RATES_OF_RANDOM = "training.learning_rate=5e-5,1e-4,2e-4,4e-4"  # random weights lose their footing at those of the embedded model
POINTS = 36
TRL_SPACE = ("lora.targets=attention,mlp,all", "lora.rank=16", "training.learning_rate=1e-4", "training.engine=reference")
# Run once before, unmeasured: Python compiles what it has never imported, and the system reads files for the first time.
FIRST = ("model=tiny", "training.epochs=1", "training.learning_rate=1e-3", "evaluation.questions=1", "lora.rank=2,4", "-m")
PEAK = "peak bytes: "


def sweep(settings: Settings, where: str, words: tuple[str, ...], batch: int, reference: bool) -> Measurement:
    """`sweep`: the product's default engine on the whole space. `sweep_trl`: three trials of it with the reference engine."""
    found = Measurement("sweep_trl" if reference else "sweep")
    found.notes.append("start of the process, imports, load, training, evaluation at each epoch and at the end, table")
    drawn_weights = words == ("model=hf",)
    space = TRL_SPACE if reference else (*SPACE, RATES_OF_RANDOM if drawn_weights else RATES)
    chosen = () if reference or settings.trials == POINTS else ("search.sampler=random", f"search.n_trials={settings.trials}")
    source = () if not drawn_weights else (f"model.source={where}", "model.name=random")
    base = (f"quantization={settings.quantization}", "quantization.threshold=0", f"training.batch_size={batch}")
    typed = (*words, *source, *base, *space, *chosen, "-m", *settings.sweep_args)
    with tempfile.TemporaryDirectory() as folder:
        _run(Path(folder), settings.cap_gb, FIRST)
    for _ in range(1 if reference else settings.sweep_repeats):
        with tempfile.TemporaryDirectory() as folder:
            seconds, said = _run(Path(folder), settings.cap_gb, typed)
            found.seconds.append(seconds)
            _note(found, next((Path(folder) / "multirun").iterdir()), said)
    found.k = found.more["trials"]
    return found


def _run(folder: Path, cap_gb: float | None, words: tuple[str, ...]) -> tuple[float, str]:
    """Seconds and what was printed. Raises: SystemExit with the output where the sweep failed."""
    paths = [str(ROOT), str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "bench.sweeping", str(int((cap_gb or 0) * 1e9)), *words]
    begun = time.perf_counter()
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if ended.returncode != 0:
        raise SystemExit(f"the sweep ended with {ended.returncode}:\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}")
    return seconds, ended.stdout + ended.stderr


def _note(found: Measurement, study: Path, said: str) -> None:
    """What the study's folder tells."""
    results = [json.loads(file.read_text()) for file in sorted(study.glob("[0-9]*/result.json"))]
    complete = [result for result in results if result["state"] == "COMPLETE"]
    found.tokens.append(sum(result["train"]["tokens"] for result in complete))
    found.trial_steps = sum(result["train"]["steps"] for result in complete)
    found.answers = sum(_lines(file) for file in study.rglob("predictions.jsonl"))
    found.answers += sum(_at_rungs(file) for file in study.glob("[0-9]*/metrics.jsonl"))
    found.more |= {"trials": len(results), "complete": len(complete), "steps_a_trial": found.trial_steps / max(len(complete), 1)}
    told = [line for line in said.splitlines() if line.startswith(PEAK)]
    found.peak_bytes = max(found.peak_bytes, int(told[-1].removeprefix(PEAK)) if told else 0)
    untracked = "not tracked any further" in said
    found.notes += [line for line in (_tracking(untracked), *_halvings(said)) if line not in found.notes]


def _at_rungs(file: Path) -> int:
    """Questions asked at the ends of epochs but the last, whose answers are in predictions.jsonl: they leave only figures."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in file.read_text().splitlines()]
    asked = [row for row in rows if any(name.endswith("/acc") for name in row)]
    levels: dict[str, Any] = json.loads((file.parent / "result.json").read_text())["levels"]
    most = _rung_questions(file.parent)
    each: int = sum(one["n"] if most is None else min(most, one["n"]) for one in levels.values())
    return each * max(len(asked) - 1, 0)


def _rung_questions(trial: Path) -> int | None:
    import yaml  # type: ignore[import-untyped]

    found: int | None = yaml.safe_load((trial / ".hydra/config.yaml").read_text())["evaluation"]["rung_questions"]
    return found


def _tracking(untracked: bool) -> str:
    return "MLflow is not installed here: without tracking" if untracked else "tracking in MLflow (SQLite)"


def _halvings(said: str) -> list[str]:
    return [line.strip()[:160] for line in said.splitlines() if "no memory for" in line][:3]


def _lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def _inside(words: list[str]) -> int:
    """The sweep's own process."""
    import torch

    cap, cuda = int(words[0]), torch.cuda.is_available()
    if cap and cuda:
        torch.cuda.set_per_process_memory_fraction(cap / torch.cuda.get_device_properties(0).total_memory)
    from bench.timing import peak

    from sweep.cli.main import main

    code: int = main(words[1:])
    print(f"{PEAK}{peak(cuda)}")
    return code


if __name__ == "__main__":
    sys.exit(_inside(sys.argv[1:]))
