"""What tests type: command lines and keys of the search group, made into spaces and configurations by the real grammar."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hypothesis import strategies as st
from tests.composed import config

from sweep.cli import grammar
from sweep.cli.compose import container
from sweep.cli.main import VERSION_BASE, conf_dir
from sweep.config import Config
from sweep.demands import read
from sweep.errors import ConfigFault
from sweep.search.space import Axis, Space

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=12)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)  # no interpolation: "${" in a text means to OmegaConf what it means everywhere


def space(*words: str, **search: Any) -> Space:
    """The space of a command line and of keys of the search group."""
    swept, fixed = grammar.split(words)
    return grammar.space(replace(config("model=tiny").search, **search), swept, fixed)


def typed(*words: str, params: dict[str, Any] | None = None) -> tuple[Axis, ...]:
    """The axes of a command line and of `search.params`."""
    return space(*words, params=params or {}).axes


def refused(*words: str, **search: Any) -> tuple[str, ...]:
    with pytest.raises(ConfigFault) as caught:
        space(*words, **search)
    return tuple(caught.value.faults)


def composed(*words: str) -> Config:
    """Composed past the cache of `config`, since hypothesis never asks twice."""
    with initialize_config_dir(config_dir=str(conf_dir()), version_base=VERSION_BASE):
        return read(container(compose("config", overrides=list(words))))
