"""Faults of the site: every part for the engineers, one ticket for one symptom, nothing personal in it."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import insert, select
from wishes import INES, MAYA

from agent.bootstrap import Company
from agent.testing import NOW, Chat
from guardrails.database import reading, writing
from tools.systems.shop import incidents, issues

Open = Callable[[str | None], Awaitable[Chat]]
REPORT = ("the coupon field in the checkout freezes", "I pasted a code and pressed apply", "the discount should appear")


async def engineering(company: Company) -> list[dict[str, Any]]:
    """Return the engineering tickets as the tracker holds them."""
    async with reading(company.shop) as connection:
        return [dict(row._mapping) for row in await connection.execute(select(issues).order_by(issues.c.id))]


async def reported(chat: Open, customer: str, words: tuple[str, ...]) -> Chat:
    """Report a fault to its end."""
    talk = await chat(customer)
    for said in (*words, "yes"):
        await talk.says(said)
    assert [ticket.code for ticket in await talk.tickets()] == ["bug_reported"]
    return talk


async def test_the_engineers_get_every_part(chat: Open, company: Company) -> None:
    """What the device reported fills version, device, time and events; the rest is the customer's own words."""
    talk = await reported(chat, MAYA, REPORT)
    (ticket,) = await engineering(company)
    parts = ticket["parts"]
    assert all(parts[name] for name in ("version", "device", "happened_at", "steps", "expected", "actual", "events"))
    assert (parts["steps"], parts["device"]) == (REPORT[1], "Firefox 143 on Windows 11")
    assert ticket["links"] == [talk.id]


async def test_the_same_symptom_ten_times_is_one_ticket_with_ten_chats(chat: Open, company: Company) -> None:
    """Later reports join the open ticket."""
    talks = [await reported(chat, MAYA, REPORT) for _ in range(10)]
    (ticket,) = await engineering(company)
    assert ticket["links"] == sorted(talk.id for talk in talks)


async def test_another_symptom_is_another_ticket(chat: Open, company: Company) -> None:
    """Where no device reported anything the customer is asked for it, and the areas stay apart."""
    await reported(chat, MAYA, REPORT)
    search = (
        "the search page is broken, it shows nothing",
        "I searched for a lamp",
        "a list of lamps",
        "Chrome on a Mac",
    )
    await reported(chat, INES, search)
    found = await engineering(company)
    assert [(one["area"], one["symptom"]) for one in found] == [
        ("checkout", "coupon-field-frozen"),
        ("search", "search-not-working"),
    ]
    assert found[1]["parts"]["device"] == "Chrome on a Mac"


async def test_what_is_personal_stays_out_of_it(chat: Open, company: Company) -> None:
    """An address typed into the report is masked before the tracker or the card sees it."""
    steps = "I typed my e-mail maya.whitfield@example.com and pressed apply"
    await reported(chat, MAYA, (REPORT[0], steps, REPORT[2]))
    (ticket,) = await engineering(company)
    assert "maya.whitfield" not in str(ticket)
    assert "pressed apply" in ticket["parts"]["steps"]


async def test_a_known_incident_is_told_in_the_next_reply(chat: Open, company: Company) -> None:
    """Opened now, it is told to the next one who asks, in the company's words, and nobody is brought in."""
    row = {
        "id": "inc-0009", "area": "site", "title": "Pages load slowly", "message": "We are adding servers.",
        "affects": [], "started_at": NOW, "resolved_at": None,
    }  # fmt: skip
    maya = await chat(MAYA)
    async with writing(company.shop) as connection:
        await connection.execute(insert(incidents).values(row))
    said = await maya.says("is your website down?")
    assert "We are adding servers." in said
    assert [ticket.code for ticket in await maya.tickets()] == ["incident_told"]


async def test_a_late_parcel_hears_of_what_holds_its_carrier_up(chat: Open) -> None:
    """The open incident of the carrier is said with the delay; a parcel of another carrier hears nothing of it."""
    late = await (await chat(INES)).says("order 1063 should have been here days ago")
    assert "Flooding" in late
    other = await (await chat(MAYA)).says("my parcel 1051 is late")
    assert "Flooding" not in other
