"""One run: the parts that were asked for, one after the other on one base, written down after each."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from bench import answering, bases, sweeping, training
from bench.bases import MODELS
from bench.settings import Measurement, Run, Settings
from bench.timing import product_rate
from bench.work import Work, work

from sweep.model.base import Base
from sweep.track.provenance import cpu_model

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("torch", "transformers", "peft", "trl", "bitsandbytes")


def run(settings: Settings, out: Path) -> None:
    """Measure and write. Whatever is measured is also printed, one line each."""
    if settings.cap_gb is not None and torch.cuda.is_available():
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(settings.cap_gb * 1e9 / total)
    with tempfile.TemporaryDirectory() as temporary:
        where = bases.source(settings.model, settings.folder or Path(temporary))
        base, load = training.trl_load(where, settings.quantization, settings.repeats if "trl" in settings.parts else 1)
        rate, shape = product_rate(base)
        found = Run(_about(settings, base, rate, shape))
        print(f"{base.describe()}\nproducts: {rate / 1e12:.2f} TFLOP/s ({shape})", flush=True)
        _keep(found, load, out)
        for measurement in _on_base(base, settings, rate, Path(temporary) / "trials"):
            _keep(found, measurement, out)
        del base
        training.clear()
        for part in (one for one in ("sweep", "sweep-trl") if one in settings.parts):
            model = MODELS[settings.model]
            _keep(found, sweeping.sweep(settings, where, model.words, model.batch, part == "sweep-trl"), out)


def _on_base(base: Base, settings: Settings, rate: float, folder: Path) -> Iterator[Measurement]:
    """Everything that runs in this process."""
    model = MODELS[settings.model]
    steps = training.steps_needed(settings, base)
    works = [work(base, kind, steps, model.batch, model.length, folder) for kind in settings.rows]
    for one in works:
        yield from _trained(one, settings, rate)
    if "answers" in settings.parts:
        yield answering.one_at_a_time(works[0], settings)
        for trials in (1, *settings.slots):
            yield answering.together(works[0], settings, trials)


def _trained(one: Work, settings: Settings, rate: float) -> Iterator[Measurement]:
    if "trl" in settings.parts:
        yield from training.trl(one, settings, rate)
    if "solo" in settings.parts and one.kind != "mixed":  # where the first trial is no average
        if one.base.device.startswith("cuda"):
            yield training.packed(one, settings, 1, rate, "solo_eager", eager=True)
        yield training.packed(one, settings, 1, rate, "solo")
    if "packed" in settings.parts:
        for trials in settings.slots:
            yield training.packed(one, settings, trials, rate)


def _keep(found: Run, measurement: Measurement, out: Path) -> None:
    found.measurements.append(measurement)
    found.write(out)
    name = f"{measurement.what:12s} {measurement.rows:6s} K={measurement.k:<3d}"
    if not measurement.fits:
        print(f"{name} {'; '.join(measurement.notes)}", flush=True)
        return
    windows = " ".join(f"{seconds:.3f}" for seconds in measurement.seconds)
    step = f"{1e3 * measurement.per_step:.2f} ms a trial-step" if measurement.share else ""
    share = f"{100 * max(measurement.share):.1f} % of products" if measurement.share else ""
    print(f"{name} {windows} s  {step}  {share}  {measurement.peak_bytes / 2**30:.1f} GiB", flush=True)


def _about(settings: Settings, base: Base, rate: float, shape: str) -> dict[str, Any]:
    """Where the figures come from."""
    model, cuda = MODELS[settings.model], base.device.startswith("cuda")
    blocks, head = bases.products(base)
    asked = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(settings).items()}
    del asked["folder"], asked["commit"]
    return {
        "model": model.told,
        "device": torch.cuda.get_device_name() if cuda else f"{cpu_model()}, {len(os.sched_getaffinity(0))} cores",
        "cuda": cuda,
        "threads": torch.get_num_threads(),
        "commit": settings.commit or commit(),
        "precision": base.precision,
        "quantization": settings.quantization,
        "batch": model.batch,
        "length": model.length,
        "block_parameters": blocks,
        "head_parameters": head,
        "product_rate": rate,
        "product_shape": shape,
        "python": sys.version.split()[0],
        "packages": {name: _version(name) for name in PACKAGES},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "clock": time.get_clock_info("perf_counter").implementation,
        "settings": asked,
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def commit() -> str:
    """The checkout's commit, with a plus where its files differ from it."""
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(
        ["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=False
    )
    return (commit.stdout.strip() + ("+" if changed.stdout.strip() else "")) or "unknown"
