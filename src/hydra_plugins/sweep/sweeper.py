"""The plug-in: Hydra hands over the command line's overrides, and gets nothing back. Hydra begins and ends here.

Hydra imports every file of this folder at each start, `--help` included: whatever is heavy is imported inside the method. It does
so without entering the file in sys.modules, which dataclasses need to read postponed annotations: so there are none here.
"""

from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class SweeperConf:
    """`hydra/sweeper=sweep`. It has no keys of its own: a search is configured in the group `search`."""

    _target_: str = "hydra_plugins.sweep.sweeper.SweepSweeper"


ConfigStore.instance().store(group="hydra/sweeper", name="sweep", node=SweeperConf, provider="sweep")


class SweepSweeper(Sweeper):
    """Runs a study: reads the space from the overrides and hands it, with a way to compose a trial, to `sweep.conduct`."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what Hydra gives; the task function is for single runs and is not called."""
        self.hydra_context = hydra_context
        self.config = config

    def sweep(self, arguments: list[str]) -> Any:
        """Run the study to its end. Raises: Fault for bad input before anything is written; NothingCompleted, since Hydra passes
        no value on."""
        from sweep.cli.compose import request
        from sweep.conduct import conduct
        from sweep.errors import NothingCompleted

        if not conduct(request(self.config, self.hydra_context.config_loader, arguments)):
            raise NothingCompleted
