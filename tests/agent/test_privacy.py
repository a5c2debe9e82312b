"""No customer's value leaves: not into a log, not to the terminal, not in plain text into SQL or Redis."""

import sqlite3
from pathlib import Path

import pytest
from redis.asyncio import Redis

from agent.bootstrap import joined
from agent.settings import Settings
from agent.testing import NOW, Chat
from guardrails.pii.log import open_log
from guardrails.pii.redact import Redactor

MAYA = "cus-0001"


def values_of(shop: Path) -> list[str]:
    """Return every personal value the shop has, as it would appear: names, e-mails, phones, addresses, cards."""
    with sqlite3.connect(shop) as connection:
        rows = connection.execute("select name, email, phone, address from customers").fetchall()
        cards = connection.execute("select distinct card_number from payments where card_number is not null").fetchall()
    return [str(value) for row in (*rows, *cards) for value in row if value]


async def talk(settings: Settings, redactor: Redactor, personal: list[str]) -> None:
    """Have the seeded conversations with a customer who types out all that is personal about them."""
    async with joined(settings, clock=lambda: NOW, redactor=redactor) as company:
        maya = await Chat.open(company, MAYA)
        await maya.says(f"Hi, I am {personal[0]}, {personal[1]}, {personal[2]}, living at {personal[3]}")
        await maya.says(f"refund the blue mug from order 1043, it arrived broken. My card is {personal[4]}")
        await maya.confirms()
        await maya.says(f"I want to talk to a person. Call {personal[0]} at {personal[2]}")
        await company.app.takeover.claim(maya.id, maya.operator)
        await maya.operator_says(f"Hello {personal[0]}, I have your address as {personal[3]}")
        await company.app.takeover.release(maya.id, maya.operator)
        visitor = await Chat.open(company)
        await visitor.says("where is order 1043?")
        await visitor.says(personal[1])
        await visitor.says(company.mailbox.kept[0]["subject"].split()[0])


async def test_no_value_of_the_run_is_in_any_sink(
    settings: Settings, redis: Redis, redactor: Redactor, capfd: pytest.CaptureFixture[str]
) -> None:
    """Grep for all of them: log file, terminal, our SQL file with its journal, and Redis."""
    everyone = values_of(settings.home / "larkspur.db")
    with sqlite3.connect(settings.home / "larkspur.db") as connection:
        query = "select name, email, phone, address from customers where id = ?"
        mine = [*connection.execute(query, (MAYA,)).fetchone(), "4242 4242 4242 4242"]
    sink = open_log(settings.home / "firstcontact.log", redactor, echo=True)
    await talk(settings, redactor, mine)
    sink.close()
    terminal = "".join(capfd.readouterr())
    files = {path.name: path.read_bytes() for path in settings.home.glob("firstcontact*")}
    stored = [await redis.dump(key) or b"" async for key in redis.scan_iter("*")]
    assert b'"event": "turn"' in files["firstcontact.log"]
    assert len(everyone) > 200
    for value in (*everyone, *mine):
        raw = value.encode()
        assert value not in terminal
        assert [name for name, content in files.items() if raw in content] == []
        assert not any(raw in dump for dump in stored)
