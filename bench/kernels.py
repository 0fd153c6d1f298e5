"""Where a step of everybody spends its time: the device's own seconds by kind of kernel.

    python -m bench.kernels --model 7b --trials 32 --compile

By torch.profiler, over a few steps after the warm-up; passes are not recorded, since a recording hides what is in it. On a CPU
the kinds are those of PyTorch's operators.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from bench import bases
from bench.timing import Clock
from bench.training import train
from bench.work import work
from torch.profiler import ProfilerActivity, profile

from sweep.train.packed import Packed

KINDS = {  # the first whose pattern is in a kernel's name
    "attention": r"fmha|flash|attention|sdpa|cudnn",
    "optimizer": r"adam|multi_tensor|foreach",
    "products": r"gemm|gemv|cutlass|nvjet|xmma|addmm|\bmm\b|bmm|matmul|linear",
    "fused by compiling": r"triton",
    "copies": r"copy|memcpy|memset|cat|gather|scatter|index|fill",
    "other": r"",
}


def main() -> int:
    """Print milliseconds of a step and shares, the largest first."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="embedded", choices=bases.MODELS)
    parser.add_argument("--quantization", default="none", choices=("none", "nf4", "int8"))
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--warmup", type=int, default=4, help="steps before")
    parser.add_argument("--steps", type=int, default=3, help="steps that are looked at")
    parser.add_argument("--compile", action="store_true", help="compile the blocks first")
    parser.add_argument("--folder", type=Path, default=None, help="where bases of random weights stay; default: a temporary one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found = _seconds(args, Path(temporary))
    whole = sum(found.values())
    print(f"{1e3 * whole / args.steps:.1f} ms of the device a step of {args.trials} trials")
    for kind, seconds in sorted(found.items(), key=lambda one: -one[1]):
        print(f"{kind:20s} {1e3 * seconds / args.steps:8.1f} ms  {100 * seconds / whole:4.0f} %")
    return 0


def _seconds(args: argparse.Namespace, temporary: Path) -> dict[str, float]:
    """Seconds of all looked-at steps, by kind."""
    model = bases.MODELS[args.model]
    base = bases.load(bases.source(args.model, args.folder or temporary), args.quantization)
    rows = work(base, "equal", args.warmup + args.steps + 1, model.batch, model.length, temporary / "trials")
    cuda = base.device.startswith("cuda")
    watch = profile(activities=[ProfilerActivity.CUDA if cuda else ProfilerActivity.CPU])
    clock = Clock(args.trials, args.warmup + args.steps, cuda)

    def step(key: str, at: int, steps: int, loss: float) -> None:
        before = len(clock.at)
        clock(key, at, steps, loss)
        if before < args.warmup == len(clock.at):
            watch.start()

    engine = Packed(base, args.trials, step, record=False)
    if args.compile:
        engine.compile()
    broken = train(engine, rows, range(args.trials))
    watch.stop()
    if broken:
        raise broken[0].error
    found: dict[str, float] = defaultdict(float)
    for event in watch.key_averages():
        found[_kind(event.key)] += 1e-6 * (event.self_device_time_total if cuda else event.self_cpu_time_total)
    return found


def _kind(kernel: str) -> str:
    return next(kind for kind, pattern in KINDS.items() if re.search(pattern, kernel, re.IGNORECASE))


if __name__ == "__main__":
    sys.exit(main())
