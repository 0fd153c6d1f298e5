"""Opens what an MLflow URI names: a database file, created whole when it is new, or a server. `reach` looks whether it is there.

Looking first matters: MLflow repeats a failing connection for minutes, and training waits as long.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sweep.address import masked

LOCK_SECONDS = 20  # how long to wait for another writer of the database file; MLflow's own figure
REACH_SECONDS = 5  # how long a server may take to accept a connection
UI_PORT = 5000
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
HIDDEN = "***"  # what stands in a recorded address in the place of a password
URL_SILENCE = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"


def absolute_uri(uri: str | None) -> str:
    """The URI with an absolute path in it: a relative one would follow each process's working folder."""
    if uri is None:
        return f"sqlite:///{Path.cwd() / 'mlruns' / 'mlflow.db'}"
    path = database_file(uri)
    return f"sqlite:///{path}" if path is not None else uri


def shown(uri: str) -> str:
    """The URI without the user and password that it may hold."""
    return re.sub(r"://[^/@]*@", "://", masked(uri))


def said(cause: Exception) -> str:
    """What a failure says, in a line and without passwords; MLflow and its drivers quote whole addresses."""
    first = next(iter(str(cause).strip().splitlines()), "")
    return f"{type(cause).__name__}: {masked(first)[:300]}" if first else type(cause).__name__


def database_file(uri: str) -> Path | None:
    """The file behind a SQLite URI, else None."""
    name = uri.removeprefix("sqlite:///")
    return Path(name).absolute() if name not in (uri, "", ":memory:") else None


def artifact_location(uri: str) -> str | None:
    """Where a new experiment keeps its artifacts: beside the database file. None leaves it to a tracking server."""
    if uri.startswith(("http:", "https:")):
        return None
    path = database_file(uri)
    return (path.parent if path is not None else Path.cwd() / "mlruns").joinpath("artifacts").as_uri()


def ui_command(uri: str) -> str:
    """What to type to see the runs; a password is masked. The environment's own `mlflow` is named by its path when the shell
    would not find it."""
    if uri.startswith(("http:", "https:")):
        return shlex.join([Path(sys.executable).name, "-m", "webbrowser", masked(uri)])
    own = Path(sys.executable).with_name("mlflow")
    near = own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own
    program = "mlflow" if shutil.which("mlflow") or not own.exists() else str(near)
    return shlex.join([program, "server", "--backend-store-uri", masked(uri), "--port", str(UI_PORT)])


def ui_address(uri: str) -> str:
    """Of the pages that `ui_command` opens; a password is masked."""
    return masked(uri).rstrip("/") if uri.startswith(("http:", "https:")) else f"http://127.0.0.1:{UI_PORT}"


def open_client(uri: str) -> Any:
    """An MlflowClient on this URI; a database file is created first. Raises whatever says why it cannot be had."""
    path = database_file(uri)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        with closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as database:
            database.execute("BEGIN IMMEDIATE")  # a database, and ours to write
    return _client(uri)


def experiment_id(client: Any, uri: str, name: str) -> str:
    """The experiment of this name, created when it is new; its artifact location can only be chosen now."""
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name, artifact_location=artifact_location(uri)))
    if found.lifecycle_stage != "active":
        raise RuntimeError(
            f"experiment {name!r} is deleted in MLflow: restore it there, or set tracking.experiment to another name"
        )
    return str(found.experiment_id)


def reach(uri: str) -> None:
    """Raise OSError when the host of a URI takes no connection, ValueError where none can be read from it; do nothing where there
    is none."""
    kind = uri.partition(":")[0].partition("+")[0].lower()
    if kind not in PORTS:
        return
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port or PORTS[kind]
    except ValueError:  # its words quote a part of the password, with nothing around it by which `masked` would know it
        raise ValueError(
            f"expected {kind}://USER:PASSWORD@HOST:PORT, got {shown(uri)}; "  # no @ further on: `masked` goes up to the last
            "in a password type %2F for /, %40 for an at sign, %23 for #, %3F for ?"
        ) from None
    if host:
        socket.create_connection((host, port), timeout=REACH_SECONDS).close()


@contextmanager
def quiet() -> Iterator[None]:
    """No INFO lines and no printed URLs of MLflow inside: the terminal shows the sweep. All is as before afterwards."""
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in ("mlflow", "alembic")}
    printing = os.environ.get(URL_SILENCE)
    for logger, level in levels.items():
        logger.setLevel(max(level, logging.WARNING))
    os.environ[URL_SILENCE] = "true"
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
        if printing is None:
            del os.environ[URL_SILENCE]
        else:
            os.environ[URL_SILENCE] = printing


def _create(path: Path) -> None:
    """A new database under its final name only when all its tables are there: a kill or a second sweep may come at any time."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-", ignore_cleanup_errors=True) as room:
        built = Path(room) / "built.db"
        _client(f"sqlite:///{built}").search_experiments(max_results=1)
        finished = shutil.copyfile(built, Path(room) / "finished.db")  # the built one stays open in MLflow's pool
        try:
            os.link(finished, path)
        except FileExistsError:
            return  # another sweep was faster
        except OSError:
            finished.replace(path)  # a file system without hard links


def _client(uri: str) -> Any:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a company's sweep reports to nobody; read when mlflow loads
    import mlflow

    with quiet():  # again: loading mlflow has just set its levels
        return mlflow.MlflowClient(tracking_uri=uri)
