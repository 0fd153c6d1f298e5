"""Whose a study is, as its storage knows it: one process's at a time, and one folder's.

A storage that is named (`search.storage`) is reached from many folders; a trial's folder lies in one of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna

from sweep.address import masked
from sweep.errors import ConfigFault
from sweep.search.postgres import Lock, is_postgres
from sweep.search.storage import opened_storage

HOME = "home"  # user attribute of a study: its folder. The key of study.json where the folder keeps its own id
HOLDER = "holder"  # user attribute: the claim of the process that runs the study, or ran it last


@dataclass(frozen=True)
class Home:
    """A study's folder."""

    id: str  # drawn when the folder was made, and kept in it: where the folder is moved to, it is the same
    host: str
    path: str  # absolute

    def __str__(self) -> str:
        return f"{self.host}:{self.path}"


@dataclass(frozen=True)
class Claim:
    """What a process shows before it says a word to the study."""

    storage: str
    study: str
    home: Home
    lock: Lock | None  # in a PostgreSQL server; None: the lock on the folder is enough
    holder: str  # drawn for this claim

    def begin(self, study: optuna.Study) -> None:
        """Note in the study whose it is."""
        study.set_user_attr(HOME, asdict(self.home))
        if self.lock is not None:
            study.set_user_attr(HOLDER, self.holder)

    def keep(self, study: optuna.Study) -> None:
        """Take a lock again whose connection was lost, where nobody held the study in between.

        Raises: ConfigFault where somebody did: he has asked for the trials that run here.
        """
        if self.lock is None or not self.lock.lost():
            return
        if not self.lock.take() or study.user_attrs[HOLDER] != self.holder:
            raise ConfigFault(
                f"search.storage: the connection to {masked(self.storage)} was lost, and another process has taken study "
                f"{self.study} since; what is finished is kept: once that process has ended, the same command goes on from there"
            )


@contextmanager
def claimed(storage: str, study: str, home: Home, *, shared: bool = True) -> Iterator[Claim]:
    """Hold a study in its storage; one that is a file needs no more than the lock of the study's folder.

    `shared`: it is reached from other folders too.
    Raises: ConfigFault while another process holds it, and where it was begun in another folder.
    """
    lock = Lock(storage, study) if is_postgres(storage) else None
    try:
        if lock is not None and not lock.take():
            raise ConfigFault(f"{masked(storage)}: another process runs this study, {study}; wait for its end, or stop it")
        if shared:
            _at_home(storage, study, home)
        yield Claim(storage, study, home, lock, secrets.token_hex(8))
    finally:
        if lock is not None:
            lock.release()


def _at_home(storage: str, study: str, home: Home) -> None:
    noted = (_noted(storage, study) or {}).get(HOME)  # a version that did not note it is none to quarrel with
    if noted is None or noted["id"] == home.id:
        return
    there = Home(**noted)
    if str(there) == str(home):
        said = f"got study {study} without the folder in which it was begun, {there}; bring that back"
    else:
        said = (
            f"got study {study} from {home}, but it was begun in {there}, where its trials' folders are; "
            f"type output_dir={Path(there.path).parent} on {there.host}, or move that folder here"
        )
    raise ConfigFault(f"search.storage: {masked(storage)}: {said}; to begin anew, name another storage")


def knows(storage: str, study: str) -> bool:
    """Whether a study was begun in a storage."""
    return _noted(storage, study) is not None


def _noted(storage: str, study: str) -> dict[str, Any] | None:
    """What is noted of a study beside its trials; None for one that was not begun here."""
    kept = opened_storage(storage)
    try:
        return kept.get_study_user_attrs(kept.get_study_id_from_name(study))
    except KeyError:  # no such study
        return None
