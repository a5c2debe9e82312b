"""What every implementation of the systems of record must hold: SQLite, PostgreSQL, and HTTP over either."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from counters import unhurried
from postgres import Postgres
from samples import BRAM, MAYA, SAMPLES, TOMAS
from sqlalchemy import insert
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.testing import NOW, SOAK
from guardrails.database import open_engine, writing
from tools.systems.base import CustomerId, OrderId, OrderStatus, RejectedError, Systems, SystemUnavailableError
from tools.systems.contract import serve_contract
from tools.systems.embedded import embedded_systems
from tools.systems.http import Line, http_systems
from tools.systems.shop import customers
from tools.systems.writes import Write, kinds

FILE = Path(__file__).parents[3] / "tools" / "systems" / "openapi.json"
TOKENS = {"read_token": "read-token", "write_token": "write-token"}


@dataclass(frozen=True)
class Built:
    systems: Systems
    reader: AsyncEngine | None = None
    client: httpx.AsyncClient | None = None


@pytest.fixture(params=["sqlite", "http", "postgres", *(["http over postgres"] if SOAK else [])])
async def built(request: pytest.FixtureRequest, tmp_path: Path, seeded_shop: Path) -> AsyncIterator[Built]:
    """Each implementation over a shop of its own."""
    kind = request.param
    if "postgres" in kind:
        server: Postgres = request.getfixturevalue("postgres")
        await server.fresh("shop", seeded=True)
        reader, writer = open_engine(server.url("shop", "reader")), open_engine(server.url("shop", "writer"))
    else:
        shutil.copy(seeded_shop, tmp_path / "shop.db")
        reader = unhurried(f"sqlite+aiosqlite:///{tmp_path}/shop.db")
        writer = unhurried(f"sqlite+aiosqlite:///{tmp_path}/shop.db")
    systems = embedded_systems(reader, writer=writer, clock=lambda: NOW)
    if "http" in kind:
        transport = httpx.ASGITransport(serve_contract(systems, **TOKENS))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            yield Built(http_systems(client, **TOKENS), client=client)
    else:
        yield Built(systems, reader=reader)
    await reader.dispose()
    await writer.dispose()


def asked(name: str) -> tuple[CustomerId, Write]:
    """Return a sample as the systems are asked."""
    sample, shape = SAMPLES[name], kinds()[name]
    more = {"link": "cnv-sample"} if "link" in shape.model_fields else {}
    return CustomerId(sample.customer), shape.model_validate(sample.args | more)


async def test_a_foreign_thing_looks_like_none(built: Built) -> None:
    """What does not exist and what is another customer's are told alike."""
    systems = built.systems
    assert await systems.orders.order(CustomerId(MAYA), OrderId("1043"))
    assert await systems.orders.order(CustomerId(TOMAS), OrderId("1043")) is None
    assert await systems.accounts.customer(CustomerId("cus-9999")) is None
    assert await systems.accounts.find_by_email("nobody@example.com") is None
    assert await systems.billing.refunds(CustomerId(TOMAS), OrderId("1043")) == ()
    assert await systems.accounts.done(CustomerId(MAYA), "R-1") is None


async def test_reads_bring_whole_records(built: Built) -> None:
    """Types, times and money come back as the protocols say."""
    systems, maya = built.systems, CustomerId(MAYA)
    order = await systems.orders.order(CustomerId(BRAM), OrderId("1070"))
    assert order
    assert (order.status, order.total, order.placed_at.tzinfo is not None) == (OrderStatus.PENDING, 9900, True)
    assert [form.price for form in await systems.orders.forms("TRAI-01A")] == [7900, 9900]
    assert {one.id for one in await systems.accounts.payment_methods(maya)} == {"card-0001", "gift-0001", "paypal-0001"}
    assert (await systems.subscriptions.subscriptions(maya))[0].plan == "plus-monthly"
    assert len(await systems.subscriptions.plans()) == 3
    assert len(await systems.telemetry.events(maya)) == 2
    assert len(await systems.incidents.incidents()) == 2
    assert (await systems.billing.payments(maya))[0].currency == "USD"
    assert await systems.accounts.find_by_email("Maya.Whitfield@example.com") == maya


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"undo_refund"}))
async def test_a_write_happens_once_under_its_key(built: Built, name: str) -> None:
    """The same key answers the same; the receipt is found by key and by readers, by its own customer alone."""
    customer, write = asked(name)
    first = await built.systems.writes.write(customer, write, idempotency_key="k1")
    assert await built.systems.writes.write(customer, write, idempotency_key="k1") == first
    assert await built.systems.writes.find(customer, "k1") == first
    assert await built.systems.accounts.done(customer, first.receipt) == first
    assert await built.systems.writes.find(CustomerId("cus-0060"), "k1") is None
    assert await built.systems.accounts.done(CustomerId("cus-0060"), first.receipt) is None


async def test_a_used_key_with_other_arguments_is_refused(built: Built) -> None:
    """A key belongs to what was asked first."""
    customer, write = asked("issue_refund")
    await built.systems.writes.write(customer, write, idempotency_key="k1")
    for other, wanted in ((customer, write.model_copy(update={"amount": 1})), (CustomerId(TOMAS), write)):
        with pytest.raises(RejectedError, match="key_reused"):
            await built.systems.writes.write(other, wanted, idempotency_key="k1")


async def test_twenty_at_once_under_one_key_are_one(built: Built) -> None:
    """However many ask at the same time, one effect comes of it."""
    customer, write = asked("issue_refund")
    tries = (built.systems.writes.write(customer, write, idempotency_key="k1") for _ in range(20))
    assert len({one.receipt for one in await asyncio.gather(*tries)}) == 1
    assert len(await built.systems.billing.refunds(customer, OrderId("1043"))) == 1


async def test_nobody_writes_to_what_is_not_theirs(built: Built) -> None:
    """The system itself refuses a foreign id, whatever a gate let pass."""
    stranger = CustomerId("cus-0060")
    for name in sorted(name for name in SAMPLES if {"order_id", "subscription"} & set(SAMPLES[name].args)):
        with pytest.raises(RejectedError, match="unknown_"):
            await built.systems.writes.write(stranger, asked(name)[1], idempotency_key=name)
        assert await built.systems.writes.find(stranger, name) is None


async def test_the_reading_credential_writes_nothing(built: Built) -> None:
    """PostgreSQL itself, and the contract's server, refuse a write that comes with it."""
    if built.client:
        customer, write = asked("issue_refund")
        line = Line(built.client, TOKENS["read_token"])
        with pytest.raises(SystemUnavailableError, match="403"):
            await line.ask(
                "POST", "customers", customer, "writes", write.kind, json=write.model_dump(mode="json"), key="k"
            )
    elif built.reader and built.reader.dialect.name == "postgresql":
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with writing(built.reader) as connection:
                await connection.execute(insert(customers).values(id="cus-9999"))


def test_the_published_contract_is_what_the_server_serves() -> None:
    """`openapi.json` is written from the server; run this file as a program to write it anew."""
    assert json.loads(FILE.read_text("utf-8")) == published()


def published() -> object:
    """Return the contract as the reference server describes it."""
    systems = embedded_systems(open_engine("sqlite+aiosqlite:///:memory:"), clock=lambda: NOW)
    return serve_contract(systems, **TOKENS).openapi()


if __name__ == "__main__":
    FILE.write_text(json.dumps(published(), indent=1, sort_keys=True) + "\n", "utf-8")
