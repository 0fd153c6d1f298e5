"""The article's recipe on random weights of its model's shape: memory, seconds of an epoch, and how many packed trials fit.

    python -m bench.article run --folder BASES --out article.json        a GPU; files of the base stay in BASES
    python -m bench.article run --parts slots --cards 80 --begin 32 --most 48 --out article.json     32 fit, and how many more?
    python -m bench.article page docs/results/article_7b.json            docs/results/article_7b.md

`run` starts the recipe as a user does, `python -m sweep +experiment=article`, in this process, held to 24 GB of memory. Then
the packed engine trains the same rows with threshold 0 and adamw, with ever more trials at once, in 24 GB and in all there is,
or in what `--cards` says.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from bench import bases
from bench.article_page import page
from bench.bases import MODELS, SET
from bench.run import ROOT, commit
from bench.timing import forget_peak, now, peak
from bench.training import clear
from tests.composed import config

from sweep.cli.main import main as sweep
from sweep.data import files, prompts, tokens
from sweep.model.base import Base
from sweep.selection import training_rows
from sweep.track import folder
from sweep.train.engine import Broken, Plan
from sweep.train.packed import Packed
from sweep.train.room import trial_bytes

PAGE = ROOT / "docs/results/article_7b.md"
CARD, ALL = 24e9, "all"  # bytes of the article's card; all that the device has
# The recipe's largest arm, for one epoch on 90 rows as the article had; a few questions show that answering fits as well.
# of the English set: its 90 direct rows are as many as the article's, and the models here have no Japanese tokenizer
ARM = ("lora.targets=all", "lora.lm_head=true", "data.path=larkspur_en", "data.kinds=[direct]", "training.epochs=1")
ASKED = ("evaluation.questions=2", "evaluation.arms=[]", "evaluation.splits=[dev]")
PACKED = ("training.engine=packed", "training.optimizer=adamw", "quantization.threshold=0")


@dataclass(frozen=True)
class Attempt:
    """So many trials trained at once for one epoch."""

    trials: int
    fits: bool  # in passes of all trials, none halved
    seconds: float  # of the epoch, all trials together
    peak_bytes: int
    says: tuple[str, ...]  # what the engine said, or why it failed


def main() -> int:
    """Measure, or write the page of what was measured."""
    args = _parser().parse_args()
    if args.act == "page":
        PAGE.write_text(page(json.loads(args.file.read_text(encoding="utf-8"))), encoding="utf-8")
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        where = bases.source(args.model, args.folder or Path(temporary))
        found = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else _about(args)
        if "recipe" in args.parts:
            found["recipe"] = recipe(where, Path(temporary) / "recipe", args.words)
            _write(args.out, found)
        if "slots" in args.parts:
            base = bases.load(where, "int8")
            for card in args.cards if base.device.startswith("cuda") else (ALL,):
                name, cap = (ALL, None) if card == ALL else (f"{card} GB", float(card) * 1e9)
                attempts: list[dict[str, Any]] = []
                found[name] = attempts
                found.setdefault("measured", {})[name] = _about(args)
                slots(base, cap, args.begin, args.most, args.words, partial(_kept, args.out, found, attempts))
            found["predicted_trial_bytes"] = trial_bytes(
                base.layers, base.precision, (one := _plan(base, args.words, 0)).rows, [one]
            )
            _write(args.out, found)
    return 0


def recipe(where: str, work: Path, words: Sequence[str]) -> dict[str, Any]:
    """One epoch of the article's recipe through the command line; seconds, and bytes at most, of training and of all."""
    cuda = torch.cuda.is_available()
    clear()
    forget_peak(cuda)
    if cuda:
        torch.cuda.set_per_process_memory_fraction(CARD / torch.cuda.get_device_properties(0).total_memory)
    places = [f"model.source={where}", f"output_dir={work}", f"tracking.uri=sqlite:///{work / 'mlflow.db'}"]
    begun = time.perf_counter()
    if sweep(["+experiment=article", *ARM, *ASKED, *places, *words]):
        raise SystemExit("the recipe was not completed; see what it said above")
    seconds = time.perf_counter() - begun
    (file,) = work.glob(f"single-*/*/{folder.RESULT}")
    body = json.loads(file.read_text(encoding="utf-8"))
    found = {"train": body["train"], "provenance": body["provenance"], "seconds": seconds, "peak_bytes": peak(cuda)}
    if cuda:
        found |= {"reserved_bytes": torch.cuda.max_memory_reserved(), "outside_bytes": _outside()}
        torch.cuda.set_per_process_memory_fraction(1.0)
    clear()
    return found


