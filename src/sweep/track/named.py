"""How a person names a study: its folder, its name, or the beginning of it."""

from __future__ import annotations

from pathlib import Path

from sweep.errors import ConfigFault, did_you_mean
from sweep.track import folder


def find(named: str | None, output_dir: Path) -> Path:
    """A study's folder; without a name, that of the study begun last.

    Raises: ConfigFault where none, or more than one, has this name.
    """
    if named is not None and (Path(named) / folder.STUDY).is_file():
        return Path(named)
    studies = sorted(output_dir.glob(f"*/{folder.STUDY}"), key=lambda file: file.stat().st_mtime)
    names = [file.parent.name for file in studies]
    if not names:
        raise ConfigFault(f"study: {output_dir.absolute()} holds no study; expected one that python -m sweep ... -m has begun")
    found = [name for name in names if named is None or name.startswith(named)]
    if named in names:
        found = [str(named)]
    if not found:
        raise ConfigFault(f"study: got {named}{did_you_mean(str(named), names)}")
    if named is not None and len(found) > 1:
        raise ConfigFault(f"study: got {named}, which begins {', '.join(found)}; type one of them")
    return output_dir / found[-1]
