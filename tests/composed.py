"""Configurations for tests, composed by the real Hydra from the real conf/."""

from __future__ import annotations

from functools import cache

from hydra import compose, initialize_config_dir

from sweep.cli.compose import container
from sweep.cli.main import VERSION_BASE, conf_dir
from sweep.config import Config
from sweep.demands import read


@cache
def config(*overrides: str) -> Config:
    """The configuration that these overrides compose."""
    with initialize_config_dir(config_dir=str(conf_dir()), version_base=VERSION_BASE):
        return read(container(compose("config", overrides=list(overrides))))
