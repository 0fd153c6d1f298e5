"""`python -m sweep.mark data.mix.path=en [overrides]`: asks the untouched base the rows to mix in, and marks those that it knows.

The base, the prompt and the file are those of the configuration that the overrides compose. The marks are written beside the
file, and `data.mix.known` chooses by them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sweep.cli.plain import composed
from sweep.config import Config
from sweep.data import mix, prompts
from sweep.data.files import read_rows
from sweep.data.records import TrainRow
from sweep.errors import ConfigFault, DataFault, Fault, raise_all
from sweep.evaluate import generation
from sweep.evaluate.scoring import Grade, score
from sweep.model import base as bases
from sweep.report.live import console, doing

ROOM = 32  # tokens an answer: a short fact that is known is said in fewer, and most of the time goes into what follows it
USAGE = "usage: python -m sweep.mark data.mix.path=en [overrides, such as model=hf model.source=owner/name]"


def main(argv: Sequence[str] | None = None) -> int:
    """Ask and write; the exit code: 0, 2 for bad input or a folder that may not be written, 130 after Ctrl-C."""
    words = list(sys.argv[1:] if argv is None else argv)
    if {"-h", "--help"} & set(words):
        console.print(f"{USAGE}\n\n{__doc__}", markup=False)
        return 0
    try:
        config = composed(words)
        file = _file(config)
        with doing() as now:
            marks = asked(config, file, now)
        place = mix.write_marks(file, marks)
    except (Fault, OSError) as fault:
        print(f"sweep: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    console.print(f"{marks.model} knows {len(marks.known)} of {marks.asked} rows of {file.name}; marks in {place}")
    return 0


def asked(config: Config, file: Path, now: Callable[[str], None] = lambda line: None) -> mix.Marks:
    """Ask the base of a configuration every row of a file; `now` hears how far it is. Raises: DataFault for rows without keys;
    ModelFault."""
    rows = read_rows(file)
    without = [row for row in rows if not row.keys]
    raise_all(DataFault, [f"{file.name}:{row.line}: keys: missing, expected what a right answer holds" for row in without])
    now(f"loading {config.model.name}")
    base = bases.of(config)
    prompt = prompts.build(base.tokenizer, config.prompt.template, config.prompt.system)
    (said,) = generation.answers(
        base.model,
        base.tokenizer,
        [[prompt.render(row.prompt) for row in rows]],
        limits=[min(ROOM, config.evaluation.max_new_tokens)],
        batch_size=config.evaluation.batch_size,
        ends=base.ends,
        on_batch=lambda count: now(f"{config.model.name} answered {count} of {len(rows)} rows"),
        say=console.print,
    )
    known = tuple(row.qa_id for row, answer in zip(rows, said, strict=True) if _right(row, answer.text))
    model, kind = config.model, config.quantization.kind
    return mix.Marks(model.name, model.source, base.revision, kind, mix.checksum(file), len(rows), known)


def _right(row: TrainRow, answer: str) -> bool:
    return score(answer, row.keys, gold=row.completion, question=row.prompt).grade == Grade.CORRECT


def _file(config: Config) -> Path:
    if config.data.mix.path is None:
        names = ", ".join(mix.shipped())
        raise ConfigFault(f"data.mix.path: got null, expected a .jsonl file of rows or one of {names}; {USAGE}")
    return mix.find(config.data.mix.path)


if __name__ == "__main__":
    sys.exit(main())
