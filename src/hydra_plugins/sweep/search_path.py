"""A user's own `./conf` joins the search path, behind ours: experiments and options can be added without touching the package."""

from __future__ import annotations

from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class OwnConf(SearchPathPlugin):
    """Appends `./conf` of the folder the command runs in, and what its studies found best."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Called by Hydra once a start. The checkout's own conf/ may be named twice; the first one counts."""
        for provider, own in (("user", Path.cwd() / "conf"), ("studies", Path.cwd() / ".sweep")):
            if own.is_dir():
                search_path.append(provider, f"file://{own}")
