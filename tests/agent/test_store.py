"""The conversation log: all or none, in order, once, and only by who may."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from agent.channels.projection import for_customer
from agent.channels.stream import follow
from agent.events import AgentSaid, ConversationStarted, CustomerSaid, NoteAdded, TurnFinished
from agent.store import BUCKETS, Append, AppendRefusedError, Cursor, Lost, Store
from agent.wakes import Wakes
from guardrails.identity import Level
from guardrails.sealing import Cipher, SealBrokenError

ID = "cnv-1"
STARTED = ConversationStarted(channel="test", customer=None, level=Level.ANONYMOUS)
WORDS = "a quite unmistakable sentence"
SAID = CustomerSaid(text=WORDS, client_id="client-1")
ANSWER = AgentSaid(turn=1, n=0, text=WORDS)


async def everything(redis: Redis) -> dict[bytes, bytes | None]:
    """Return every key with its content, uncompressed."""
    await redis.config_set("rdbcompression", "no")
    return {key: await redis.dump(key) async for key in redis.scan_iter("*")}


def made(redis: Redis) -> Store:
    return Store(redis, Cipher(b"k" * 32), lambda: datetime.now(UTC), retention_seconds=60)


@pytest.fixture
async def store(redis: Redis) -> Store:
    """A store with one conversation: an open lease with number 1, and the customer's words as number 2."""
    made_here = made(redis)
    await made_here.start(ID, STARTED)
    await made_here.lease(ID, 10)
    await made_here.append(ID, [SAID], Append(inbound=True, dedupe="c1"))
    return made_here


REFUSED = [
    (Lost.LEASE, Append(lease=7)),
    (Lost.OWNER, Append(owner="op-sam")),
    (Lost.OWNER, Append(owner="op-sam", new_owner="op-jo")),
    (Lost.NEWER, Append(unless_after=1)),
    (Lost.STALE, Append(seen=1)),
    (Lost.STALE, Append(seen=0, row={"state": "held"}, answered=9)),
]


@pytest.mark.parametrize(("why", "how"), REFUSED)
async def test_a_refused_append_writes_nothing_at_all(store: Store, redis: Redis, why: Lost, how: Append) -> None:
    """Events, notes, owner, row and due entry go together or not at all."""
    before = await everything(redis)
    with pytest.raises(AppendRefusedError) as refused:
        await store.append(ID, [ANSWER, TurnFinished(turn=1, answered=2)], how, staff=[NoteAdded(operator="", text="")])
    assert refused.value.why is why
    assert await everything(redis) == before


async def test_a_log_that_is_gone_takes_nothing(store: Store, redis: Redis) -> None:
    """An append never begins a log."""
    before = await everything(redis)
    with pytest.raises(AppendRefusedError, match="gone"):
        await store.append("cnv-2", [SAID], Append(inbound=True))
    assert await everything(redis) == before


async def test_the_same_words_twice_are_one_event(store: Store) -> None:
    """Of twenty retries at once one counts, and all get the same place."""
    tries = [store.append(ID, [SAID], Append(inbound=True, dedupe="c2")) for _ in range(20)]
    places = await asyncio.gather(*tries)
    assert len({str(place) for place in places}) == 1
    assert sum(isinstance(event, CustomerSaid) for event in await store.read(ID)) == 2


async def test_numbers_have_no_gap_and_no_double(store: Store) -> None:
    """Fifty writers at once: each event has a number of its own, shared by the log and the notes."""
    note = NoteAdded(operator="Sam", text="n")
    await asyncio.gather(*(store.append(ID, [ANSWER], staff=[note]) for _ in range(50)))
    numbers = [event.seq for event in (*await store.read(ID), *await store.read_staff(ID))]
    assert sorted(numbers) == list(range(1, 103))


async def test_notes_are_not_in_the_log(store: Store) -> None:
    """Staff-only events lie under a key of their own."""
    await store.append(ID, (), staff=[NoteAdded(operator="Sam", text="n")])
    assert [event.kind for event in await store.read(ID)] == ["conversation_started", "customer_said"]


async def test_one_lease_at_a_time(store: Store) -> None:
    """While one holds the lease nobody else gets it; released it goes on with the next number."""
    assert await store.lease(ID, 10) is None
    await store.release(ID, 1)
    assert await store.lease(ID, 10) == 2


async def test_a_late_holder_is_refused(store: Store) -> None:
    """Who comes back after the lease has run out finds the number gone up and writes nothing."""
    assert await store.renew(ID, 1, 0.01)
    await asyncio.sleep(0.05)
    assert await store.lease(ID, 10) == 2
    assert not await store.renew(ID, 1, 10)
    await store.release(ID, 1)
    assert await store.lease(ID, 10) is None
    with pytest.raises(AppendRefusedError, match="lease"):
        await store.append(ID, [ANSWER], Append(lease=1))


async def test_a_renewed_lease_lasts(store: Store) -> None:
    """A holder that keeps at it keeps it."""
    await store.renew(ID, 1, 0.05)
    await store.renew(ID, 1, 10)
    await asyncio.sleep(0.1)
    assert await store.lease(ID, 10) is None


async def test_of_many_takers_one_gets_the_lease(store: Store) -> None:
    """Taking is atomic."""
    await store.release(ID, 1)
    taken = await asyncio.gather(*(store.lease(ID, 10) for _ in range(30)))
    assert [number for number in taken if number] == [2]


