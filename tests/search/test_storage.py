"""Journals: a record that a crash tore is cut away, and the next one is not lost with it."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from sweep.search.samplers import plan
from sweep.search.space import Choice, Space
from sweep.search.storage import cut_torn_tail, opened_storage
from sweep.search.study import Result, Study
from sweep.trial import State

SPACE = Space((Choice("lora.rank", (1, 2, 3, 4)),))


def opened(file: Path) -> Study:
    study = Study("study", f"journal:{file}", SPACE, plan(SPACE, "grid", None), 0)
    study.settle(lambda number, point, pruned: None)
    return study


def end_one(study: Study) -> None:
    proposal = study.ask()
    assert proposal is not None
    study.tell(proposal.number, Result(State.COMPLETE, (0.5,)))


def test_a_study_in_a_journal_goes_on_after_a_torn_record(tmp_path: Path) -> None:
    file = tmp_path / "study.log"
    study = opened(file)
    for _ in range(2):
        end_one(study)
    whole = file.read_bytes()
    for length in range(len(whole) - 40, len(whole)):  # every place in the last record, and before it, where a crash may cut
        file.write_bytes(whole[:length])
        again = opened(file)
        while again.remaining:
            end_one(again)
        trials = optuna.load_study(study_name="study", storage=opened_storage(f"journal:{file}")).get_trials()
        assert sorted(trial.params["lora.rank"] for trial in trials) == [1, 2, 3, 4]
        assert [trial.number for trial in trials] == [0, 1, 2, 3]


@pytest.mark.parametrize(("found", "left"), [(b"", b""), (b"{}\n", b"{}\n"), (b'{}\n{"a"', b"{}\n"), (b'{"a"', b"")])
def test_a_journal_is_cut_behind_its_last_whole_line(tmp_path: Path, found: bytes, left: bytes) -> None:
    file = tmp_path / "log"
    file.write_bytes(found)
    cut_torn_tail(file)
    assert file.read_bytes() == left
