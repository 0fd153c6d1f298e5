"""A folder that is complete or absent: it is filled beside its place and renamed, and what a killed process left is cleared away.

Whoever fills one holds a lock in it. The system drops the lock with its process, however that ends, so that a workshop whose
lock is free has no owner any more.
"""

from __future__ import annotations

import fcntl
import glob
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

LOCK, FILLED = "lock", "filled"  # what is in a workshop
DAY = 24 * 3600  # seconds; a workshop without a lock, as older versions made them, is nobody's after that


@contextmanager
def workshop(folder: Path, family: str) -> Iterator[Path]:
    """An empty folder that takes the place of `folder` when the block ends well, and is gone when it does not.

    Of two processes at once the first one wins. `family`: what the names of all such folders begin with; workshops of these that
    lost their owner are removed first.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    clear(folder.parent, family)
    room, lock = _opened(folder)
    with lock:
        try:
            filled = room / FILLED
            filled.mkdir()
            yield filled
            filled.chmod(0o755)  # whatever the umask says: such a folder may be shared
            try:
                filled.rename(folder)
            except OSError:
                if not folder.is_dir():  # a full disk or the like; otherwise the other process was first, with the same bytes
                    raise
        finally:
            _remove(room)


def clear(parent: Path, family: str) -> None:
    """Remove the workshops of a family that nobody works in."""
    for room in parent.glob(f".{glob.escape(family)}-*"):
        with suppress(OSError):  # its owner lives; it is another user's; or it went meanwhile
            if (room / LOCK).exists():
                with (room / LOCK).open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(room)
            elif room.stat().st_mtime < time.time() - DAY:
                _remove(room)


def _opened(folder: Path) -> tuple[Path, IO[str]]:
    """A new room beside a folder, and its lock, held."""
    while True:
        room = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        lock = (room / LOCK).open("x")
        with suppress(OSError):  # a file system without locks: nobody can tell that a room there has no owner, and all stay
            fcntl.flock(lock, fcntl.LOCK_EX)
        if (room / LOCK).exists():  # else another process took it for abandoned before it was locked
            return room, lock
        lock.close()


def _remove(room: Path) -> None:
    """The lock last, so that a removal that is cut short can be gone on with."""
    shutil.rmtree(room / FILLED, ignore_errors=True)
    shutil.rmtree(room, ignore_errors=True)
