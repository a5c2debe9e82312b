"""The outbox's laws one by one, and what a failure of the helpdesk's means."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from desks import note, stub_of, ticket
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import reading, writing
from guardrails.sealing import Sealer
from tools.helpdesk.base import Visibility
from tools.helpdesk.choose import choose
from tools.helpdesk.errors import DelayedError, DeliveryError, NotSentError, RefusedError
from tools.helpdesk.outbox import Kind, Outbox, Pace, outbox_table
from tools.helpdesk.tickets import Tickets
from tools.helpdesk.wire import Wire

Seen = list[dict[str, Any]]
SLOW = Pace(lease=5, first=60)


def outbox(engine: AsyncEngine, deliver: Callable[[dict[str, Any]], Any], pace: Pace = SLOW) -> Outbox:
    return Outbox(engine, Sealer(engine, b"k" * 32), {Kind.TICKET: deliver, Kind.MAIL: deliver}, pace)


def failing(error: BaseException, seen: Seen) -> Callable[[dict[str, Any]], Any]:
    """Return a delivery that fails the first time."""

    async def deliver(payload: dict[str, Any]) -> None:
        seen.append(payload)
        if len(seen) == 1:
            raise error

    return deliver


async def row(engine: AsyncEngine, key: str = "a") -> Any:
    async with reading(engine) as connection:
        return (await connection.execute(select(outbox_table).where(outbox_table.c.key == key))).one()


async def due_in(engine: AsyncEngine) -> float:
    due_at: datetime = (await row(engine)).due_at
    return (due_at.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()


async def all_due(engine: AsyncEngine) -> None:
    async with writing(engine) as connection:
        await connection.execute(update(outbox_table).values(due_at=datetime.now(UTC)))


async def test_retry_after_is_kept_and_is_no_attempt(engine: AsyncEngine) -> None:
    """A helpdesk that says when is asked again then, however often."""
    made = outbox(engine, failing(DelayedError("http_429", 120), []))
    await made.put("a", Kind.TICKET, {}, customer="c")
    assert await made.deliver_due() == 0
    assert 100 < await due_in(engine) <= 120
    assert (await row(engine)).attempts == 0


async def test_a_failure_waits_longer_each_time(engine: AsyncEngine) -> None:
    """Back-off doubles, with a little chance in it."""
    made = outbox(engine, failing(DeliveryError("http_500"), []))
    await made.put("a", Kind.TICKET, {}, customer="c")
    await made.deliver_due()
    assert 25 < await due_in(engine) <= 60
    assert (await row(engine)).error == "http_500"


async def test_about_one_subject_one_after_the_other(engine: AsyncEngine) -> None:
    """A later delivery waits for an earlier one about the same case; other cases do not."""
    seen: Seen = []
    made = outbox(engine, failing(DeliveryError("http_500"), seen))
    for key, subject in (("a", "case-1"), ("b", "case-1"), ("c", "case-2")):
        await made.put(key, Kind.TICKET, {"key": key}, customer="c", subject=subject)
    await made.deliver_due()
    await all_due(engine)
    await made.deliver_due()
    assert [one["key"] for one in seen] == ["a", "c", "a", "b"]


async def test_what_is_refused_is_a_dead_letter_and_a_click_retries_it(engine: AsyncEngine) -> None:
    """A refusal is not tried again by itself; it blocks nobody, stays visible, and goes out when asked to."""
    seen: Seen = []
    made = outbox(engine, failing(RefusedError("http_422"), seen))
    await made.put("a", Kind.TICKET, {"key": "a"}, customer="c", subject="case-1")
    await made.put("b", Kind.TICKET, {"key": "b"}, customer="c", subject="case-1")
    assert await made.deliver_due() == 1
    (letter,) = await made.dead_letters()
    assert (letter.key, letter.error) == ("a", "http_422")
    assert await made.revive(letter.id)
    assert not await made.revive(letter.id)
    assert await made.deliver_due() == 1
    assert await made.dead_letters() == []


async def test_a_fault_of_ours_stops_no_other_delivery(engine: AsyncEngine) -> None:
    """An unexpected exception counts as a failure of the one delivery."""
    made = outbox(engine, failing(KeyError("oops"), []))
    await made.put("a", Kind.TICKET, {}, customer="c")
    await made.put("b", Kind.TICKET, {}, customer="c")
    assert await made.deliver_due() == 1
    assert (await row(engine)).error == "KeyError"


async def test_after_the_last_attempt_it_is_given_up(engine: AsyncEngine) -> None:
    """Nothing is tried for ever, not even what kills every process that takes it."""
    made = outbox(engine, failing(DeliveryError("http_500"), []), Pace(attempts=3))
    await made.put("a", Kind.TICKET, {}, customer="c")
    async with writing(engine) as connection:
        await connection.execute(update(outbox_table).values(attempts=3))
    await made.deliver_due()
    assert [one.error for one in await made.dead_letters()] == ["never_came_back"]


async def test_what_was_erased_is_not_sent(engine: AsyncEngine) -> None:
    """A shredded customer's deliveries end without being opened."""
    seen: Seen = []
    made = outbox(engine, failing(DeliveryError("never"), seen))
    await made.put("a", Kind.TICKET, {}, customer="c")
    await Sealer(engine, b"k" * 32).shred("c")
    assert await made.deliver_due() == 0
    assert seen == []
    assert (await row(engine)).error == "erased"


