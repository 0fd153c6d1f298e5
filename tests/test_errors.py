"""How a command ends: with 0, with a fault said and 2, after Ctrl-C with 130; a bug keeps its traceback."""

from __future__ import annotations

import pytest

from sweep.errors import ConfigFault, exit_code


def refuse(error: BaseException) -> None:
    raise error


def test_work_that_is_done_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    done = list[int]()
    assert exit_code(lambda: done.append(1)) == 0
    assert done == [1]
    assert capsys.readouterr() == ("", "")


def test_a_fault_is_said_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: refuse(ConfigFault("lora.rnk: unknown key", "lora.rank: got 0"))) == 2
    assert capsys.readouterr() == ("", "sweep: lora.rnk: unknown key\nlora.rank: got 0\n")


@pytest.mark.parametrize(
    ("left", "said"), [("", "interrupted"), ("the same command goes on", "interrupted; the same command goes on")]
)
def test_ctrl_c_says_how_to_go_on(left: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: refuse(KeyboardInterrupt()), left) == 130
    assert capsys.readouterr().err == f"\nsweep: {said}\n"


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_code(lambda: 1 // 0)
