"""The best configuration of a study as a file that runs again: `python -m sweep +best=<study>`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sweep.track import folder

FILE = "best.yaml"
SHELF = Path(".sweep/best")  # of the folder the command ran in, where Hydra looks for `+best=<study>`
NOT_THE_TRIALS = ("search", "executor", "tracking", "output_dir")  # keys that say how a study runs


def write(root: Path, number: int) -> None:
    """Write `best.yaml` into the study's folder, and onto the shelf under the study's name.

    Raises: OSError where a file cannot be written, or the trial's own configuration is gone.
    """
    config = folder.read_config(root / f"{number:04d}")
    if config is None:
        raise FileNotFoundError(f"{root / f'{number:04d}'}: its .hydra/config.yaml is gone")
    kept: dict[str, Any] = {key: value for key, value in config.items() if key not in NOT_THE_TRIALS}
    text = f"# @package _global_\n# The best trial of {root.name} on dev: {number:04d}.\n{folder.yaml_text(kept)}"
    for file in (root / FILE, SHELF / f"{root.name}.yaml"):
        folder.write_atomically(file, text)
