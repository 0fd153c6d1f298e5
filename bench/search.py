"""Random or TPE, with and without halving: which finds more at equal trained tokens? On a table of trials trained for real.

    python -m bench.search table --shard 0/3 --seeds 0,1 --out shards      train a third of the table (a GPU; bench/filling.py)
    python -m bench.search merge docs/results/search_table.jsonl shards/*.jsonl
    python -m bench.search compare docs/results/search_table.jsonl --page docs/results/search.md          replay searches on it

The parts: `filling.py` (sweeps), `table.py` (what a table is), `replay.py` (one search), `compare.py` (many, and the page).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import compare, table
from bench.filling import AXES, Shard, fill, told


def main() -> int:
    """Fill a shard, merge shards, or compare searches."""
    args = _parser().parse_args()
    done: bool = args.act(args)
    return 0 if done else 1


def _table(args: argparse.Namespace) -> bool:
    index, of = args.shard
    axes = AXES | dict(args.axes)
    return fill(Shard(index, of, args.seeds, axes, tuple(args.words)), args.out, args.work, args.limit, args.commit)


def _merge(args: argparse.Namespace) -> bool:
    """True where the table is whole."""
    found = table.read(args.shards)
    found.write(args.file)
    print(f"{args.file}: {told(found)}")
    for words in found.missing()[:20]:
        print(f"missing: {words}")
    return not found.missing()


def _compare(args: argparse.Namespace) -> bool:
    """Replay the searches and write the page. Raises: SystemExit for a table that is not whole."""
    found = table.read([args.file])
    if found.missing():
        raise SystemExit(
            f"{args.file}: got a table without {', '.join(found.missing()[:3])} ...; train what is missing and merge"
        )
    searches = compare.run(args.file, args.budget, args.repeats, args.workers)
    text = compare.page(found, searches, args.budget, min(args.asked, args.repeats))
    args.page.write_text(text, encoding="utf-8")
    print(text)
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    acts = parser.add_subparsers(required=True)
    one = acts.add_parser("table", help="train a shard of the table with the product")
    one.set_defaults(act=_table)
    one.add_argument("--out", type=Path, required=True, help="folder for <shard>.jsonl")
    one.add_argument(
        "--work", type=Path, default=Path("table"), help="folder of the studies; with it a shard that was cut off goes on"
    )
    one.add_argument("--shard", type=_shard, default=(0, 1), help="such as 0/3: the first of three")
    one.add_argument("--seeds", type=_seeds, default=(0, 1), help="of training, such as 0,1")
    one.add_argument(
        "--limit", type=float, default=None, help="seconds after which the sweep is stopped and what has ended is written"
    )
    one.add_argument("--commit", default=None, help="for a machine without the repository's history")
    one.add_argument("--axes", type=_axis, nargs="+", default=[], metavar="KEY=A,B", help="instead of an axis of the table")
    one.add_argument("--words", nargs="+", default=[], metavar="KEY=VALUE", help="further overrides, such as model=tiny")
    one = acts.add_parser("merge", help="one table of several shards")
    one.set_defaults(act=_merge)
    one.add_argument("file", type=Path)
    one.add_argument("shards", type=Path, nargs="+")
    one = acts.add_parser("compare", help="replay searches on a table")
    one.set_defaults(act=_compare)
    one.add_argument("file", type=Path)
    one.add_argument("--page", type=Path, required=True)
    one.add_argument("--budget", type=int, default=192, help="epochs of one search")
    one.add_argument("--repeats", type=int, default=40)
    one.add_argument("--asked", type=int, default=5, help="of these the first are shown by themselves too")
    one.add_argument("--workers", type=int, default=2, help="processes")
    return parser


def _shard(text: str) -> tuple[int, int]:
    index, _, of = text.partition("/")
    if not (index.isdigit() and of.isdigit() and int(index) < int(of)):
        raise argparse.ArgumentTypeError(f"got {text}, expected for example 0/3, 1/3 or 2/3")
    return int(index), int(of)


def _seeds(text: str) -> tuple[int, ...]:
    if not all(word.isdigit() for word in text.split(",")):
        raise argparse.ArgumentTypeError(f"got {text}, expected whole numbers such as 0,1")
    return tuple(int(word) for word in text.split(","))


def _axis(text: str) -> tuple[str, tuple[str, ...]]:
    key, _, values = text.partition("=")
    if key not in AXES or not values:
        raise argparse.ArgumentTypeError(f"got {text}, expected KEY=A,B with one of {', '.join(AXES)}")
    return key, tuple(values.split(","))


if __name__ == "__main__":
    sys.exit(main())
