"""The configuration of a command line outside a sweep: composed and checked as `python -m sweep` would, nothing is run."""

from __future__ import annotations

from collections.abc import Sequence

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from sweep.cli.check import check
from sweep.cli.compose import container, first_lines
from sweep.cli.main import VERSION_BASE, conf_dir
from sweep.config import Config
from sweep.demands import read
from sweep.errors import ConfigFault


def composed(words: Sequence[str]) -> Config:
    """Of these overrides. Raises: ConfigFault with everything that is wrong."""
    try:
        check(conf_dir(), VERSION_BASE, words, multirun=False, composes=True)
        with initialize_config_dir(config_dir=str(conf_dir()), version_base=VERSION_BASE):
            return read(container(compose("config", overrides=list(words))))
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigFault(first_lines(error)) from error
