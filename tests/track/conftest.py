"""One ready-made MLflow database, which takes seconds to create and milliseconds to copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweep.track import store


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all of MLflow's tables and no experiment of ours."""
    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    store.open_client(f"sqlite:///{path}")
    return path


@pytest.fixture
def uri(tmp_path: Path, template: Path) -> str:
    """A fresh database with spaces and what else a path may hold."""
    path = tmp_path / "my runs #1 50% 社内" / "mlruns" / "mlflow.db"
    path.parent.mkdir(parents=True)
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What a user was warned of; a test that expects warnings empties it."""
    told: list[str] = []
    yield told
    assert told == []
