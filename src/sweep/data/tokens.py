"""Token rows with the loss on the answer only. Both engines train on exactly these ids.

A row is cut right after the end token: whatever a chat template prints behind it would become the last label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sweep.data.prompts import Prompt
from sweep.data.records import TrainRow
from sweep.errors import DataFault

IGNORED = -100  # the label that torch's cross entropy leaves out


@dataclass(frozen=True)
class TokenRow:
    """One training row: prompt, answer and end token."""

    input_ids: tuple[int, ...]
    completion_mask: tuple[int, ...]  # 1 where a token is learned

    @property
    def labels(self) -> tuple[int, ...]:
        """The token ids to predict, IGNORED where nothing is learned; not shifted."""
        return tuple(i if learned else IGNORED for i, learned in zip(self.input_ids, self.completion_mask, strict=True))


def tokenise(
    rows: Sequence[TrainRow], tokenizer: Any, prompt: Prompt, max_length: int, end_token_in_labels: bool
) -> tuple[TokenRow, ...]:
    """Training rows as token ids: the prompt's, the answer's, the end token's.

    Raises DataFault naming the longest of the rows that have more than `max_length` tokens, since they would lose their end.
    """
    end = int(tokenizer.eos_token_id)
    tokenised, long = [], list[tuple[int, str]]()
    for row in rows:
        asked = encode(tokenizer, prompt.render(row.prompt))
        answer = [*encode(tokenizer, row.completion), end]
        if (got := len(asked) + len(answer)) > max_length:
            long.append((got, row.qa_id))
        learned = [1] * (len(answer) - 1) + [int(end_token_in_labels)]
        tokenised.append(TokenRow((*asked, *answer), (*[0] * len(asked), *learned)))
    if long:
        got, longest = max(long)
        many = f"{len(long)} of {len(rows)} rows are too long, the longest, {longest}" if len(long) > 1 else longest
        raise DataFault(f"{many}: got {got} tokens, expected at most {max_length}; type training.max_length={got}")
    check_end_token(tokenised, end, end_token_in_labels)
    return tuple(tokenised)


def encode(tokenizer: Any, text: str) -> list[int]:
    """The ids of a text as it stands; markers such as a begin token are already part of a prompt's text."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def check_end_token(rows: Sequence[TokenRow], end: int, expected: bool) -> None:
    """The start-up assertion of every run: the last label of each row is the end token (or is not, where that was asked for).

    A model that is never taught to stop does not stop: its answers run on, loop and pick up further values.
    Raises DataFault with the number of rows that break it.
    """
    broken = [at for at, row in enumerate(rows) if (row.labels[-1] == end) != expected]
    if broken:
        got = "is not the end token" if expected else "is the end token"
        raise DataFault(
            f"training rows: the last label of {len(broken)} of {len(rows)} rows {got} (first: row {broken[0]}); "
            f"data.end_token_in_labels is {str(expected).lower()}"
        )
