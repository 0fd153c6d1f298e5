"""`python -m sweep.certify [overrides]`: which questions of a data set an untouched base can be measured with.

Every question is put in several wordings, alone and with its facts in the prompt. One that the base answers without having learnt
it, or does not answer with the fact before its eyes, is flagged for this base: tables then stand with and without it. None is
replaced.
Interrupted, the same command goes on; with more --wordings it adds to those that were asked.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sweep.arms import KINDS
from sweep.cli.plain import composed
from sweep.config import Config
from sweep.data import source
from sweep.data.records import Dataset, EvalItem
from sweep.errors import ConfigFault, exit_code
from sweep.evaluate.context import Contexts
from sweep.evaluate.exam import Exam
from sweep.evaluate.scoring import Grade
from sweep.evaluate.wordings import ALONE, MOST, WITH_FACTS
from sweep.model import base as bases
from sweep.model.base import Base
from sweep.report import certified
from sweep.report.live import console
from sweep.text.script import japanese
from sweep.track import certificate, provenance
from sweep.track.certificate import Certificate, Mark
from sweep.track.folder import write_atomically
from sweep.trial import Trial

Asks = Callable[[EvalItem], str]


def main(argv: Sequence[str] | None = None) -> int:
    """Certify, and return the exit code: 0, 2 for bad input, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sweep.certify", description="Ask a base every question in several wordings.")
    parser.add_argument("overrides", nargs="*", help="such as data.path=larkspur_en model=tiny")
    parser.add_argument("--wordings", type=int, default=MOST, help=f"of each question, 1 to {MOST}")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="default: certified/ beside the questions, where tables look for it"
    )
    parser.add_argument("--page", type=Path, metavar="FILE", help="also write the table by level as Markdown")
    args = parser.parse_args(argv)
    return exit_code(
        lambda: certify(composed(args.overrides), args.wordings, args.out, args.page),
        "wordings that were asked are kept, the same command goes on from there",
    )


def certify(config: Config, wordings: int, out: Path | None, page: Path | None) -> None:
    """Ask what was not asked yet, write the certificate, and show it. Raises: Fault before the base is asked anything."""
    if not 1 <= wordings <= MOST:
        raise ConfigFault(f"--wordings: got {wordings}, expected 1 to {MOST}")
    dataset = source.load(config.data.path)  # before the base, which may have to be converted
    candidate = Candidate(bases.of(config), config, dataset)  # before a folder is made for nothing
    place = out or certificate.room(source.place(config.data.path))
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigFault(f"--out: {place} cannot be written ({error.strerror}); type --out with a folder that can") from error
    name = config.model.name if config.quantization.kind == "none" else f"{config.model.name}-{config.quantization.kind}"
    file = place / f"{name}.json"
    found = candidate.asked(_begun(file, candidate), wordings, file.with_suffix(certificate.PART))
    certificate.write(file, found)
    file.with_suffix(certificate.PART).unlink(missing_ok=True)
    console.print(certified.page(found))
    console.print(f"Certificate: {file}")
    if page is not None:
        write_atomically(page, certified.page(found))


@dataclass(frozen=True)
class Candidate:
    """A base before the questions of a data set."""

    base: Base
    config: Config
    dataset: Dataset

    @property
    def blank(self) -> Certificate:
        """Nothing asked yet."""
        config, (commit, dirty) = self.config, provenance.git_state()
        about = {
            "model": config.model.name,
            "source": self.base.source,
            "revision": self.base.revision,
            "quantization": self.base.quantization,
            "precision": self.base.precision,
            "device": self.base.described_device(),
            "data": self.dataset.name,
            "digest": self.dataset.digest,
            "prompt": {"template": config.prompt.template, "system": config.prompt.system},
            "max_new_tokens": config.evaluation.max_new_tokens,
            "commit": commit,
            "dirty": dirty,
            "date": provenance.now(),
        }
        return Certificate(about, {"alone": (), "told": ()}, {item.qid: Mark(item.level) for item in self.dataset.eval})

    @property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """All wordings, in the language of the questions."""
        language = japanese(item.prompt for item in self.dataset.eval)
        return {"alone": ALONE[language], "told": WITH_FACTS[language]}

    def asked(self, begun: Certificate, wordings: int, part: Path) -> Certificate:
        """So many wordings of every question; after each, what is known is written to `part`."""
        for at in range(wordings):
            for way, wording in ((way, texts[at]) for way, texts in self.texts.items() if at >= len(begun.wordings[way])):
                begun = begun.with_answers(way, wording, self._right(self._way(way, wording)))
                certificate.write(part, begun)
                right = sum(getattr(mark, way)[-1] == "1" for mark in begun.marks.values())
                what = "alone" if way == "alone" else "with the facts"
                console.print(f"wording {at + 1} of {wordings}, {what}: {right} of {len(begun.marks)} answered right")
        return begun

    def _way(self, way: str, wording: str) -> Asks:
        if way == "alone":
            return lambda item: wording.replace("{question}", item.prompt)
        return Contexts(self.dataset, KINDS["gold"], replace(self.config.evaluation.retrieval, template=wording)).asks

    def _right(self, asks: Asks) -> dict[str, bool]:
        """Whether each question is answered right, put like this."""
        everything = replace(self.config.evaluation, levels=(1, 2, 3, 4, 5), splits=("dev", "test"), questions=None)
        trial = Trial(replace(self.config, evaluation=everything), Path(), "", "", arm="base")
        exam = Exam(self.base.tokenizer, self.base.ends, _unheard, console.print, asks)
        (graded,) = exam.whole([(trial, self.dataset)], self.base.model)
        return {one.item.qid: one.score.grade == Grade.CORRECT for one in graded}


ASKED_ALIKE = ("source", "revision", "quantization", "precision", "digest", "prompt", "max_new_tokens")


def _begun(file: Path, candidate: Candidate) -> Certificate:
    """What was asked before in the same way, of which the first wordings are still the same; else a blank one."""
    blank = candidate.blank
    for former in (file.with_suffix(certificate.PART), file):
        if former.is_file():
            found = certificate.read(former)
            same = all(found.about.get(key) == blank.about[key] for key in ASKED_ALIKE)
            if same and all(_begins(texts, found.wordings[way]) for way, texts in candidate.texts.items()):
                return replace(found, about=blank.about)
    return blank


def _begins(texts: Sequence[str], asked: Sequence[str]) -> bool:
    return list(texts[: len(asked)]) == list(asked)


def _unheard(name: str, doing: str) -> None:
    """Progress within one wording is not shown."""


if __name__ == "__main__":
    sys.exit(main())
