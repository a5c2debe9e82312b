"""No customer's value leaves: not into a log, not to the terminal, not in plain text into SQL or Redis."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis

from agent.bootstrap import Company, joined
from agent.events import HandedOff, PacketFiled
from agent.settings import Settings
from agent.testing import NOW, Chat
from guardrails.pii.log import open_log
from guardrails.pii.redact import Redactor
from tools.helpdesk.base import Ticket
from tools.systems.base import Systems

MAYA = "cus-0001"
#: What of the customer would still tell who it is, however it was written.
TRACES = ["whitfield", "alder lane", "97205", "555-0137", "5550137", "555 0137", "4242 4242", "42424242", "4242-4242"]
Say = Callable[[Company, list[str]], Any]


def values_of(shop: Path) -> list[str]:
    """Return every personal value the shop has: names, e-mails, phones, addresses, cards."""
    with sqlite3.connect(shop) as connection:
        rows = connection.execute("select name, email, phone, address from customers").fetchall()
        rows += connection.execute("select distinct card_number from payments").fetchall()
    values = [str(value) for row in rows for value in row if value]
    assert len(values) > 240
    return values


def own_values(shop: Path) -> list[str]:
    """Return name, e-mail, phone, address and card number of the customer who writes."""
    with sqlite3.connect(shop) as connection:
        query = "select name, email, phone, address from customers where id = ?"
        card = "select card_number from payments join orders on orders.id = order_id where customer_id = ?"
        return [*connection.execute(query, (MAYA,)).fetchone(), *connection.execute(card, (MAYA,)).fetchone()]


async def signed_in(company: Company, mine: list[str]) -> list[Chat]:
    """Have the seeded four turns with a customer who types out all that is personal, and a person who answers so."""
    name, email, phone, address, card = mine
    maya = await Chat.open(company, MAYA)
    await maya.says(f"where is order 1051? I am {name}, {email}, {phone}, living at {address}")
    await maya.says(f"refund the blue mug from order 1043, it arrived broken. My card is {' '.join(_fours(card))}")
    await maya.confirms()
    await maya.says(f"I want to talk to a person. Call {name.upper()} at {phone[3:]} or write to {email.title()}")
    await company.app.takeover.claim(maya.id, maya.operator)
    await maya.operator_says(f"Hello {name}, I have your address as {address} and the card {card}")
    await company.app.takeover.note(maya.id, maya.operator, f"{name} called from {phone}")
    await company.app.takeover.release(maya.id, maya.operator)
    return [maya]


def _fours(card: str) -> list[str]:
    return [card[place : place + 4] for place in range(0, len(card), 4)]


async def by_code(company: Company, mine: list[str]) -> list[Chat]:
    """Have a visitor prove an address by a code, and hand off."""
    visitor = await Chat.open(company)
    await visitor.says("where is order 1043?")
    await visitor.says(f"it's {mine[1]}")
    await visitor.says(company.mailbox.kept[0]["subject"].split()[0])
    await visitor.says(f"I want to talk to a person. {mine[0]}, {mine[2]}, {mine[3]}")
    return [visitor]


async def unknown(company: Company, mine: list[str]) -> list[Chat]:
    """Have somebody whom nothing is known of type all that is personal, and ask for a person."""
    visitor = await Chat.open(company)
    await visitor.says(f"my e-mail is {mine[1]}, phone {mine[2]}, card {mine[4]}")
    await visitor.says(f"I want to talk to a person. Card {mine[4]}, mail {mine[1]}, phone {mine[2]}")
    return [visitor]


@pytest.mark.parametrize("talk", [signed_in, by_code, unknown])
async def test_no_value_of_a_conversation_is_in_any_sink(
    settings: Settings, redis: Redis, redactor: Redactor, capfd: pytest.CaptureFixture[str], talk: Say
) -> None:
    """Log, terminal, our SQL file with its journal, Redis: grep finds nothing of anybody."""
    await redis.config_set("rdbcompression", "no")
    mine = own_values(settings.home / "larkspur.db")
    sink = open_log(settings.home / "firstcontact.log", redactor, echo=True)
    async with joined(settings, clock=lambda: NOW, redactor=redactor) as company:
        (chat,) = await talk(company, mine)
        assert any(isinstance(event, HandedOff) for event in await chat.log())
        open_files = sinks(settings.home)
    sink.close()
    kept = {**open_files, **{f"{name} closed": raw for name, raw in sinks(settings.home).items()}}
    kept["terminal"] = "".join(capfd.readouterr()).encode()
    kept["redis"] = b"".join([key + (await redis.dump(key) or b"") async for key in redis.scan_iter("*")])
    assert b'"event": "turn"' in kept["firstcontact.log closed"]
    assert {"firstcontact.db", "firstcontact.db-wal"} <= set(kept)
    assert found(kept, [*values_of(settings.home / "larkspur.db"), *mine, *TRACES]) == []


def sinks(home: Path) -> dict[str, bytes]:
    """Return our own files as they lie on the disk, but the shop's."""
    return {path.name: path.read_bytes() for path in home.glob("firstcontact*")}


