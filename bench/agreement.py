"""How far packed trials lie from TRL's, and from themselves alone, on the device at hand.

    python -m bench.agreement

The trials of `tests/train/parity.py` on the tiny model in fp32: three with AdamW, three with SGD on the plain base. Gaps are the
worst of a group: a step's loss, relative; its mean to one side; the weights' distance over their way; a weight in learning rates.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.train.parity import ADAMW, SGD, Run, alone, by_reference, gaps, pack, plans, set_ragged

from sweep.model.base import QUANTIZATIONS, Quantization, load


def main() -> int:
    """Print a line a group and comparison."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        set_ragged(patch, 1e9)  # all in one pass
        for kind in QUANTIZATIONS:
            _compare(kind, Path(folder) / kind)  # type: ignore[arg-type]
    return 0


def _compare(kind: Quantization, folder: Path) -> None:
    base = load("tiny", quantization=kind, threshold=0.0)
    groups = {"AdamW": ADAMW} | ({"SGD": SGD} if kind == "none" else {})
    names = [name for group in groups.values() for name in group]
    by_trl = {name: by_reference(base, plan, folder) for name, plan in plans(folder / "trl", names).items()}
    single = {name: alone(base, plan, folder) for name, plan in plans(folder / "alone", names).items()}
    packed = pack(base, folder / "packed", names)
    sides = (("alone and TRL", single, by_trl), ("packed and TRL", packed, by_trl), ("packed and alone", packed, single))
    for told, found, expected in sides:
        for optimizer, group in groups.items():
            print(f"{kind:5s} {optimizer:6s} {told:16s} {_worst([(found[name], expected[name]) for name in group])}")


def _worst(pairs: Sequence[tuple[Run, Run]]) -> str:
    measured = [asdict(gaps(found, expected)) for found, expected in pairs]
    return "  ".join(f"{name} {max(one[name] for one in measured):.1e}" for name in measured[0])


if __name__ == "__main__":
    sys.exit(main())
