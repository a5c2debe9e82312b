"""The SQL connection of our own records: write transactions take the lock at once, reads never wait."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

from sqlalchemy import MetaData, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

metadata = MetaData()


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver must not open its own deferred transactions: they fail under contention where an immediate one waits.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "busy_timeout=5000", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Any) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")


def open_engine(url: str) -> AsyncEngine:
    """Return an engine for a SQLite file or a PostgreSQL database given by its URL."""
    engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _on_connect)
        event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


async def compacted(engine: AsyncEngine) -> None:
    """Write a SQLite database anew, so that nothing that was deleted is left in its pages or its journal."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        await asyncio.to_thread(_compact, engine.url.database)


def _compact(path: str) -> None:
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as own:
        own.execute("VACUUM")
        own.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open one write transaction; no system of record may be awaited inside it."""
    async with engine.connect() as connection:
        await connection.execution_options(writing=True)
        async with connection.begin():
            yield connection


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open one read transaction."""
    async with engine.connect() as connection, connection.begin():
        yield connection


async def create_all(engine: AsyncEngine, tables: MetaData = metadata) -> None:
    """Create the tables that are missing."""
    async with writing(engine) as connection:
        await connection.run_sync(tables.create_all)
