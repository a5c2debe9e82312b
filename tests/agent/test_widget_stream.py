"""The chat through a real server: what a customer's page receives, line by line."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from redis.asyncio import Redis

from agent.app_state import App
from agent.events import NoteAdded
from agent.server import create_app
from agent.settings import Settings
from agent.staff import staff
from agent.testing import NOW, free_port
from guardrails.pii.redact import Redactor

MAYA, TOMAS = "cus-0001", "cus-0002"
KINDS = {
    "started", "customer_said", "customer_chose", "progress", "agent_said", "offer", "offer_settled", "receipt",
    "code_requested", "handed_off", "operator_joined", "operator_said", "operator_released", "turn_finished",
}  # fmt: skip


@pytest.fixture
async def app(settings: Settings, redis: Redis, redactor: Redactor) -> AsyncIterator[FastAPI]:
    """Serve the app on a free loopback port."""
    port = free_port()
    made = create_app(settings.model_copy(update={"port": port}), clock=lambda: NOW, redactor=redactor)
    server = uvicorn.Server(
        uvicorn.Config(made, port=port, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=2)
    )
    serving = asyncio.create_task(server.serve())
    while not (server.started or serving.done()):  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.02)
    yield made
    made.state.firstcontact.wakes.stop()
    server.should_exit = True
    await serving


@pytest.fixture
def running(app: FastAPI) -> App:
    state: App = app.state.firstcontact
    return state


class Tab:
    """A page with the chat open."""

    def __init__(self, running: App) -> None:
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.settings.port}")

    async def opens(self, **body: Any) -> dict[str, Any]:
        """Open a session."""
        answer: dict[str, Any] = (await self.client.post("/api/chat/session", json=body)).raise_for_status().json()
        self.client.headers["authorization"] = f"Bearer {answer['token']}"
        return answer

    async def says(self, text: str, client_id: str = "client-one") -> str:
        """Send words and return the cursor."""
        answer = await self.client.post("/api/chat/messages", json={"text": text, "client_id": client_id})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["cursor"])

    async def sees(self, until: str, after: str = "") -> list[dict[str, Any]]:
        """Read events up to the first of a kind."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(30), self.client.stream("GET", "/api/chat/events", params={"after": after}) as lines:
            async for line in lines.aiter_lines():
                found.append(json.loads(line))
                if found[-1]["kind"] == until:
                    return found
        return found


@pytest.fixture
async def tab(running: App) -> AsyncIterator[Tab]:
    opened = Tab(running)
    yield opened
    await opened.client.aclose()


@pytest.fixture
async def second_tab(running: App) -> AsyncIterator[Tab]:
    opened = Tab(running)
    yield opened
    await opened.client.aclose()


async def test_words_are_answered_on_the_stream(tab: Tab, running: App) -> None:
    """From the message to the end of the turn everything comes by cursor."""
    await tab.opens(identity=running.tokens.mint_site_identity(MAYA))
    await tab.says("where is order 1051?")
    events = await tab.sees("turn_finished")
    assert [event["kind"] for event in events][:2] == ["started", "customer_said"]
    assert "Order 1051" in " ".join(event.get("html", "") for event in events)
    assert all(event["cursor"] and event["at"] for event in events)
    assert {event["kind"] for event in events} <= KINDS


async def test_a_stream_that_is_open_is_told_at_once(tab: Tab) -> None:
    """Words written while a page listens arrive there without a reload."""
    await tab.opens()
    listening = asyncio.create_task(tab.sees("turn_finished"))
    await asyncio.sleep(0.3)
    await tab.says("thanks")
    assert [event["kind"] for event in await listening].count("customer_said") == 1


async def test_a_reload_goes_on_where_it_was(tab: Tab) -> None:
    """After a cursor comes what is new, and nothing again."""
    await tab.opens()
    await tab.says("thanks")
    last = (await tab.sees("turn_finished"))[-1]
    await tab.says("thank you", "client-two")
    events = await tab.sees("turn_finished", after=last["cursor"])
    assert [event.get("client_id") for event in events if event["kind"] == "customer_said"] == ["client-two"]


async def test_a_second_tab_reads_the_same_events(tab: Tab, second_tab: Tab, running: App) -> None:
    """Two tabs of one customer are one conversation."""
    identity = running.tokens.mint_site_identity(MAYA)
    first, second = await tab.opens(identity=identity), await second_tab.opens(identity=identity)
    assert first["conversation"] == second["conversation"]
    await tab.says("where is order 1051?")
    assert await tab.sees("turn_finished") == await second_tab.sees("turn_finished")


async def test_an_unknown_cursor_clears_the_view(tab: Tab) -> None:
    """A page that remembers a lost log is told to begin anew."""
    await tab.opens()
    events = await tab.sees("started", after="deadbeef0000.12")
    assert [event["kind"] for event in events] == ["reset", "started"]


async def test_after_redis_is_lost_the_page_begins_anew(tab: Tab, redis: Redis) -> None:
    """The token still counts: a fresh log, a reset, and words are taken."""
    await tab.opens()
    cursor = await tab.says("thanks")
    await tab.sees("turn_finished")
    await redis.flushall()
    await tab.says("hello again", "client-two")
    kinds = [event["kind"] for event in await tab.sees("turn_finished", after=cursor)]
    assert kinds[:3] == ["reset", "started", "customer_said"]


async def test_what_staff_notes_stays_with_staff(tab: Tab, running: App) -> None:
    """A handoff, a note and an operator's words: the customer reads the words only."""
    mine = await tab.opens(identity=running.tokens.mint_site_identity(MAYA))
    await tab.says("I want to talk to a person")
    await tab.sees("handed_off")
    await running.takeover.claim(mine["conversation"], staff()[0])
    await running.takeover.note(mine["conversation"], staff()[0], "suspicious-remark")
    await running.takeover.release(mine["conversation"], staff()[0])
    events = await tab.sees("operator_released")
    assert {event["kind"] for event in events} <= KINDS
    assert not [word for word in ("suspicious-remark", MAYA, "op-sam", "policies", "over_") if word in str(events)]
    notes = await running.parts.store.read_staff(mine["conversation"])
    assert any(isinstance(event, NoteAdded) for event in notes)


async def test_a_code_is_masked_on_the_stream(tab: Tab) -> None:
    """A one-time code is not shown again, however it was written."""
    await tab.opens()
    await tab.says("my code is 123 456.")
    events = await tab.sees("turn_finished")
    assert [event["text"] for event in events if event["kind"] == "customer_said"] == ["my code is ••••••."]


async def test_a_stream_needs_a_token(tab: Tab) -> None:
    """No token, no line."""
    answer = await tab.client.get("/api/chat/events")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_a_body_without_end_is_refused(tab: Tab) -> None:
    """A hundred thousand characters get their sentence from the real server too, and the next request works."""
    await tab.opens()
    answer = await tab.client.post("/api/chat/messages", json={"text": "x" * 100_000, "client_id": "client-one"})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_long")
    await tab.says("thanks", "client-two")