def slots(base: Base, cap: float | None, begin: int, most: int, words: Sequence[str], heard: Callable[[Attempt], None]) -> int:
    """How many trials fit, where `begin` are known to. `cap` in bytes, None: no cap; `heard` is told of each attempt, so that
    a run that is cut off keeps what it found."""
    cuda = base.device.startswith("cuda")
    if cuda:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(1.0 if cap is None else cap / total)

    def fits(trials: int) -> bool:
        told = attempt(base, trials, words)
        heard(told)
        print(
            f"cap {cap}: {trials} trials {told.fits} {told.seconds:.1f} s {told.peak_bytes / 2**30:.1f} GiB",
            *told.says,
            flush=True,
        )
        return told.fits

    return largest(fits, most, begin)


def largest(fits: Callable[[int], bool], most: int, begin: int = 0) -> int:
    """The largest number up to `most` that fits, to within a sixteenth, since each attempt takes an epoch; 0: not even 1 does.
    Ever more are tried, doubled until they no longer fit and then halved between; halved at once from `begin`, which fits."""
    good, bad = begin, 1 if not begin else most + 1
    while bad <= most and fits(bad):
        good, bad = bad, 2 * bad
    bad = min(bad, most + 1)
    while bad - good > max(1, good // 16):
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def attempt(base: Base, trials: int, words: Sequence[str]) -> Attempt:
    """Train one epoch of so many trials at once."""
    cuda = base.device.startswith("cuda")
    clear()
    forget_peak(cuda)
    said: list[str] = []
    engine = Packed(base, trials, None, said.append)
    running: list[str] = []
    seconds = 0.0
    try:
        for trial in range(trials):
            engine.start(str(trial), _plan(base, words, trial))
            running.append(str(trial))
        begun = now(cuda)
        ended: list[str] = []
        while len(ended) < trials:
            events = engine.advance()
            broken = [one for one in events if isinstance(one, Broken)]
            running = [key for key in running if key not in {one.key for one in broken}]
            if broken:
                raise broken[0].error
            ended += [one.key for one in events]
        seconds = now(cuda) - begun
    except (RuntimeError, MemoryError) as error:  # memory ran out before a pass could be halved
        said.append(f"{type(error).__name__}: {str(error).splitlines()[0][:120]}")
    finally:
        for key in running:
            engine.stop(key)
        engine.close()
    return Attempt(trials, not said, seconds, peak(cuda), tuple(said))


def _plan(base: Base, words: Sequence[str], trial: int) -> Plan:
    """The recipe's training of one trial in the packed engine, each with a seed, and so an order of rows, of its own."""
    chosen = config("+experiment=article", *ARM, *PACKED, f"model.source={base.source}", *words)
    rows = training_rows(files.load(chosen.data.path), chosen.data, chosen.seed)
    prompt = prompts.build(base.tokenizer, chosen.prompt.template, chosen.prompt.system)
    made = tokens.tokenise(rows, base.tokenizer, prompt, chosen.training.max_length, chosen.data.end_token_in_labels)
    modules = base.layers.select(chosen.lora.targets, chosen.lora.layers, chosen.lora.lm_head)
    place = Path(tempfile.gettempdir()) / "bench-article" / str(trial)
    return Plan(made, modules, chosen.lora, replace(chosen.training, keep="last"), trial, place)


def _outside() -> int:
    """Bytes that the device holds beside PyTorch's: its context and what other libraries took."""
    free, total = torch.cuda.mem_get_info()
    return int(total - free - torch.cuda.memory_reserved())


def _about(args: argparse.Namespace) -> dict[str, Any]:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return {"model": MODELS[args.model].told, "device": device, "commit": args.commit or commit(), "set": SET}


def _kept(file: Path, found: dict[str, Any], attempts: list[dict[str, Any]], one: Attempt) -> None:
    attempts.append(vars(one))
    _write(file, found)


def _write(file: Path, found: dict[str, Any]) -> None:
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    acts = parser.add_subparsers(dest="act", required=True)
    run = acts.add_parser("run", help="measure")
    run.add_argument("--model", default="7b", choices=MODELS, help="whose shape (default: %(default)s)")
    run.add_argument("--folder", type=Path, default=None, help="where the base of random weights stays; default: a temporary one")
    run.add_argument("--out", type=Path, default=Path("article.json"), help="what was measured; a second run adds to it")
    run.add_argument("--parts", nargs="+", default=("recipe", "slots"), choices=("recipe", "slots"))
    run.add_argument("--cards", nargs="+", default=("24", ALL), metavar="GB", help="memory that trials are held to; all: no cap")
    run.add_argument("--begin", type=int, default=0, help="trials at once that are known to fit (default: none)")
    run.add_argument("--most", type=int, default=64, help="trials at once, at most")
    run.add_argument("--commit", default=None, help="for a machine without the repository's history")
    run.add_argument("--words", nargs="+", default=[], metavar="KEY=VALUE", help="further overrides, such as data.facts=2")
    act = acts.add_parser("page", help="write docs/results/article_7b.md")
    act.add_argument("file", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
