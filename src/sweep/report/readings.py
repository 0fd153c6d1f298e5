"""For whom the test split was read in a study. Every configuration is a chance to choose by test; more seeds of one are not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sweep.track import folder


@dataclass(frozen=True)
class Readings:
    """Who has figures on test."""

    configurations: int  # trained ones, each once with all its seeds
    arms: tuple[str, ...]  # by name; they train nothing

    @property
    def told(self) -> str:
        """As people read it."""
        if not self.configurations and not self.arms:
            return "The test split was not read."
        one = self.configurations == 1
        told = f"{self.configurations or 'no'} configuration{'' if one else 's'}"
        once = f" ({'' if one else 'each '}counted once, with all its seeds)" if self.configurations else ""
        beside = f" and for the arm{'s' if len(self.arms) > 1 else ''} {', '.join(self.arms)}" if self.arms else ""
        return f"The test split was read for {told}{once}{beside}."


def read(root: Path) -> Readings:
    """Of a study's folder."""
    configurations, arms = set[str](), dict[str, None]()
    for place, body in folder.all_ended(root):
        if not body["test_levels"]:
            continue
        if not (place / folder.ARM).is_file():
            configurations.add(body["config_key"])
        elif folder.is_seed(place.parent.name):  # the adapter of a finalist's seed, asked once more
            configurations.add(place.parent.parent.name)
        else:
            arms[place.name] = None
    return Readings(len(configurations), tuple(arms))
