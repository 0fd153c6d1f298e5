"""One process a study."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sweep.errors import ConfigFault
from sweep.track.lock import alone


def test_a_second_controller_is_refused_and_the_next_one_after_the_end_is_not(tmp_path: Path) -> None:
    refusal = pytest.raises(ConfigFault, match=re.escape(f"{tmp_path}: another process runs this study"))
    with alone(tmp_path), refusal, alone(tmp_path):
        raise AssertionError("two at once")
    with alone(tmp_path):
        pass


def test_a_study_that_breaks_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), alone(tmp_path):
        raise ZeroDivisionError
    with alone(tmp_path):
        pass
