"""Which arms a study has yet to ask: a study is not over before all those that it wants have ended, begun or not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sweep import arms
from sweep.errors import Fault
from sweep.report import winner
from sweep.track import folder


def unasked(root: Path, about: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of wanted arms that have not ended; of the best adapter only where a trial is named best. `about`: its study.json."""
    wanted = about["config"].get("evaluation", {}).get("arms", ())
    left = [name for name in wanted if not (root / "arms" / name / folder.ARM).is_file()]
    adapter = [name for name in left if name in arms.KINDS and arms.KINDS[name].adapter]
    without = adapter if adapter and not _named(root) else []
    return tuple(name for name in left if name not in without)


def _named(root: Path) -> bool:
    """A trial is named best, and its adapter is there."""
    try:
        return winner.find(root).doubt is None
    except Fault:
        return False
