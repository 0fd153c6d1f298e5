"""How many times faster than TRL: training, answering and whole sweeps, measured side by side in one run.

    python bench/packed.py --model embedded --out cpu.json                one run; --help tells what can be chosen
    python bench/packed.py --page docs/results/packed_cpu.md cpu.json     the page from one run or several

A ratio is always of two figures of one run: what TRL takes and what we take, minutes apart on one machine. `make bench` does both
on a CPU. The parts: `timing.py` (clocks), `training.py`, `answering.py`, `sweeping.py`, the bases and rows they are given
(`bases.py`, `work.py`), and `page.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # instead of this folder: its files are `bench.<name>`
sys.path.insert(1, str(ROOT / "src"))

PARTS = ("trl", "solo", "packed", "answers", "sweep", "sweep-trl")
ROWS = ("equal", "real", "mixed")


def main() -> int:
    """One run, or the page of earlier runs."""
    parser = _parser()
    args = parser.parse_args()
    if args.page is not None:
        from bench.page import write

        if missing := [str(file) for file in args.files if not file.is_file()] or (not args.files and ["no file"]):
            parser.error(f"--page: got {', '.join(missing)}, expected JSON files of earlier runs: --page PAGE.md a.json b.json")
        write(args.page, args.files)
        return 0
    from bench.run import run
    from bench.settings import Settings

    named = {name: value for name, value in vars(args).items() if name not in ("page", "files", "out")}
    run(Settings(**named), args.out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--page", type=Path, metavar="FILE.md", help="write this page from the JSON files named behind it, and stop")
    add("files", nargs="*", type=Path, help="with --page: what earlier runs wrote")
    add("--out", type=Path, default=Path("bench.json"), help="where the measurements go")
    add("--model", default="embedded", help="tiny | embedded | 135m | 7b (the last two with random weights)")
    add("--quantization", default="none", choices=("none", "nf4", "int8"), help="int8 with threshold 0")
    add("--parts", type=_words(PARTS), default=PARTS[:5], help=f"of {','.join(PARTS)}; default: all but sweep-trl")
    add("--rows", type=_words(ROWS), default=("equal", "real"), help=f"of {','.join(ROWS)}: see bench/work.py")
    add("--slots", type=_numbers, default=(4, 8, 16, 32), help="trials in a pack, such as 4,8,16,32")
    add("--repeats", type=int, default=3, help="windows timed; the page shows their median")
    add("--steps", type=int, default=8, help="optimizer steps of every trial in a window")
    add("--warmup", type=int, default=None, help="steps before the first window; default: 30 on CUDA, where passes are recorded")
    add("--compile", action="store_true", help="compile the blocks of packed runs, as the product does in long trainings on CUDA")
    add("--questions", type=int, default=20, help="asked one at a time, over all repeats")
    add("--asked", type=int, default=20, help="questions to each adapter of a pack")
    add("--tokens", type=int, default=48, help="tokens of an answer at most")
    add("--cap-gb", type=float, default=None, help="memory this process may take of the GPU, in 10^9 bytes")
    add("--sweep-repeats", type=int, default=1, help="times the whole sweep runs")
    add("--trials", type=int, default=36, help="of the sweep; 36: 3 target sets x 3 ranks x 4 learning rates")
    add("--sweep-args", nargs="+", default=(), metavar="KEY=VALUE", help="makes the sweep smaller, such as training.epochs=1")
    add("--folder", type=Path, default=None, help="where bases of random weights stay from run to run; default: a temporary one")
    add("--commit", default=None, help="for a machine without the repository's history")
    return parser


def _words(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        words = tuple(text.split(","))
        if odd := [word for word in words if word not in known]:
            raise argparse.ArgumentTypeError(f"got {','.join(odd)}, expected some of {','.join(known)}")
        return words

    return read


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"got {text}, expected whole numbers such as 4,8,16") from error


if __name__ == "__main__":
    sys.exit(main())