def found(kept: dict[str, bytes], values: list[str]) -> list[tuple[str, str]]:
    """Return which value stands in which sink, in any case, as UTF-8 or escaped as JSON."""
    lowered = {name: raw.lower() for name, raw in kept.items()}
    spellings = [(value, spelled) for value in values for spelled in {value.lower(), ascii(value.lower())[1:-1]}]
    return [(name, value) for name, raw in lowered.items() for value, one in spellings if one.encode() in raw]


async def test_the_ticket_keeps_what_is_needed_and_nobodys_values(company: Company, settings: Settings) -> None:
    """Order numbers and receipts survive the redaction; the person's values do not."""
    mine = own_values(settings.home / "larkspur.db")
    (chat,) = await signed_in(company, mine)
    tickets: list[Ticket] = await chat.tickets()
    text = " ".join(note.body for ticket in tickets for note in ticket.notes)
    assert "1043" in text
    assert (await chat.receipts())[0] in text
    assert found({"tickets": text.encode()}, [*mine, *TRACES]) == []


@pytest.mark.parametrize("talk", [signed_in, by_code, unknown])
async def test_a_handoff_quotes_the_customer_without_their_values(
    company: Company, settings: Settings, talk: Say
) -> None:
    """Packet and summary repeat what was said with placeholders in the place of what is personal."""
    mine = own_values(settings.home / "larkspur.db")
    (chat,) = await talk(company, mine)
    summaries = [line for event in await chat.log() if isinstance(event, HandedOff) for line in event.summary]
    packets = [event for event in await chat.parts.store.read_staff(chat.id) if isinstance(event, PacketFiled)]
    assert "want to talk to a person" in str(packets[-1].packet)
    assert found({"summary": str(summaries).encode(), "packet": str(packets).encode()}, [*mine, *TRACES]) == []


class _Talkative:
    """A system of record whose failure quotes the customer."""

    def __init__(self, quote: str) -> None:
        self._quote = quote

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name} failed for {self._quote}")


async def test_a_failure_that_quotes_the_customer_is_logged_without_the_quote(
    settings: Settings, redis: Redis, redactor: Redactor, capfd: pytest.CaptureFixture[str]
) -> None:
    """The line says that and where a turn broke; the exception's own words stay out of it."""
    mine = own_values(settings.home / "larkspur.db")

    def wrap(systems: Systems) -> Systems:
        return replace(systems, orders=_Talkative(" ".join(mine)))

    sink = open_log(settings.home / "firstcontact.log", redactor, echo=True)
    async with joined(settings, clock=lambda: NOW, redactor=redactor, wrap=wrap) as company:
        maya = await Chat.open(company, MAYA)
        await maya.says(f"where is order 1051? I am {mine[0]}")
        assert any(isinstance(event, HandedOff) for event in await maya.log())
    sink.close()
    kept = sinks(settings.home) | {"terminal": "".join(capfd.readouterr()).encode()}
    assert b"turn_broken" in kept["firstcontact.log"]
    assert found(kept, [*mine, *TRACES]) == []


async def test_the_log_masks_whoever_is_here(
    settings: Settings, redis: Redis, redactor: Redactor, capfd: pytest.CaptureFixture[str]
) -> None:
    """Once a customer was read, their name is masked also in a line that ought not to hold one."""
    sink = open_log(settings.home / "firstcontact.log", redactor, echo=False)
    async with joined(settings, clock=lambda: NOW, redactor=redactor) as company:
        maya = await Chat.open(company, MAYA)
        await maya.says("I want to talk to a person")
        structlog.get_logger().info("careless", words="Whitfield called about order 1043")
    sink.close()
    line = next(line for line in sinks(settings.home)["firstcontact.log"].splitlines() if b"careless" in line)
    assert (b"1043" in line, b"Whitfield" in line) == (True, False)
    assert capfd.readouterr().out == ""
