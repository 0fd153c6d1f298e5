"""One folder a study: one whose storage is reached from several goes on in that where it was begun, wherever it is moved to."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import optuna
import pytest

from sweep.errors import ConfigFault
from sweep.ownership import owned
from sweep.search.claim import HOME
from sweep.search.samplers import plan
from sweep.search.space import Choice, Space
from sweep.search.storage import default_storage, opened_storage
from sweep.search.study import Proposal, Study
from sweep.track import folder

SPACE = Space((Choice("lora.rank", (1, 2, 3)),))


def ask_one(root: Path, storage: str | None) -> Proposal | None:
    """What `sweep.conduct` does with a study, as far as it matters here."""
    with owned(root, storage) as claim:
        folder.write_atomically(
            root / folder.STUDY, json.dumps({HOME: claim.home.id, "config": {"search": {"storage": storage}}})
        )
        study = Study(claim.study, claim.storage, SPACE, plan(SPACE, "grid", None), 0, claim=claim)
        study.settle(lambda number, point, pruned: None)
        return study.ask()


def test_a_study_is_refused_in_another_folder_and_nothing_is_written(tmp_path: Path) -> None:
    storage = f"journal:{tmp_path}/log"
    begun = ask_one(tmp_path / "one/study", storage)
    assert begun is not None
    with pytest.raises(ConfigFault) as refused:
        ask_one(tmp_path / "two/study", storage)
    host = socket.gethostname()
    assert str(refused.value) == (
        f"search.storage: {storage}: got study study from {host}:{tmp_path}/two/study, but it was begun in "
        f"{host}:{tmp_path}/one/study, where its trials' folders are; type output_dir={tmp_path}/one on {host}, or move that "
        "folder here; to begin anew, name another storage"
    )
    assert not (tmp_path / "two").exists()
    assert ask_one(tmp_path / "two/another", storage) is not None, "another study may live in another folder"


def test_a_study_whose_folder_is_gone_says_so(tmp_path: Path) -> None:
    storage, root = f"journal:{tmp_path}/log", tmp_path / "one/study"
    ask_one(root, storage)
    shutil.rmtree(root)
    with pytest.raises(ConfigFault) as refused:
        ask_one(root, storage)
    assert str(refused.value) == (
        f"search.storage: {storage}: got study study without the folder in which it was begun, {socket.gethostname()}:{root}; "
        "bring that back; to begin anew, name another storage"
    )
    assert not root.exists()


def test_a_folder_that_was_moved_goes_on_and_is_named_where_it_is(tmp_path: Path) -> None:
    storage = f"journal:{tmp_path}/log"
    ask_one(tmp_path / "one/study", storage)
    shutil.move(tmp_path / "one", tmp_path / "moved")
    again = ask_one(tmp_path / "moved/study", storage)
    assert again is not None
    assert (again.number, again.resumed) == (0, True)
    with pytest.raises(ConfigFault, match=f"begun in {socket.gethostname()}:{tmp_path}/moved/study, where"):
        ask_one(tmp_path / "one/study", storage)


def test_a_study_of_a_version_that_noted_no_folder_goes_on_and_belongs_to_the_first_that_does(tmp_path: Path) -> None:
    storage = f"journal:{tmp_path}/log"
    Study("study", storage, SPACE, plan(SPACE, "grid", None), 0).ask()
    again = ask_one(tmp_path / "one/study", storage)
    assert again is not None
    assert again.resumed
    with pytest.raises(ConfigFault, match="was begun in"):
        ask_one(tmp_path / "two/study", storage)


@pytest.mark.parametrize(
    ("first", "second", "said", "mend"),
    [
        ("journal:{}/log", "journal:{}/another", "journal:{}/another does not know them", "type search.storage=journal:{}/log"),
        (None, "journal:{}/another", "journal:{}/another does not know them", "bring {}/one/study/study.db back"),
        ("journal:{}/log", None, "{}/one/study/study.db is missing", "type search.storage=journal:{}/log"),
    ],
)
def test_trials_are_not_begun_anew_in_a_storage_that_does_not_know_them(
    tmp_path: Path, first: str | None, second: str | None, said: str, mend: str
) -> None:
    root = tmp_path / "one/study"
    named = None if first is None else first.format(tmp_path)
    ask_one(root, named)
    (root / "0000").mkdir()
    with pytest.raises(ConfigFault) as refused:
        ask_one(root, None if second is None else second.format(tmp_path))
    assert str(refused.value) == (
        f"search.storage: {root} holds trials of this study, but {said.format(tmp_path)}; {mend.format(tmp_path)}, "
        "or move that folder away to begin anew"
    )
    again = ask_one(root, named)
    assert again is not None
    assert (again.number, again.resumed) == (0, True)


def test_a_study_in_its_own_folder_needs_no_note(tmp_path: Path) -> None:
    """Its database moves with it, and study.json may be lost."""
    ask_one(tmp_path / "one/study", None)
    (tmp_path / "one/study" / folder.STUDY).unlink()
    shutil.move(tmp_path / "one", tmp_path / "two")
    again = ask_one(tmp_path / "two/study", None)
    assert again is not None
    assert again.resumed
    stored = optuna.load_study(study_name="study", storage=opened_storage(default_storage(tmp_path / "two/study")))
    assert stored.user_attrs[HOME]["path"] == f"{tmp_path}/two/study"
