"""One customer erased: nothing of them is found anywhere, and the others and the books are as they were."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, update
from typer.testing import CliRunner, Result

from agent.bootstrap import Company
from agent.cli import app
from agent.erase import BusyError, Eraser
from agent.events import CustomerSaid
from agent.settings import Settings
from agent.testing import Chat, shop_refunds
from agent.turn import take_turn
from guardrails.database import reading, writing
from guardrails.sealing import SealBrokenError
from guardrails.uploads import Clean, Media
from tools.helpdesk.embedded import notes, tickets
from tools.ledger import Claim, ledger_table

MAYA, TOMAS = "cus-0001", "cus-0002"
NAME, MAIL, PHONE, STREET = "Maya Whitfield", "maya.whitfield@example.com", "+1 503 555 0137", "18 Alder Lane"


async def lived(company: Company, customer: str = MAYA) -> Chat:
    """Let a customer leave something in every store."""
    chat = await Chat.open(company, customer)
    if customer == MAYA:
        await chat.says(f"I am {NAME}, {STREET}, {PHONE}. Refund the mug from order 1043, it came smashed")
        await chat.confirms()
    await chat.says("I want to talk to a person")
    await chat.parts.store.set_current(customer, chat.id)
    await company.stores.attachments.put(chat.id, customer, f"{NAME}.png", Clean(Media.PNG, b"pixels"))
    state = await chat.state()
    await company.stores.archive.put(state, "inc", None)
    await chat.parts.records.mail(f"code/{chat.id}/1", to=MAIL, subject="s", body="b", customer=customer)
    return chat


async def visited(company: Company) -> Chat:
    """Let somebody who never signed in type the customer's address."""
    visitor = await Chat.open(company)
    await visitor.says(f"where is my order? it's {MAIL.upper()}")
    return visitor


async def test_nothing_is_found_afterwards(company: Company) -> None:
    """In every store something was removed, and a search finds nothing."""
    await lived(company)
    await visited(company)
    report = {one.store: one for one in await Eraser(company).erase(MAYA)}
    removed = {store: one.removed for store, one in report.items() if one.removed}
    assert set(removed) == {"conversations", "archive", "attachments", "deliveries", "ledger", "tickets", "keys"}
    assert removed["conversations"] == 2
    assert {one.left for one in report.values()} == {0}


async def test_the_trail_stays_whole_and_tells_of_it(company: Company) -> None:
    """Erasing breaks no chain, and stands in one itself, under a name that leads nowhere."""
    chat = await lived(company)
    await Eraser(company).erase(MAYA)
    assert await chat.parts.audit.verify() == []
    assert len(await chat.parts.audit.rows(chat.id)) > 3
    last = (await chat.parts.audit.rows("erasures"))[-1].fields
    assert (last["left"], str(last["customer"])[:5], last["tickets"]) == (0, "gone-", 2)


async def test_the_books_keep_what_the_law_asks(company: Company) -> None:
    """The refund is still in the shop and its amount in the ledger, under a pseudonym."""
    chat = await lived(company)
    await Eraser(company).erase(MAYA)
    async with reading(company.engine) as sql:
        (row,) = (await sql.execute(ledger_table.select())).all()
    assert (row.amount, row.state, row.customer[:5], row.args_sealed) == (1800, "done", "gone-", b"")
    assert [one.amount for one in await shop_refunds(company, MAYA, "1043")] == [1800]
    assert await chat.parts.door.ledger.untold() == ()


async def test_what_was_sealed_opens_no_more(company: Company) -> None:
    """Also from a backup: the key is gone."""
    sealed = await company.sealer.seal(MAYA, b"kept in a backup")
    await Eraser(company).erase(MAYA)
    with pytest.raises(SealBrokenError):
        await company.sealer.open(MAYA, sealed)


async def test_others_are_left_alone(company: Company) -> None:
    """Another customer's conversation, file, ticket and archive stay and open."""
    await lived(company)
    other = await lived(company, TOMAS)
    await Eraser(company).erase(MAYA)
    assert (await other.state()).customer == TOMAS
    assert len(await company.stores.attachments.of_conversation(other.id)) == 1
    assert len(await company.stores.archive.lines(other.id)) > 0
    assert (await other.tickets())[0].notes


async def test_the_customer_may_come_back(company: Company) -> None:
    """The shop still knows them: a new conversation works, also under the old conversation's token."""
    chat = await lived(company)
    await Eraser(company).erase(MAYA)
    back = Chat(company, chat.id)
    again = await Chat.open(company, MAYA)
    assert "Order 1051" in await again.says("where is order 1051?")
    assert await back.parts.door.ledger.of_conversation(chat.id) == ()


async def test_a_trace_that_is_left_is_found(company: Company) -> None:
    """The proof is a real search: what somebody put elsewhere comes to light."""
    other = await lived(company, TOMAS)
    await other.parts.store.append(other.id, [CustomerSaid(text=f"say hello to {NAME}", client_id="c")])
    async with writing(company.engine) as sql:
        number = (await sql.execute(tickets.select())).first()
        assert number is not None
        note = {"key": "k", "ticket": number.number, "visibility": "internal", "body": f"call 503-555-0137, {MAIL}"}
        note["at"] = datetime.now(UTC)
        await sql.execute(insert(notes).values(note))
    found = {one.store: one.left for one in await Eraser(company).erase(MAYA) if one.left}
    assert found == {"conversations": 1, "tickets": 1, "database files": found["database files"]}


async def test_nobody_is_erased_in_the_middle_of_an_action(company: Company) -> None:
    """A refund under way is finished first."""
    chat = await Chat.open(company, MAYA)
    claim = Claim(
        key="k", conversation=chat.id, case="c", customer=MAYA, action="issue_refund", object_ref="order:1043",
        args={}, amount=1, currency="USD", limits=(), policy_hash=None, approved_by=None,
    )  # fmt: skip
    await chat.parts.door.ledger.claim(replace(claim, args={"order_id": "1043"}))
    with pytest.raises(BusyError):
        await Eraser(company).erase(MAYA)
    async with writing(company.engine) as sql:
        await sql.execute(update(ledger_table).values(state="failed"))
    assert await Eraser(company).erase(MAYA)


async def erase(*words: str) -> Result:
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["erase", "--customer", *words]))


async def test_the_command_proves_it(company: Company, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 0 with a line a store; 1 where something is left, in the open conversation of another."""
    monkeypatch.setenv("FIRSTCONTACT_HOME", str(settings.home))
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    await lived(company)
    done = await erase(MAYA, "--json")
    assert done.exit_code == 0
    lines = {line["store"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert lines["tickets"] == {"store": "tickets", "removed": 2, "left": 0}
    other = await Chat.open(company, TOMAS)
    await other.writes(f"my friend {NAME} is here too")
    await take_turn(other.parts, other.id)
    assert (await erase(MAYA)).exit_code == 1
