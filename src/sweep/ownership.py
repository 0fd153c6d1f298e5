"""Whose a study is: one process's at a time, by the locks of its folder and of its database, and one folder's."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sweep.address import masked
from sweep.errors import ConfigFault
from sweep.search.claim import HOME, Claim, Home, claimed, knows
from sweep.search.storage import answering, default_file, default_storage
from sweep.track import folder
from sweep.track.lock import alone


@contextmanager
def owned(root: Path, storage: str | None) -> Iterator[Claim]:
    """Hold a study and its folder, which is made where it is missing; `storage`: None means SQLite in there.

    Raises: ConfigFault while another process holds the study, where it was begun in another folder, or where the storage knows
    nothing of the trials in the folder, before anything is written; and when its storage stops answering.
    """
    study = folder.read_result(root, folder.STUDY) or {}
    named = study.get(HOME) or secrets.token_hex(8)
    address, home = storage or default_storage(root), Home(named, socket.gethostname(), str(root))
    with answering(address), claimed(address, root.name, home, shared=storage is not None) as claim:
        _trials_known(root, storage, study.get("config", {}).get("search", {}).get("storage"))
        root.mkdir(parents=True, exist_ok=True)
        with alone(root):
            yield claim


def _trials_known(root: Path, storage: str | None, before: str | None) -> None:
    """Raises: ConfigFault for a storage without the study: the numbers of its trials would begin anew, over those in the folder.
    `before`: the storage that was named last, without its password."""
    if not root.is_dir() or not folder.trials(root):
        return
    if (storage is None and default_file(root).is_file()) or (storage is not None and knows(storage, root.name)):
        return
    asked = f"{default_file(root)} is missing" if storage is None else f"{masked(storage)} does not know them"
    meant = f"bring {default_file(root)} back" if before is None else f"type search.storage={before}"
    raise ConfigFault(
        f"search.storage: {root} holds trials of this study, but {asked}; {meant}, or move that folder away to begin anew"
    )
