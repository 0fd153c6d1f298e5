"""`python -m sweep.export STUDY --out DIR [--merge]`: the best adapter in PEFT's format, or merged into its model, with a card.

A merged model is loaded from its folder and asked the dev questions before its card is written: the sum is rounded to the base's
precision, and an adapter that was trained on a quantised base meets other weights.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sweep.config import Config
from sweep.demands import read
from sweep.errors import ConfigFault, ModelFault, exit_code
from sweep.model import base as bases
from sweep.model import merge
from sweep.report.card import card
from sweep.report.live import console
from sweep.report.winner import Winner, find
from sweep.track.named import find as find_study
from sweep.trial import Done, Failed, Trial
from sweep.worker import Worker

CARD = "README.md"
MOVED = 0.02  # a level's accuracy that merging may move before it is said aloud


def main(argv: Sequence[str] | None = None) -> int:
    """Export, and return the exit code: 0, or 2 where there is nothing to export or DIR is in use."""
    parser = argparse.ArgumentParser(prog="python -m sweep.export", description="Export a study's best adapter, or merge it.")
    parser.add_argument("study", help="its folder, its name, or the beginning of it")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    parser.add_argument("--merge", action="store_true", help="add the adapter into the weights of the base, and measure again")
    parser.add_argument("--output-dir", default="multirun", help="where studies are looked for by name")
    args = parser.parse_args(argv)
    return exit_code(lambda: export(find_study(args.study, Path(args.output_dir)), args.out, merged=args.merge))


def export(root: Path, out: Path, *, merged: bool) -> None:
    """Write the winner of a study into a folder. Raises: ConfigFault, ModelFault; the folder is then as it was."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigFault(f"--out: got {out}, which is not empty, expected a new folder")
    winner = find(root)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as temporary:
        made = Path(temporary) / "made"
        levels = None
        if merged:
            levels = _merged(winner, made)
        else:
            shutil.copytree(winner.adapter, made)
        (made / CARD).write_text(card(winner, root.name, levels), encoding="utf-8")
        made.replace(out)
    if winner.note:
        console.print(f"Note: {winner.note}")
    console.print(f"{'Merged model' if merged else 'Adapter'} of {winner.title} in {out}; its card: {out / CARD}")
    for line in _moved(winner.body["levels"], levels or {}):
        console.print(line)


def _merged(winner: Winner, made: Path) -> dict[str, dict[str, Any]]:
    """Merge, and measure what was written: its levels on dev."""
    config = _plain(read(winner.config))
    merge.write(bases.of(config), winner.adapter, made)
    return measured(config, made)


def measured(config: Config, model: Path) -> dict[str, dict[str, Any]]:
    """The levels of a model folder on dev, asked as a trial of this configuration is. Raises: ModelFault where that fails."""
    source = replace(config.model, source=str(model), revision=None)
    asked = replace(_plain(config), model=source, evaluation=replace(config.evaluation, splits=("dev",)))
    with tempfile.TemporaryDirectory() as temporary:
        worker = Worker(console.print, [asked], 1)
        worker.start(Trial(asked, Path(temporary), "", "", arm="merged"))
        (event,) = worker.advance()
    if isinstance(event, Failed):
        raise ModelFault(f"--merge: the merged model could not be asked: {(event.outcome.error or '').strip().splitlines()[-1]}")
    assert isinstance(event, Done), "an arm is done or failed"
    return event.outcome.levels


def _plain(config: Config) -> Config:
    """The same on a base that is not quantised."""
    return replace(config, quantization=replace(config.quantization, kind="none"))


def _moved(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A line for each level whose accuracy merging moved by more than a question or two."""
    pairs = [(level, before[level]["accuracy"], figures["accuracy"]) for level, figures in after.items() if level in before]
    return [f"{level}: {was:.2f} as trained, {now:.2f} merged" for level, was, now in pairs if abs(was - now) > MOVED]


if __name__ == "__main__":
    sys.exit(main())
