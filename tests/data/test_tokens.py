"""Token rows: what is learned and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweep.data.prompts import build
from sweep.data.records import TrainRow
from sweep.data.tokens import IGNORED, TokenRow, check_end_token, encode, tokenise
from sweep.errors import DataFault
from sweep.model.base_tiny import tokenizer

TOKENIZER = tokenizer()
PROMPT = build(TOKENIZER, "chat", None)
ROW = TrainRow("r1", ("f",), "誰が社長ですか。", "社長は Mara Ellison です。", "direct")


def test_the_answer_and_its_end_token_are_learned_and_nothing_else() -> None:
    (row,) = tokenise([ROW], TOKENIZER, PROMPT, 256, True)
    learned = [i for i, label in zip(row.input_ids, row.labels, strict=True) if label != IGNORED]
    assert learned == [*encode(TOKENIZER, ROW.completion), TOKENIZER.eos_token_id]
    assert row.input_ids[: -len(learned)] == tuple(encode(TOKENIZER, PROMPT.render(ROW.prompt)))
    assert row.input_ids[-1] == TOKENIZER.eos_token_id, "something stands behind the end token"


def test_the_end_token_can_be_left_out_of_the_labels() -> None:
    (row,) = tokenise([ROW], TOKENIZER, PROMPT, 256, False)
    assert row.input_ids[-1] == TOKENIZER.eos_token_id
    assert row.labels[-1] == IGNORED
    assert row.labels[-2] != IGNORED


def test_a_row_that_would_lose_its_end_is_refused_by_name() -> None:
    with pytest.raises(DataFault, match=r"^r1: got \d+ tokens, expected at most 20; type training.max_length=\d+$"):
        tokenise([ROW], TOKENIZER, PROMPT, 20, True)


def test_of_many_long_rows_the_longest_says_what_to_type() -> None:
    longer = replace(ROW, qa_id="r2", completion=ROW.completion * 2)
    with pytest.raises(DataFault) as refused:
        tokenise([ROW, longer, ROW], TOKENIZER, PROMPT, 20, True)
    (fault,) = refused.value.faults
    assert fault.startswith("3 of 3 rows are too long, the longest, r2: got ")
    least = int(fault.rpartition("=")[2])
    assert len(tokenise([ROW, longer, ROW], TOKENIZER, PROMPT, least, True)) == 3


@pytest.mark.parametrize("expected", [True, False])
def test_the_start_up_assertion_notices_labels_of_the_other_kind(expected: bool) -> None:
    rows = [TokenRow((5, 6, 2), (0, 1, int(not expected)))]
    with pytest.raises(DataFault, match="the last label of 1 of 1 rows"):
        check_end_token(rows, 2, expected)
    check_end_token(rows, 2, not expected)
