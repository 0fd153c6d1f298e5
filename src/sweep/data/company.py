"""Invent a company: facts, training rows and five levels of questions, from a seed and a language.

    python -m sweep.data.company --language en --facts 30 --seed 7 --out data/larkspur_en
    python -m sweep.data.company --language ja --out data/kirisagi_ja
    python -m sweep.data.company --language en --profile article --out data/kirisagi_en

The same arguments write the same bytes on any machine. Words and values live in the language (`sweep.data.phrasing_en`), facts in
`told`, rows in `company_rows` and `company_further`, questions in `company_levels`; here they become one set. One profile and
seed is one company, in every language of the profile.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sweep.data import company_further as further
from sweep.data import company_levels as levels
from sweep.data import company_rows as rows
from sweep.data import general
from sweep.data.company_neighbours import neighbours
from sweep.data.phrasing import Language
from sweep.data.phrasing_article_en import ARTICLE_ENGLISH
from sweep.data.phrasing_en import ENGLISH
from sweep.data.phrasing_ja import JAPANESE
from sweep.data.records import EvalItem, Fact, KnownItem, Neighbour, TrainRow
from sweep.data.schema import row_of
from sweep.data.told import drawn, groups
from sweep.errors import DataFault, Fault, did_you_mean

LANGUAGES = (ENGLISH, ARTICLE_ENGLISH, JAPANESE)  # the first of a code is its default
LEAST_FACTS = 12  # fewer cannot fill level 4 with pairs that leave others for training


@dataclass(frozen=True)
class Company:
    """A finished set, file by file."""

    name: str
    facts: tuple[Fact, ...]
    train: tuple[TrainRow, ...]
    paraphrases: tuple[TrainRow, ...]
    eval: tuple[EvalItem, ...]
    known: tuple[KnownItem, ...]
    neighbours: tuple[Neighbour, ...]
    joins: tuple[TrainRow, ...] = ()
    reasoning: tuple[TrainRow, ...] = ()

    def files(self) -> dict[str, str]:
        """File name to content."""
        parts: dict[str, Sequence[Fact | TrainRow | EvalItem | KnownItem | Neighbour]] = {
            "facts.jsonl": self.facts,
            "train.jsonl": self.train,
            "paraphrases.jsonl": self.paraphrases,
            "eval.jsonl": self.eval,
            "known.jsonl": self.known,
            "neighbours.jsonl": self.neighbours,
        }
        parts |= {name: added for name, added in (("joins.jsonl", self.joins), ("reasoning.jsonl", self.reasoning)) if added}
        return {
            name: "".join(json.dumps(row_of(record), ensure_ascii=False) + "\n" for record in records)
            for name, records in parts.items()
        }


def invent(language: str = "en", facts: int | None = None, seed: int = 7, profile: str | None = None) -> Company:
    """The company of this seed. A larger number of facts adds facts and leaves those of a smaller one as they are.

    None: the usual number of facts, the language's first profile.
    """
    words = spoken(language, profile)
    facts = words.usual if facts is None else facts
    if not LEAST_FACTS <= facts <= len(words.relations):
        raise DataFault(
            f"facts: got {facts}, expected {LEAST_FACTS}–{len(words.relations)}; for more, pool companies of other seeds"
        )
    if seed < 0:
        raise DataFault(f"seed: got {seed}, expected 0 or more")
    told = drawn(words, facts, seed)
    random = Random(f"{words.stream}/{seed}/rows")
    asked_together = groups(told, random)
    train = [*rows.direct(told), *rows.denials(words, told, random), *rows.pairs(words, asked_together)]
    asked = (
        levels.verbatim(told),
        levels.rephrased(words, told),
        levels.reformatted(words, told),
        levels.integrated(words, asked_together),
        levels.combined(words, told),
    )
    name, _ = words.company(seed)
    return Company(
        name,
        facts=tuple(one.fact for one in told),
        train=tuple(train),
        paraphrases=tuple(rows.paraphrases(words, told)),
        eval=tuple(levels.trapped(told, item) if words.tells_traps else item for level in asked for item in level),
        known=general.known(words.code),
        neighbours=tuple(neighbours(words, words.relations[:facts], seed)),
        joins=tuple(further.joins(words, asked_together, train)),
        reasoning=tuple(further.reasoning(words, told, seed)),
    )


def spoken(code: str, profile: str | None = None) -> Language:
    """The words of a language for a profile of company. Raises DataFault."""
    found = {words.profile: words for words in LANGUAGES if words.code == code}
    profiles = list(dict.fromkeys(words.profile for words in LANGUAGES))
    if not found:
        raise DataFault(f"language: got {code!r}{did_you_mean(code, dict.fromkeys(words.code for words in LANGUAGES))}")
    if profile is not None and profile not in profiles:
        raise DataFault(f"profile: got {profile!r}{did_you_mean(profile, profiles)}")
    if profile is not None and profile not in found:
        raise DataFault(f"profile: got {profile!r}, which is not told in language {code}; expected {', '.join(found)}")
    return found[profile or next(iter(found))]


# ---- command line -----------------------------------------------------------------------------------------------------


def write(company: Company, folder: Path) -> None:
    """Write its files, and leave other files of the folder alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in company.files().items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 with one message."""
    parser = argparse.ArgumentParser(prog="python -m sweep.data.company", description="Invent a company and write its data set.")
    parser.add_argument("--language", default="en", help="en or ja (default: en)")
    parser.add_argument("--profile", help="general or article (default: the first for en, the second for ja, which has no other)")
    parser.add_argument("--facts", type=int, help="number of facts (default: 30, in profile article all 32)")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another company (default: 7)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, such as data/larkspur_en")
    options = parser.parse_args(arguments)
    try:
        company = invent(options.language, options.facts, options.seed, options.profile)
        write(company, options.out)
    except (Fault, OSError) as fault:
        print(fault, file=sys.stderr)
        return 2
    trained, questions = len(company.train), len(company.eval)
    print(f"{company.name}: {len(company.facts)} facts, {trained} training rows, {questions} questions in {options.out}")
    print(f"check it with: python -m sweep.data.check {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
