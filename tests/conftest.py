"""Real parts for tests: one Redis for the run, SQLite files of their own, a pinned clock, no network."""

import asyncio
import os
import random
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import rt_server
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from agent import embedded_redis
from agent.bootstrap import ARTICLE_FOLDERS, Company, joined
from agent.settings import Settings
from agent.testing import NOW, Chat, free_port
from agent.testing_model import Brain, Hosted, ModelServer, calls
from agent.testing_model import Open as OpenHosted
from agent.understand.embedded import EmbeddedUnderstand
from agent.understand.hosted import LIBRARY
from guardrails.database import create_all, open_engine
from guardrails.pii.redact import Redactor
from kb.encoder import Encoder, build_encoder
from kb.ingest import build_index
from tools.systems.seed import seed

pytest_plugins = ["postgres", "counters"]
SEED = int(os.environ.get("FIRSTCONTACT_SEED", "20261123"))
ROOT = Path(__file__).parents[1]


def pytest_report_header() -> list[str]:
    """Print what a rerun needs."""
    return [f"random seed: {SEED}"]


@pytest.fixture(autouse=True)
def _seeded_and_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    random.seed(SEED)
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError("A test reached for the network.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture(scope="session")
def encoder_folder() -> Path:
    """The built encoder: made once and kept under var/, where only its content key makes it anew."""
    folder = ROOT / "var" / "encoder"
    build_encoder(folder, lambda _: None)
    return folder


@pytest.fixture(scope="session")
def encoder(encoder_folder: Path) -> Encoder:
    return Encoder(encoder_folder)


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    made = Redactor()
    made.load()
    return made


@pytest.fixture(scope="session")
def redis_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("redis")
    embedded_redis.start(folder)
    yield folder
    embedded_redis.stop(folder)


@pytest.fixture
async def redis(redis_folder: Path) -> AsyncIterator[Redis]:
    client = Redis(unix_socket_path=str(redis_folder / "redis.sock"))
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'records.db'}")
    await create_all(made)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path) -> Path:
    """A data folder with everything that is made once: model, head, index, and the shop as seeded."""
    home = tmp_path_factory.mktemp("home")
    (home / "encoder").symlink_to(encoder_folder)
    encoder = Encoder(encoder_folder)
    # Kept like the encoder: only other examples make another head.
    (ROOT / "var" / "heads").mkdir(exist_ok=True)
    (home / "heads").symlink_to(ROOT / "var" / "heads")
    EmbeddedUnderstand(encoder, home / "heads").prepare()
    asyncio.run(_fill(home, encoder))
    return home


async def _fill(home: Path, encoder: Encoder) -> None:
    await build_index(ARTICLE_FOLDERS, home / "index", encoder)
    shop = open_engine(f"sqlite+aiosqlite:///{home / 'larkspur.db'}")
    await seed(shop, now=NOW)
    await shop.dispose()


@pytest.fixture
def home(tmp_path: Path, prepared: Path) -> Path:
    """A data folder of the test's own, with the shop as seeded."""
    made = tmp_path / "home"
    made.mkdir()
    for part in ("encoder", "heads", "index"):
        (made / part).symlink_to(prepared / part)
    for file in prepared.glob("larkspur.db*"):
        shutil.copy(file, made / file.name)
    return made


@pytest.fixture
def settings(home: Path, redis_folder: Path) -> Settings:
    return Settings(
        firstcontact_home=home,
        redis_url=f"unix://{redis_folder / 'redis.sock'}",
        lease_seconds=1.0,
        claim_seconds=1.0,
        sweep_seconds=0.1,
    )


@pytest.fixture
async def company(settings: Settings, redis: Redis, redactor: Redactor) -> AsyncIterator[Company]:
    async with joined(settings, clock=lambda: NOW, redactor=redactor) as made:
        yield made


@pytest.fixture
def chat(company: Company) -> Callable[[str | None], Awaitable[Chat]]:
    """Open a conversation as a customer, or as nobody."""

    async def opened(customer: str | None = None) -> Chat:
        return await Chat.open(company, customer)

    return opened


@pytest.fixture(scope="session")
def model_library() -> None:
    """LiteLLM, imported before anything is timed."""
    LIBRARY.load().join()


@pytest.fixture
async def model_server() -> AsyncIterator[ModelServer]:
    async with ModelServer(lambda _: calls(("other", {"kind": "off_topic"}))) as made:
        yield made


@pytest.fixture
async def hosted(
    model_library: None, model_server: ModelServer, settings: Settings, redis: Redis, redactor: Redactor
) -> AsyncIterator[OpenHosted]:
    """Join a company with a hosted model; keyword arguments are settings."""
    async with AsyncExitStack() as stack:

        async def opened(brain: Brain | None = None, **changes: Any) -> Hosted:
            model_server.brain = brain or model_server.brain
            given = {"model": "openai/gpt-4o-mini", "model_base_url": model_server.url, "model_timeout": 5.0}
            changed = settings.model_copy(update={**given, "model_api_key": SecretStr("key"), **changes})
            made = await stack.enter_async_context(joined(changed, clock=lambda: NOW, redactor=redactor))
            return Hosted(made, model_server)

        yield opened


@pytest.fixture(scope="session")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads to a real Request Tracker of the run's own; skips where it is not installed."""
    if why := rt_server.absent():
        pytest.skip(why)
    with rt_server.running(tmp_path_factory.mktemp("rt"), free_port()) as environment:
        yield environment
