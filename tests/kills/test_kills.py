"""A process may die at any moment of a refund: it is made once, and the customer is told the truth."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from agent.bootstrap import Company, joined
from agent.settings import Settings
from agent.testing import NOW, SOAK, Chat, free_port, shop_refunds
from guardrails.pii.redact import Redactor

ROOT = Path(__file__).parents[2]
BOUNDARIES = ("before_claim", "after_claim", "after_execute", "before_record", "before_reply")
ROUNDS = 20 if SOAK else 2
MAYA = "cus-0001"
ASK = "refund the mug from order 1043, it came smashed"


async def start(settings: Settings, *arguments: str) -> asyncio.subprocess.Process:
    """Start a process that dies at a boundary, with these settings as its environment."""
    environment = {
        **os.environ,
        "FIRSTCONTACT_HOME": str(settings.home),
        "REDIS_URL": settings.redis_url,
        "LEASE_SECONDS": "1",
        "CLAIM_SECONDS": "1",
        "SWEEP_SECONDS": "0.1",
        "TEST_NOW": NOW.isoformat(),
        "PYTHONPATH": str(ROOT),
    }
    path = str(Path(__file__).with_name("dying.py"))
    return await asyncio.create_subprocess_exec(sys.executable, path, *arguments, env=environment, cwd=ROOT)


async def offered(company: Company) -> Chat:
    """Return a conversation with a refund on offer and the yes already given, but not yet taken up."""
    maya = await Chat.open(company, MAYA)
    await maya.says(ASK)
    await maya.writes("yes")
    return maya


async def settled(maya: Chat) -> None:
    """Take turns as a sweeper would, until nothing is due."""
    for _ in range(60):
        await maya.turn()
        if maya.id not in await maya.parts.store.due():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("The conversation stayed due.")


async def refunded_once_and_told(maya: Chat) -> None:
    """Assert the two laws of a kill."""
    (refund,) = await shop_refunds(maya.company, MAYA, "1043")
    assert await maya.receipts() == [refund.receipt]
    assert any(refund.receipt in getattr(event, "text", "") for event in await maya.log())
    assert [ticket.code for ticket in await maya.tickets()] == ["refunded"]


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("attempt", range(ROUNDS))
async def test_a_kill_at_a_boundary_loses_and_doubles_nothing(
    company: Company, settings: Settings, boundary: str, attempt: int
) -> None:
    """Whoever takes up a dead process's turn finishes it: one refund, one receipt, one ticket."""
    maya = await offered(company)
    worker = await start(settings, "turn", boundary, maya.id)
    assert await worker.wait() == -signal.SIGKILL
    await settled(maya)
    await refunded_once_and_told(maya)


@pytest.mark.parametrize("boundary", BOUNDARIES)
async def test_redis_lost_in_the_middle_of_a_refund_is_told_from_the_ledger(
    settings: Settings, redis: Redis, redactor: Redactor, boundary: str
) -> None:
    """FLUSHALL at any boundary: never a second refund, and what was done is said."""
    flushed = asyncio.Event()

    async def flush(name: str) -> None:
        if name == boundary and not flushed.is_set():
            flushed.set()
            await redis.flushall()

    async with joined(settings, clock=lambda: NOW, redactor=redactor, checkpoint=flush) as company:
        maya = await offered(company)
        await maya.turn()
        await settled(maya)
        refunds = await shop_refunds(company, MAYA, "1043")
        # Without its log nobody can say whether the customer took the yes back: nothing is claimed.
        assert len(refunds) == (0 if boundary == "before_claim" else 1)
        told = " ".join(getattr(event, "text", "") for event in await maya.log())
        assert all(refund.receipt in told for refund in refunds)


@asynccontextmanager
async def running(settings: Settings, boundary: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the whole server, and stop it if it has not died."""
    process = await start(settings, "serve", boundary, str(port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(200):
            try:
                await client.get("/healthz")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                assert await asyncio.wait_for(process.wait(), 15) == 0
            finally:
                if process.returncode is None:
                    process.kill()


class Browser:
    """What a widget does: a session, words, choices, and the events so far."""

    def __init__(self, port: int, identity: str) -> None:
        self._identity = identity
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self.cursor = ""
        self.seen: list[dict[str, Any]] = []

    async def sign_in(self) -> None:
        session = (await self._client.post("/api/chat/session", json={"identity": self._identity})).json()
        self._client.headers["authorization"] = f"Bearer {session['token']}"

    async def post(self, path: str, **body: str) -> None:
        (await self._client.post(f"/api/chat/{path}", json=body)).raise_for_status()

    async def until(self, kind: str) -> dict[str, Any]:
        async with self._client.stream("GET", "/api/chat/events", params={"after": self.cursor}) as stream:
            async for line in stream.aiter_lines():
                event: dict[str, Any] = httpx.Response(200, content=line).json()
                self.cursor = event.get("cursor", self.cursor)
                self.seen.append(event)
                if event["kind"] == kind:
                    return event
        raise AssertionError(f"The stream ended before {kind}.")


@pytest.mark.parametrize("boundary", BOUNDARIES)
async def test_a_server_killed_in_mid_refund_goes_on_after_its_restart(
    settings: Settings, company: Company, boundary: str
) -> None:
    """The customer's stream resumes by cursor on the next process: one refund, told, nothing doubled."""
    browser = Browser(port := free_port(), company.app.tokens.mint_site_identity(MAYA))
    async with running(settings, boundary, port) as process:
        await browser.sign_in()
        await browser.post("messages", text=ASK, client_id="first-message")
        offer = await browser.until("offer")
        await browser.until("turn_finished")
        await browser.post("choices", choice=offer["accept"]["id"])
        assert await process.wait() == -signal.SIGKILL
    async with running(settings, "nowhere", port):
        await browser.sign_in()
        receipt = await asyncio.wait_for(browser.until("receipt"), 60)
        await browser.until("turn_finished")
    (refund,) = await shop_refunds(company, MAYA, "1043")
    assert receipt["receipt"] == refund.receipt
    assert sum(event["kind"] == "offer" for event in browser.seen) == 1
