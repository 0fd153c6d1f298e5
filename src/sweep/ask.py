"""`python -m sweep.ask STUDY "question" ...`: the untouched base and the best adapter answer, one under the other.

STUDY is a study's folder, or its name or the beginning of it under multirun/. Without a question, they are read line by line.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sweep.config import Config
from sweep.data import prompts
from sweep.demands import read
from sweep.errors import exit_code
from sweep.evaluate import generation
from sweep.model import base as bases
from sweep.model import lora
from sweep.model.base import Base
from sweep.report.live import console
from sweep.report.winner import Winner, find
from sweep.track.named import find as find_study


def main(argv: Sequence[str] | None = None) -> int:
    """Answer, and return the exit code: 0, 2 where there is no such study or no adapter, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sweep.ask", description="Ask a study's base and its best adapter.")
    parser.add_argument("study", help="its folder, its name, or the beginning of it")
    parser.add_argument(
        "questions", nargs="*", metavar="question", help="default: read from the keyboard, or a file, line by line"
    )
    parser.add_argument("--output-dir", default="multirun", help="where studies are looked for by name")
    args = parser.parse_args(argv)
    return exit_code(lambda: _answer(find_study(args.study, Path(args.output_dir)), args.questions))


def _answer(root: Path, questions: Sequence[str]) -> None:
    asked = Asked.of(find(root))
    for question in questions or _typed():
        asked.answer(question, console.print)


class Asked:
    """A base and one adapter on it, both answering as they were measured."""

    def __init__(self, base: Base, config: Config, winner: Winner) -> None:
        self._base, self._config, self._winner = base, config, winner
        self._prompt = prompts.build(base.tokenizer, config.prompt.template, config.prompt.system)

    @classmethod
    def of(cls, winner: Winner) -> Asked:
        """Load the base that the winner was trained on. Raises: ModelFault where it cannot be had."""
        config = read(winner.config)
        if winner.note:
            console.print(f"Note: {winner.note}")
        return cls(bases.of(config), config, winner)

    def answer(self, question: str, say: Callable[[str], None]) -> None:
        """Ask both, and say what each says."""
        say(question)
        say(_indented("base", self._said(self._base.model, question)))
        model = lora.load_into(self._base, self._winner.adapter)
        try:
            say(_indented(self._winner.title, self._said(model.eval(), question)))
        finally:
            lora.detach(model)

    def _said(self, model: object, question: str) -> str:
        limit, base = self._config.evaluation.max_new_tokens, self._base
        asked = [[self._prompt.render(question)]]
        ((found,),) = generation.answers(model, base.tokenizer, asked, limits=[limit], batch_size=1, ends=base.ends)
        return found.text if found.ended else f"{found.text} … (cut after {limit} tokens: evaluation.max_new_tokens)"


def _indented(name: str, said: str) -> str:
    """An answer under its name, further lines of it below."""
    return textwrap.indent(f"{name}: {said}", "  ")


def _typed() -> Iterable[str]:
    """Questions from standard input, each a line."""
    if sys.stdin.isatty():
        console.print("Type a question and Enter; Ctrl-D ends.")
    return (line.strip() for line in sys.stdin if line.strip())


if __name__ == "__main__":
    sys.exit(main())
