"""A company's own systems of record, behind the REST contract, by settings alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from samples import MAYA
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.settings import Settings, UnsafeSettingsError
from agent.systems import open_systems
from agent.testing import NOW, free_port
from guardrails.database import open_engine
from tools.systems.base import CustomerId
from tools.systems.contract import serve_contract
from tools.systems.embedded import embedded_systems
from tools.systems.writes import AddTags

TAGS = AddTags(tags=("mug-broken",))


@pytest.fixture
async def api(shop: AsyncEngine) -> AsyncIterator[str]:
    """The reference server on loopback."""
    app = serve_contract(embedded_systems(shop, clock=lambda: NOW), read_token="read", write_token="write")
    server = uvicorn.Server(uvicorn.Config(app, port=(port := free_port()), log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event to wait for
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


async def test_a_company_puts_its_own_systems_behind_one_setting(api: str, shop: AsyncEngine) -> None:
    """Reads and writes go over HTTP, each with its own token."""
    settings = Settings(shop_api_url=api, shop_read_token="read", shop_write_token="write")  # type: ignore[arg-type]
    async with open_systems(settings, shop, lambda: NOW) as systems:
        written = await systems.writes.write(CustomerId(MAYA), TAGS, idempotency_key="k1")
        customer = await systems.accounts.customer(CustomerId(MAYA))
    assert customer
    assert customer.tags == TAGS.tags
    assert written.details == {"all_tags": ["mug-broken"]}


async def test_the_demo_shop_may_be_written_by_a_credential_of_its_own(shop: AsyncEngine) -> None:
    """The second URL is the one that writes."""
    settings = Settings(shop_write_database_url=str(shop.url))
    reader = open_engine("sqlite+aiosqlite:///:memory:")
    async with open_systems(settings, reader, lambda: NOW) as systems:
        assert (await systems.writes.write(CustomerId(MAYA), TAGS, idempotency_key="k1")).receipt == "C-20701"
    await reader.dispose()


@pytest.mark.parametrize("tokens", [("", "write"), ("read", ""), ("same", "same")])
async def test_one_token_for_both_is_refused(shop: AsyncEngine, tokens: tuple[str, str]) -> None:
    """Who reads must not be able to write."""
    settings = Settings(shop_api_url="http://shop", shop_read_token=tokens[0], shop_write_token=tokens[1])  # type: ignore[arg-type]
    with pytest.raises(UnsafeSettingsError):
        async with open_systems(settings, shop, lambda: NOW):
            pass
