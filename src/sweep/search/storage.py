"""Where a study is kept: SQLite in its folder, a database by URL, or a journal file."""

from __future__ import annotations

from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from sweep.errors import ConfigFault

JOURNAL = "journal:"


def opened_storage(storage: str) -> BaseStorage:
    """What a storage URL names; a SQLite file or a journal is created. Raises: ConfigFault when it does not answer."""
    try:
        if storage.startswith(JOURNAL):
            return _journal(Path(storage.removeprefix(JOURNAL)).expanduser())
        return optuna.storages.get_storage(storage)
    except Exception as error:  # SQLAlchemy's and the drivers' own errors share no base class
        raise ConfigFault(f"search.storage: {storage} does not answer: {str(error).splitlines()[0]}") from error


def default_storage(folder: Path) -> str:
    """SQLite in the study folder."""
    return f"sqlite:///{(folder / 'study.db').resolve()}"


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
