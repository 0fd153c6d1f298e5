"""`python -m sweep.judge STUDY --url http://localhost:8000/v1 --model NAME`: another model grades a study's answers once more.

Reads and writes the study's folders; nothing is trained or answered again, and no result is changed. What is not typed is taken
from `evaluation.judge` of the study. Interrupted, the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sweep.cli.plain import composed
from sweep.config import JudgeConfig, read_judge
from sweep.errors import ConfigFault, exit_code
from sweep.graders import JUDGE
from sweep.judging.study import grade
from sweep.report.live import View
from sweep.track import folder
from sweep.track.named import find


def main(argv: Sequence[str] | None = None) -> int:
    """Judge, and return the exit code: 0, 2 where there is no such study or no judge, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sweep.judge", description="Grade a study's answers a second time.")
    parser.add_argument("study", help="its folder, its name, or the beginning of it")
    parser.add_argument("--url", help="of an OpenAI-compatible server, before /chat/completions")
    parser.add_argument("--model", help="its name there")
    parser.add_argument("--key-env", metavar="NAME", help="environment variable that holds the key")
    parser.add_argument("--questions", type=int, metavar="N", help="at most N a level and split of each trial and arm")
    parser.add_argument("--output-dir", default="multirun", help="where studies are looked for by name")
    args = parser.parse_args(argv)
    typed = {name: getattr(args, name) for name in ("url", "model", "key_env", "questions") if getattr(args, name) is not None}
    return exit_code(
        lambda: _grade(find(args.study, Path(args.output_dir)), typed),
        "what was judged is kept, the same command goes on from there",
    )


def _grade(root: Path, typed: dict[str, Any]) -> None:
    about = json.loads((root / folder.STUDY).read_text(encoding="utf-8"))["config"]
    tracking = about["tracking"]
    grade(root, _wanted(about, typed), tracking["uri"], tracking["experiment"], View.warn)


def _wanted(about: dict[str, Any], typed: dict[str, Any]) -> JudgeConfig:
    """The judge of the study, where it was begun when there were judges, else conf/'s; with what was typed."""
    recorded = about["evaluation"].get("judge")
    group = asdict(composed([]).evaluation.judge) if recorded is None else recorded
    judge = read_judge({**group, **typed})
    if judge.url is None:
        raise ConfigFault(f"{JUDGE}.url: got null, expected an OpenAI-compatible server; type --url http://localhost:8000/v1")
    return judge


if __name__ == "__main__":
    sys.exit(main())
