"""PostgreSQL as a study's storage: psycopg 3 is its driver, and a lock in the database keeps a second process from a study.

The lock on a study's folder (`sweep.track.lock`) holds for one folder; one database is reached from many folders and machines.
"""

from __future__ import annotations

import hashlib

import sqlalchemy
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from sweep.address import masked
from sweep.errors import ConfigFault

SCHEMES = ("postgres", "postgresql")
DRIVER = "postgresql+psycopg"
OPTIONS = {  # of a connection, where the address gives none of its own
    "connect_timeout": "10",  # seconds a server may take to answer
    "keepalives_idle": "60",  # seconds: what stands in between forgets a connection that is silent while a long trial trains
}


def is_postgres(storage: str) -> bool:
    """Whether an address names a PostgreSQL server, with whatever driver."""
    return storage.partition(":")[0].partition("+")[0] in SCHEMES


def driven(storage: str) -> URL:
    """The address with its driver: `postgresql://` and `postgres://` mean psycopg, another one that is named stays.

    Raises: sqlalchemy.exc.ArgumentError for what is no address; ConfigFault for a password that cannot be told from the host, or
    where psycopg is not installed.
    """
    url = make_url(storage)
    if "@" in (url.host or ""):
        raise ConfigFault(f"search.storage: {masked(storage)}: got a password with @ in it, expected %40 in its place")
    url = url.set(drivername=DRIVER) if url.drivername in SCHEMES else url
    if url.drivername != DRIVER:
        return url
    _needs_psycopg(storage)
    return url.set(query={**OPTIONS, **url.query})


class Lock:
    """An advisory lock with a study's name: it belongs to a connection, and goes with the process however that ends.

    A pooler that deals out one connection to many (PgBouncer's transaction mode) cannot hold it.
    Each method raises sqlalchemy.exc.DBAPIError where the server does not answer.
    """

    def __init__(self, storage: str, study: str) -> None:
        self._engine = sqlalchemy.create_engine(
            driven(storage), isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool, pool_reset_on_return=None
        )
        self._key = int.from_bytes(hashlib.sha256(f"sweep {study}".encode()).digest()[:8], signed=True)  # 64 bits name a lock
        self._connection: sqlalchemy.Connection | None = None

    def take(self) -> bool:
        """On a new connection. False: another process has it."""
        self.release()
        self._connection = self._engine.connect()
        return bool(self._connection.scalar(sqlalchemy.text(f"SELECT pg_try_advisory_lock({self._key})")))

    def lost(self) -> bool:
        """Whether the connection that took it is gone: a server that was started again, a network that broke."""
        if self._connection is None:
            return True
        try:
            self._connection.scalar(sqlalchemy.text("SELECT 1"))
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return True
        return False

    def release(self) -> None:
        """Also where it was never taken."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _needs_psycopg(storage: str) -> None:
    try:
        sqlalchemy.dialects.registry.load(DRIVER.replace("+", ".")).import_dbapi()
    except ImportError as error:  # absent, or without libpq
        raise ConfigFault(
            f"search.storage: {masked(storage)} needs psycopg, which cannot be loaded; type pip install 'psycopg[binary]'"
        ) from error
