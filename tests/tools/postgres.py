"""A PostgreSQL of the tests' own (pgserver), with a seeded shop to copy and roles that may read, or write."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from agent.testing import NOW
from guardrails.database import open_engine
from tools.systems.seed import seed


@dataclass(frozen=True)
class Postgres:
    """A running server; databases are copies of one that was seeded."""

    folder: str

    def url(self, database: str, role: str = "postgres") -> str:
        return f"postgresql+asyncpg://{role}@/{database}?host={self.folder}"

    async def run(self, *statements: str, database: str = "postgres") -> None:
        engine = create_async_engine(self.url(database), isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    async def fresh(self, name: str, *, seeded: bool) -> None:
        """Make a database anew, with the shop as seeded or empty."""
        template = "seeded" if seeded else "template1"
        await self.run(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {template}")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The server, or a skip where pgserver has no wheel for this machine."""
    pgserver = pytest.importorskip("pgserver", reason="pgserver is not installed, so there is no PostgreSQL to test on")
    # Not below pytest's folders: another run may tidy those up, and a socket's path must be short.
    folder = tempfile.mkdtemp(prefix="pg-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        server = pgserver.get_server(folder)
    made = Postgres(server.get_uri().partition("?host=")[2])
    # Asked for from within a test's own loop, so the server is filled from a thread that has none.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_prepared(made))).result()
    yield made
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


async def _prepared(made: Postgres) -> None:
    await made.run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    await made.run("CREATE DATABASE seeded", "CREATE ROLE reader LOGIN", "CREATE ROLE writer LOGIN")
    engine = open_engine(made.url("seeded"))
    await seed(engine, now=NOW)
    await engine.dispose()
    await made.run(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO writer",
        database="seeded",
    )
