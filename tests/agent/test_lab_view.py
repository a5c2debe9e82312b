"""What the lab shows: steps before the words they led to, every word of them, and nothing that loads by itself."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from agent.bootstrap import Company
from agent.channels.lab_view import Reading, in_hub_order, readable, shown
from agent.events import AgentSaid, CustomerSaid, Event, OperatorSaid, StaffEvent, StepTraced, TurnFinished
from agent.lab import Once
from agent.people import PEOPLE
from agent.testing import Chat
from guardrails.database import reading
from tools.systems.shop import customers

Open = Callable[[str | None], Awaitable[Chat]]


def test_each_turns_steps_stand_between_the_customers_words_and_the_answer() -> None:
    """Two turns read in one go are not mixed up."""
    log: list[Event] = [
        CustomerSaid(seq=1, text="a", client_id="a"), AgentSaid(seq=2, turn=1, n=0, text="A"),
        TurnFinished(seq=3, turn=1, answered=1),
        CustomerSaid(seq=5, text="b", client_id="b"), AgentSaid(seq=6, turn=5, n=0, text="B"),
        TurnFinished(seq=7, turn=5, answered=5),
    ]  # fmt: skip
    staff: list[StaffEvent] = [
        StepTraced(seq=4, turn=1, room="flow", line="one"), StepTraced(seq=8, turn=5, room="flow", line="two"),
    ]  # fmt: skip
    assert [event.seq for event in in_hub_order(log, staff)] == [1, 4, 2, 3, 5, 8, 6, 7]


async def test_every_event_is_read_once(chat: Open) -> None:
    """Whatever is appended between two reads, nothing comes twice and nothing is left out."""
    talk = await chat("cus-0001")
    place, seen = Reading(talk.parts.store, talk.id), []
    for words in ("Where is order 1051?", "thanks"):
        await talk.writes(words)
        seen += await place.news()
        await talk.turn()
        seen += await place.news()
    everything = [*await talk.log(), *await talk.parts.store.read_staff(talk.id)]
    assert sorted(one.seq for one in seen) == sorted(one.seq for one in everything)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("Status:shipped", "Status\\:shipped"),
        ("at 10:30", "at 10:30"),
        ("![x](http://evil.example/y)", "!\\[x](http://evil.example/y)"),
        ("[us](mailto:care@larkspur.example)", "[us](mailto:care@larkspur.example)"),
    ],
)
def test_markdown_neither_eats_words_nor_loads_images(words: str, written: str) -> None:
    """Known traps of the page's Markdown."""
    assert readable(words) == written
    said = shown(OperatorSaid(operator="op-sam", name="Sam Rivera", text=words), "http://localhost:8000")
    assert said
    assert written in said.words


async def test_the_people_are_the_shops(company: Company) -> None:
    """Whom one can be exists in the shop under that name."""
    async with reading(company.shop) as connection:
        rows = await connection.execute(select(customers.c.id, customers.c.name))
        names = {row.id: row.name for row in rows}
    assert all(names[one.customer] == one.name for one in PEOPLE if one.customer)


async def test_a_failure_is_tried_again() -> None:
    """What could not be made is made at the next time of asking, and then once."""
    tries: list[str] = []

    async def make() -> int:
        tries.append("again")
        if len(tries) == 1:
            raise ConnectionError
        return len(tries)

    once = Once(make)
    with pytest.raises(ConnectionError):
        await once.get()
    assert [await once.get(), await once.get()] == [2, 2]