async def test_a_hanging_helpdesk_is_cut_off_within_the_lease(engine: AsyncEngine) -> None:
    """Nobody else takes a delivery while one is still at it."""

    async def hangs(_payload: dict[str, Any]) -> None:
        await asyncio.sleep(60)

    made = outbox(engine, hangs, Pace(lease=0.2))
    await made.put("a", Kind.TICKET, {}, customer="c")
    assert await asyncio.wait_for(made.deliver_due(), 10) == 0
    assert (await row(engine)).error == "TimeoutError"


async def test_many_workers_send_each_delivery_once(engine: AsyncEngine) -> None:
    """Eight workers of two processes share the work."""
    seen: Seen = []

    async def deliver(payload: dict[str, Any]) -> None:
        seen.append(payload)
        await asyncio.sleep(0)

    processes = [outbox(engine, deliver) for _ in range(2)]
    for place in range(40):
        await processes[0].put(f"k{place}", Kind.TICKET, {"place": place}, customer="c")
    await asyncio.gather(*(process.deliver_due() for process in processes for _ in range(4)))
    assert sorted(one["place"] for one in seen) == list(range(40))


async def test_a_ticket_made_twice_is_merged(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the lookup lags more than expected and a ticket is made twice, the second look finds both and merges."""
    stub, environment = stub_of("freshdesk")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    lose = [True]

    class Losing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await stub.handle_async_request(request)
            if lose and request.method == "POST" and request.url.path == "/api/v2/tickets":
                lose.clear()
                for held in stub.held.values():
                    held.lag = timedelta(seconds=0.35)
                raise httpx.ReadTimeout("silent", request=request)
            return answer

    tickets = Tickets(choose("freshdesk", engine, Losing()), engine)
    made = ticket("cnv-1.1.0", note("n", Visibility.INTERNAL, "once")).model_dump(mode="json")
    for _ in range(20):
        try:
            await tickets.deliver(made | {"revision": 1})
            break
        except (DelayedError, DeliveryError) as later:
            await asyncio.sleep(getattr(later, "seconds", 0.01))
    assert [held.merged_into is None for held in stub.held.values()] == [False, True]
    assert len(stub.live()[0].entries) == 1


ANSWERS = [
    (httpx.Response(429, headers={"Retry-After": "7"}), DelayedError),
    (httpx.Response(401), NotSentError),
    (httpx.Response(422, json={"error": "maya@example.com is no requester"}), RefusedError),
    (httpx.Response(503), DeliveryError),
    (httpx.Response(302), DeliveryError),
    (httpx.Response(200, content=b"<html>"), DeliveryError),
]


@pytest.mark.parametrize(("answer", "kind"), ANSWERS, ids=lambda one: str(getattr(one, "status_code", "")))
async def test_an_answer_means_what_it_says(answer: httpx.Response, kind: type[DeliveryError]) -> None:
    """Each status has one meaning, and nothing of the vendor's words is kept."""
    wire = Wire("https://x.test/", {}, httpx.MockTransport(lambda _: answer))
    with pytest.raises(DeliveryError) as raised:
        await wire.json("GET", "a")
    assert type(raised.value) is kind
    assert "maya" not in str(raised.value)
    await wire.aclose()


async def test_retry_after_may_name_a_time() -> None:
    """HTTP lets a server say when, not only how long."""
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    wire = Wire(
        "https://x.test/", {}, httpx.MockTransport(lambda _: httpx.Response(429, headers={"Retry-After": when}))
    )
    with pytest.raises(DelayedError) as raised:
        await wire.json("GET", "a")
    assert 80 < raised.value.seconds <= 90
    await wire.aclose()
