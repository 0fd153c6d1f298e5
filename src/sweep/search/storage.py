"""Where a study is kept: SQLite in its folder, a database by URL, or a journal file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy.exc import DBAPIError

from sweep.address import masked
from sweep.errors import ConfigFault, Fault
from sweep.search import postgres

JOURNAL = "journal:"
ALIVE = {"pool_pre_ping": True}  # a connection that a restart of the server closed between two trials is made anew


def opened_storage(storage: str) -> BaseStorage:
    """What a storage URL names; a SQLite file or a journal is created. Raises: ConfigFault when it does not answer."""
    try:
        if storage.startswith(JOURNAL):
            return _journal(Path(storage.removeprefix(JOURNAL)).expanduser())
        if postgres.is_postgres(storage):
            url = postgres.driven(storage).render_as_string(hide_password=False)
            return optuna.storages.get_storage(RDBStorage(url, engine_kwargs=ALIVE))
        return optuna.storages.get_storage(storage)
    except Fault:
        raise
    except Exception as error:  # SQLAlchemy's and the drivers' own errors share no base class
        raise ConfigFault(f"search.storage: {masked(storage)} does not answer: {_said(error)}{_expected(storage)}") from error


@contextmanager
def answering(storage: str) -> Iterator[None]:
    """Where a study runs. Raises: ConfigFault when its storage stops answering; what is finished is kept."""
    try:
        yield
    except (DBAPIError, StorageInternalError) as error:
        raise ConfigFault(
            f"search.storage: {masked(storage)} stopped answering: {_said(error)}; "
            "what is finished is kept: once it answers, the same command goes on from there"
        ) from error


def default_file(folder: Path) -> Path:
    """The SQLite file of a study whose storage is not named."""
    return (folder / "study.db").resolve()


def default_storage(folder: Path) -> str:
    """SQLite in the study folder."""
    return f"sqlite:///{default_file(folder)}"


def _said(error: BaseException) -> str:
    """The first line of what the driver said, behind the wrappers of Optuna and SQLAlchemy."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ is not None else error
    own = cause.orig if isinstance(cause, DBAPIError) and cause.orig is not None else cause
    return masked(next((line.strip() for line in str(own).splitlines() if line.strip()), type(own).__name__))


def _expected(storage: str) -> str:
    if not postgres.is_postgres(storage):
        return ""
    return "; expected postgresql://USER@HOST/DATABASE of a running server, the password in PGPASSWORD, ~/.pgpass or behind USER:"


def _journal(file: Path) -> JournalStorage:
    lock = JournalFileOpenLock(str(file))
    if file.is_file():
        lock.acquire()
        try:
            cut_torn_tail(file)
        finally:
            lock.release()
    return JournalStorage(JournalFileBackend(str(file), lock_obj=lock))


def cut_torn_tail(file: Path) -> None:
    """Cut a journal behind its last whole line. The next record would else be written onto what a crash left of the last one,
    and both would be lost."""
    with file.open("r+b") as journal:
        whole = journal.read().rfind(b"\n") + 1
        journal.truncate(whole)
