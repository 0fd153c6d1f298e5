"""One process a study: two would tell each other's trials as lost."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sweep.errors import ConfigFault

NAME = ".lock"


def held(study: Path) -> bool:
    """Whether a process runs this study now."""
    if not (study / NAME).is_file():
        return False
    with (study / NAME).open("r") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def alone(study: Path) -> Iterator[None]:
    """Hold a study's folder. The lock is the process's own and goes with it, however it ends.

    Raises: ConfigFault while another process holds it.
    """
    with (study / NAME).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigFault(f"{study}: another process runs this study; wait for its end, or stop it") from None
        yield
