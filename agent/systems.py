"""Which systems of record a company has: the demo shop's database, or its own behind the REST contract."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.settings import Settings, UnsafeSettingsError
from guardrails.database import open_engine
from tools.systems.base import Systems
from tools.systems.embedded import embedded_systems
from tools.systems.http import http_systems


@asynccontextmanager
async def open_systems(settings: Settings, shop: AsyncEngine, clock: Callable[[], datetime]) -> AsyncIterator[Systems]:
    """Open the systems that the settings name; what reads and what writes hold different credentials."""
    if settings.shop_api_url:
        read_token, write_token = _tokens(settings)
        async with httpx.AsyncClient(base_url=settings.shop_api_url) as client:
            yield http_systems(client, read_token=read_token, write_token=write_token)
        return
    writer = open_engine(settings.shop_write_database_url) if settings.shop_write_database_url else None
    try:
        yield embedded_systems(shop, writer=writer, clock=clock)
    finally:
        if writer is not None:
            await writer.dispose()


def _tokens(settings: Settings) -> tuple[str, str]:
    tokens = [one.get_secret_value() if one else "" for one in (settings.shop_read_token, settings.shop_write_token)]
    if not all(tokens) or tokens[0] == tokens[1]:
        raise UnsafeSettingsError("Set SHOP_READ_TOKEN and SHOP_WRITE_TOKEN to two different tokens.")
    return tokens[0], tokens[1]
