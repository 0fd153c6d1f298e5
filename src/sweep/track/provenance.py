"""Where a number comes from: code, packages, machine. No host name and no paths, so that a result can be shown to anyone."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "knowledge-sweep", "torch", "transformers", "tokenizers", "peft", "trl", "accelerate", "datasets", "bitsandbytes", "gguf",
    "optuna", "mlflow", "hydra-core",
)  # fmt: skip
CODE = Path(__file__).resolve()
GIT_SECONDS = 10  # a checkout on a slow network drive must not hold up a trial


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def collect(
    device: str, model_revision: str | None, data_digest: str, *, precision: str | None = None, started: str | None = None
) -> dict[str, Any]:
    """The `provenance` of a result. `device` as PyTorch names it (`cpu`, `cuda:0`); what cannot be found out is null.

    `precision`: what `training.precision=auto` became. `started`: when the trial began, as `now` gives it.
    """
    commit, dirty = git_state()
    return {
        "git_commit": commit,
        "git_dirty": dirty,
        "packages": versions(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "device": device,
        "precision": precision,
        "model_revision": model_revision,
        "data_digest": data_digest,
        "started": started,
        "ended": now(),
    }


@cache  # the code that runs is the code that was loaded, whatever is committed meanwhile
def git_state(code: Path = CODE) -> tuple[str | None, bool | None]:
    """Commit of the checkout this code stands in and whether its files differ from it; (None, None) outside one.

    An installed package inside somebody's repository (`.venv/lib/...`) is not that repository's code: git must track the file.
    """
    if _git(code.parent, "ls-files", "--error-unmatch", code.name) is None:
        return None, None
    commit = _git(code.parent, "rev-parse", "HEAD")
    changes = _git(code.parent, "status", "--porcelain", "--untracked-files=no") if commit else None
    return commit, None if changes is None else bool(changes)


@cache
def versions() -> dict[str, str | None]:
    """Installed versions of the packages that numbers depend on; None where one is missing."""
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


@cache
def cpu_model() -> str:
    """The processor's name as its maker writes it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return next(iter(named), platform.processor() or platform.machine())


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
