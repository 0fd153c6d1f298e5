"""A PostgreSQL server of its own for a test: Debian's programs, a new cluster in a temporary folder, no superuser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql")  # of Debian, a folder a version
ACCOUNT = "postgres"  # of Debian's package; initdb and the server refuse to run as root
USER, PASSWORD, DATABASE = "ann", "s3cret/pw%x", "studies"


@dataclass(frozen=True)
class Server:
    """A cluster that accepts `USER` with `PASSWORD` over TCP and a socket."""

    folder: Path
    port: int

    def url(self, user: str = f"{USER}:s3cret%2Fpw%25x", scheme: str = "postgresql") -> str:
        """Its address, as a user types it; `user` with a password where it has one, percent-encoded."""
        return f"{scheme}://{user}@127.0.0.1:{self.port}/{DATABASE}"

    def socket_url(self) -> str:
        """The address of its socket."""
        return f"postgresql:///{DATABASE}?host={self.folder}&port={self.port}&user={USER}&password=s3cret%2Fpw%25x"

    def start(self) -> None:
        """Returns when it accepts connections."""
        options = f"-k {self.folder} -h 127.0.0.1 -p {self.port} -F"
        self._run("pg_ctl", "-w", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Its connections are closed, as an administrator's restart does it."""
        self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.folder / "data"), "stop")

    def sql(self, statement: str, database: str = DATABASE) -> str:
        """What psql answers, without headings."""
        where = ("-h", str(self.folder), "-p", str(self.port), "-U", USER, "-d", database)
        return self._run("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", *where, "-c", statement).strip()

    def create(self) -> None:
        """A new cluster with one user, who needs the password everywhere."""
        secret = self.folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        shutil.chown(secret, *_account())
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--no-sync")
        self.start()
        self.sql(f"CREATE DATABASE {DATABASE}", database="postgres")

    def _run(self, program: str, *words: str) -> str:
        """Raises AssertionError with what the program said; its output goes to a file, which a server may keep open."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            command = [*_as_account(), str(_programs() / program), *words]
            environment = {**os.environ, "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"}
            done = subprocess.run(
                command, cwd="/", env=environment, stdout=said, stderr=subprocess.STDOUT, timeout=120, check=False
            )
            said.seek(0)
            heard = said.read()
        assert done.returncode == 0, f"{' '.join(command)}\n{heard}"
        return heard


@contextmanager
def running() -> Iterator[Server]:
    """A server that is gone afterwards, with its files."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        shutil.chown(folder, *_account())
        server = Server(Path(folder), _free_port())
        server.create()
        try:
            yield server
        finally:
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop()


def _programs() -> Path:
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    assert found, f"no PostgreSQL server in {PROGRAMS}; type apt-get install postgresql, or make test-system"
    return found[-1].parent


def _account() -> tuple[str | int, str | int]:
    return (ACCOUNT, ACCOUNT) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def _as_account() -> list[str]:
    return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", "--"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