async def test_an_owner_is_checked_with_the_write(store: Store) -> None:
    """After a claim the agent writes nothing, and the operator may."""
    await store.append(ID, (), Append(owner="agent", new_owner="op-sam"))
    with pytest.raises(AppendRefusedError, match="owner"):
        await store.append(ID, [ANSWER], Append(owner="agent", lease=1))
    await store.append(ID, [ANSWER], Append(owner="op-sam"))
    assert await store.owner(ID) == "op-sam"


GARBAGE = ["", ".", "x", "-1", "a.-1", "a.1e3", "a.١", "a.1.2", "a." + "9" * 12, "a" * 33 + ".1", "a. 1", "\x00.1x"]


@pytest.mark.parametrize("text", GARBAGE)
def test_an_odd_cursor_is_the_start_of_an_unknown_log(text: str) -> None:
    """Nothing from outside can break a read."""
    assert Cursor.parse(text) == Cursor("", 0)


def test_a_cursor_reads_as_it_was_written() -> None:
    """What a surface gets is what it gives back."""
    assert Cursor.parse(str(Cursor("ab12", 34))) == Cursor("ab12", 34)


async def followed(store: Store, after: str, count: int) -> list[bytes]:
    async def read(at: int) -> list[dict[str, object]]:
        return [view for event in await store.read(ID, at) if (view := for_customer(event))]

    async def still() -> bool:
        return True

    stream = follow(store, Wakes(store.redis), ID, Cursor.parse(after), read, still)
    return [await anext(stream) for _ in range(count)]


async def test_an_unknown_incarnation_is_a_reset(store: Store) -> None:
    """A cursor of a lost log clears the view, and everything follows from the start."""
    first, second, third = await followed(store, "deadbeef0000.57", 3)
    assert first == b'{"kind": "reset"}\n'
    assert b'"started"' in second
    assert b'"customer_said"' in third


async def test_a_known_cursor_goes_on(store: Store) -> None:
    """A reload repeats nothing."""
    (line,) = await followed(store, f"{await store.incarnation(ID)}.1", 1)
    assert b'"customer_said"' in line


async def test_a_log_that_is_gone_is_a_reset(store: Store, redis: Redis) -> None:
    """A stream of a lost log ends with a reset instead of silence."""
    await redis.flushall()
    assert await followed(store, "", 1) == [b'{"kind": "reset"}\n']


async def test_words_in_redis_are_sealed(store: Store, redis: Redis) -> None:
    """Neither the log nor the notes hold a readable word."""
    await store.append(ID, [ANSWER], staff=[NoteAdded(operator="Sam", text=WORDS)])
    kept = str(await everything(redis))
    assert "quite" not in kept
    assert "unmistakable" not in kept


async def test_a_sealed_event_opens_in_its_own_conversation_only(store: Store, redis: Redis) -> None:
    """An event moved into another log is not read."""
    await store.start("cnv-2", STARTED)
    rows: Any = await redis.xrange(store.key(ID, "events"), min="2-0")
    await redis.xadd(store.key("cnv-2", "events"), rows[0][1], id="2-0")
    with pytest.raises(SealBrokenError):
        await store.read("cnv-2")


@pytest.mark.parametrize(("answered", "due"), [(1, [ID]), (2, []), (3, [])])
async def test_due_ends_only_when_nothing_newer_waits(store: Store, answered: int, due: list[str]) -> None:
    """Words that came while a turn ran keep the conversation due."""
    await store.append(ID, [TurnFinished(turn=1, answered=answered)], Append(lease=1, answered=answered))
    assert await store.due() == due


async def test_due_is_found_in_every_bucket(redis: Redis) -> None:
    """However the ids spread, no waiting conversation is overlooked."""
    store, ids = made(redis), {f"cnv-{number}" for number in range(BUCKETS * 6)}
    for one in ids:
        await store.start(one, STARTED)
        await store.append(one, [SAID], Append(inbound=True))
    assert set(await store.due()) == ids


@pytest.mark.parametrize("recovered", [False, True])
async def test_a_log_begins_once(redis: Redis, recovered: bool) -> None:
    """Twenty starts at once make one log; a recovered one is due at once."""
    store, started = made(redis), STARTED.model_copy(update={"recovered": recovered})
    await asyncio.gather(*(store.start(ID, started) for _ in range(20)))
    incarnation = await store.incarnation(ID)
    await store.start(ID, started)
    assert [event.kind for event in await store.read(ID)] == ["conversation_started"]
    assert await store.incarnation(ID) == incarnation
    assert await store.due() == ([ID] if recovered else [])


async def test_a_conversation_expires_as_a_whole(store: Store, redis: Redis) -> None:
    """Every key of it has the retention as its life."""
    await store.append(ID, (), staff=[NoteAdded(operator="Sam", text="n")])
    lives = [await redis.ttl(store.key(ID, part)) for part in ("events", "staff", "meta", "seen")]
    assert all(0 < life <= 60 for life in lives)


async def test_events_have_the_stores_time(redis: Redis) -> None:
    """Whatever a writer claims, the store's clock says when."""
    clock: Callable[[], datetime] = lambda: datetime(2026, 1, 2, tzinfo=UTC)  # noqa: E731
    store = Store(redis, Cipher(b"k" * 32), clock, retention_seconds=60)
    await store.start(ID, STARTED.model_copy(update={"at": datetime(1999, 1, 1, tzinfo=UTC)}))
    assert [event.at for event in await store.read(ID)] == [clock()]


async def test_a_renewal_that_comes_late_does_not_take_a_lease_back(store: Store) -> None:
    """Who gave the lease back does not hold up the next turn."""
    await store.release(ID, 1)
    assert not await store.renew(ID, 1, 10)
    assert await store.lease(ID, 10) == 2
