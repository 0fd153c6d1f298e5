"""Common knowledge in English and Japanese: rows to mix into training, and questions that tell what a training costs.

    python -m sweep.data.general --language en --out data/mix/en.jsonl

writes the rows of `data.mix`, the same bytes on any machine; `known` is what the company generator writes as known.jsonl.
Facts and wordings are typed in `general_<language>_world`, `general_<language>_words` and `general_known_<language>`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sweep.data import general_en_words, general_en_world, general_ja_words, general_ja_world
from sweep.data.general_known_en import ENGLISH
from sweep.data.general_known_ja import JAPANESE
from sweep.data.records import KnownItem, TrainRow
from sweep.data.schema import row_of
from sweep.errors import DataFault, Fault, did_you_mean

TOPICS = {
    "en": (*general_en_world.TOPICS, *general_en_words.TOPICS),
    "ja": (*general_ja_world.TOPICS, *general_ja_words.TOPICS),
}
PROBES = {"en": ENGLISH, "ja": JAPANESE}
LANGUAGES = tuple(TOPICS)


def rows(language: str) -> tuple[TrainRow, ...]:
    """Every question of a language with its answer and the keys of it. Raises: DataFault for a language that is not here."""
    return tuple(row for topic in TOPICS[_named(language)] for row in topic.rows(language))


def known(language: str) -> tuple[KnownItem, ...]:
    """The retention items of a language. Raises: DataFault for a language that is not here."""
    return tuple(PROBES[_named(language)].items(language))


def _named(language: str) -> str:
    if language not in LANGUAGES:
        raise DataFault(f"language: got {language}{did_you_mean(language, LANGUAGES)}")
    return language


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 with one message."""
    parser = argparse.ArgumentParser(
        prog="python -m sweep.data.general", description="Write unrelated rows to mix into training."
    )
    parser.add_argument("--language", default="en", help=f"one of {', '.join(LANGUAGES)} (default: en)")
    parser.add_argument("--out", type=Path, required=True, help="file to write, such as data/mix/en.jsonl")
    options = parser.parse_args(arguments)
    try:
        made = rows(options.language)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row_of(row), ensure_ascii=False) + "\n" for row in made)
        options.out.write_text(text, encoding="utf-8", newline="\n")
    except (Fault, OSError) as fault:
        print(fault, file=sys.stderr)
        return 2
    print(f"{len(made)} rows in {options.out}; which of them a base knows: python -m sweep.mark data.mix.path={options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
