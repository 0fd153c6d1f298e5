"""Whether the product compiles by itself in a long training, and what that gains: seconds of every round of all trials.

    python -m bench.compiling --model 7b --quantization nf4 --trials 32 --rounds 16

Only on CUDA, and only where it expects more than two minutes of training: rows are as many as 700 steps need.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from bench import bases
from bench.timing import Clock
from bench.training import train
from bench.work import work

from sweep.train.packed import Packed

STEPS = 700


def main() -> int:
    """Print what the engine says, after how many rounds, and what each round took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="7b", choices=bases.MODELS)
    parser.add_argument("--quantization", default="none", choices=("none", "nf4", "int8"))
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--folder", type=Path, default=None, help="where bases of random weights stay; default: a temporary one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        model = bases.MODELS[args.model]
        base = bases.load(bases.source(args.model, args.folder or Path(temporary)), args.quantization)
        rows = work(base, "equal", STEPS, model.batch, model.length, Path(temporary) / "trials")
        clock = Clock(args.trials, args.rounds, base.device.startswith("cuda"))
        engine = Packed(base, args.trials, clock, lambda line: print(f"after {len(clock.at)} rounds: {line}"), adaptive=True)
        begun = time.perf_counter()
        broken = train(engine, rows, range(args.trials))
    if broken:
        raise broken[0].error
    print("seconds a round: " + " ".join(f"{later - earlier:.2f}" for earlier, later in pairwise([begun, *clock.at])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
