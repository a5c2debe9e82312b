"""Every store lets go of what it holds, on an accelerated clock; what is still open stays."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.archive import archive_table
from agent.attachments import uploads_table
from agent.bootstrap import Company, joined, utc_now
from agent.events import OperatorSaid
from agent.settings import Settings
from agent.testing import Chat
from guardrails.audit import AuditEvent
from guardrails.database import reading
from guardrails.log_file import LogFile
from guardrails.pii.redact import Redactor
from guardrails.retention import Retention
from guardrails.uploads import Clean, Media
from kb.article import load_articles
from tools.approvals import Approval, ApprovalState, approvals_table
from tools.helpdesk.embedded import notes, tickets
from tools.helpdesk.links import links
from tools.helpdesk.outbox import outbox_table
from tools.ledger import Claim, ledger_table
from tools.retention import EMPTY

MAYA, NAME, STREET = "cus-0001", "Maya Whitfield", "18 Alder Lane"
KEEP = Retention()


@pytest.fixture
async def company(settings: Settings, redis: Redis, redactor: Redactor) -> AsyncIterator[Company]:
    """A company that lives in real time: what is kept is dated now."""
    async with joined(settings, clock=utc_now, redactor=redactor) as made:
        yield made


def waiting(chat: Chat, **more: Any) -> Approval:
    """Return an approval whose arguments hold an address."""
    return Approval(
        id=f"apr-{chat.id}", conversation=chat.id, customer=MAYA, case=f"{chat.id}.1", ticket_type="refund",
        action="change_address", args={"address": f"{STREET}, Portland"}, title=f"Send it to {STREET}", facts=(),
        on=date(2026, 1, 1), state=ApprovalState.WAITING, **more,
    )  # fmt: skip


def claim(chat: Chat) -> Claim:
    return Claim(
        key=f"key-{chat.id}"[:32], conversation=chat.id, case=f"{chat.id}.1", customer=MAYA, action="issue_refund",
        object_ref=chat.id, args={"to": STREET}, amount=1, currency="USD", limits=(), policy_hash=None,
        approved_by=None,
    )  # fmt: skip


async def filled(company: Company) -> Chat:
    """Leave something in every store."""
    chat = await Chat.open(company, MAYA)
    await chat.says(f"where is order 1051? I am {NAME}")
    await company.stores.attachments.put(chat.id, MAYA, "mug.png", Clean(Media.PNG, b"pixels"))
    await chat.parts.approvals.ask(waiting(chat))
    ledger = chat.parts.door.ledger
    await ledger.claim(claim(chat))
    await ledger.complete(claim(chat).key, MAYA, output={"to": STREET}, receipt="R-1")
    await ledger.told((claim(chat).key,))
    await chat.parts.records.mail("m1", to="m@example.com", subject="s", body="b", customer=MAYA)
    await company.outbox.deliver_due()
    log = LogFile(company.app.settings.home / "firstcontact.log")
    log.write("{}\n")
    log.close()
    return chat


async def counted(company: Company, *stores: str) -> dict[str, int]:
    """Count what lies in the stores named, or in every one."""
    full = ledger_table.c.args_sealed != EMPTY
    tables = {"archive": archive_table, "upload": uploads_table, "approval": approvals_table, "outbox": outbox_table}
    tables |= {"ticket": tickets, "note": notes}
    counts = {name: await _rows(company.engine, select(func.count()).select_from(one)) for name, one in tables.items()}
    counts["ledger"] = await _rows(company.engine, select(func.count()).select_from(ledger_table).where(full))
    home: Path = company.app.settings.home
    counts["log"], counts["file"] = _files(home, "*.log*"), _files(home, "uploads/*")
    counts["mailbox"] = len(company.mailbox.kept)
    counts["session"] = len([key async for key in company.redis.scan_iter("fc:{b*}:cnv-*")])
    return {name: count for name, count in counts.items() if name in (stores or counts)}


def _files(home: Path, pattern: str) -> int:
    return len(list(home.glob(pattern)))


async def _rows(engine: AsyncEngine, query: Any) -> int:
    async with reading(engine) as sql:
        return int((await sql.execute(query)).scalar_one())


LIMITS = [
    ("session", timedelta(days=30), ["session"]),
    ("archive", KEEP.limits()["archive"], ["archive"]),
    ("upload", KEEP.limits()["upload"], ["upload", "file"]),
    ("approval", KEEP.limits()["approval"], ["approval"]),
    ("outbox", KEEP.limits()["outbox"], ["outbox"]),
    ("ledger", KEEP.limits()["ledger"], ["ledger"]),
    ("mailbox", KEEP.limits()["mailbox"], ["mailbox"]),
    ("log", KEEP.limits()["log"], ["log"]),
]


@pytest.mark.parametrize(("store", "limit", "counts"), LIMITS, ids=lambda one: one if isinstance(one, str) else "")
async def test_a_store_is_empty_a_day_after_its_limit(
    company: Company, store: str, limit: timedelta, counts: list[str]
) -> None:
    """An hour before it is all still there."""
    await filled(company)
    await company.keeper.round(datetime.now(UTC) + timedelta(hours=2))
    assert all((await counted(company, *counts)).values())
    if store != "session":
        await company.keeper.round(datetime.now(UTC) + limit - timedelta(hours=1))
        assert all((await counted(company, *counts)).values())
    await company.keeper.round(datetime.now(UTC) + limit + timedelta(days=1))
    assert not any((await counted(company, *counts)).values())


async def test_tickets_go_a_year_after_they_were_resolved(company: Company) -> None:
    """A ticket that is open stays; a resolved one goes with its notes and its link."""
    await filled(company)
    visitor = await Chat.open(company)
    await visitor.says("I want to talk to a person")
    await company.keeper.round(datetime.now(UTC) + KEEP.limits()["ticket"] - timedelta(hours=1))
    assert (await counted(company))["ticket"] == 2
    await company.keeper.round(datetime.now(UTC) + KEEP.limits()["ticket"] + timedelta(days=1))
    assert ((await counted(company))["ticket"], len(await visitor.tickets())) == (1, 1)
    assert await _rows(company.engine, select(func.count()).select_from(links)) == 1


async def test_a_session_that_nobody_waits_in_ends_after_a_week(company: Company) -> None:
    """Archived first, then gone from every list."""
    chat = await Chat.open(company, MAYA)
    await chat.says("where is order 1051?")
    week = timedelta(seconds=company.app.settings.retention_seconds)
    await company.keeper.round(datetime.now(UTC) + week - timedelta(hours=1))
    assert (await counted(company))["session"] > 0
    await company.keeper.round(datetime.now(UTC) + week + timedelta(hours=1))
    counts = await counted(company)
    assert (counts["session"], counts["archive"]) == (0, 1)
    assert await chat.parts.store.open_rows() == {}


async def test_every_key_of_a_session_expires_by_itself(company: Company) -> None:
    """Also if no keeper ever comes by."""
    chat = await filled(company)
    await company.keeper.round(datetime.now(UTC) + timedelta(hours=2))
    lives = [await company.redis.ttl(key) async for key in company.redis.scan_iter(f"fc:*{chat.id}*")]
    assert len(lives) >= 3
    assert all(0 < life <= company.app.settings.retention_seconds for life in lives)


@pytest.mark.parametrize("held", [False, True])
async def test_a_handoff_outlives_the_session(company: Company, *, held: bool) -> None:
    """Whoever waits for a person is still there after a week and more, though not for ever."""
    chat = await Chat.open(company, MAYA)
    await chat.says("I want to talk to a person")
    if held:
        await company.app.takeover.claim(chat.id, chat.operator)
    for days in range(4, 30, 4):
        await company.keeper.round(datetime.now(UTC) + timedelta(days=days))
    assert chat.id in await chat.parts.store.open_rows()
    assert (await chat.state()).waiting is not None
    await company.keeper.round(datetime.now(UTC) + KEEP.limits()["handoff"] + timedelta(days=1))
    assert chat.id not in await chat.parts.store.open_rows()


async def test_an_approval_outlives_session_flush_and_restart(
    settings: Settings, redis: Redis, redactor: Redactor
) -> None:
    """It is in the desk again with its exact arguments, and no file holds them in plain text."""
    async with joined(settings, clock=utc_now, redactor=redactor) as before:
        chat = await filled(before)
        await before.keeper.round(datetime.now(UTC) + timedelta(days=8))
        assert await chat.parts.store.incarnation(chat.id)
    await redis.flushall()
    async with joined(settings, clock=utc_now, redactor=redactor) as after:
        await after.keeper.round(datetime.now(UTC))
        row = (await after.app.parts.store.open_rows())[chat.id]
        (asked,) = await after.app.parts.approvals.of_conversation(chat.id)
        raw = b"".join(path.read_bytes() for path in settings.home.glob("firstcontact.db*"))
    assert (row["state"], row["reason"]) == ("waiting", "over_threshold")
    assert asked.args["address"] == f"{STREET}, Portland"
    assert b"alder" not in raw.lower()


async def test_an_approval_that_ran_out_is_in_the_audit_trail(company: Company) -> None:
    """Nobody decided: the trail says so."""
    chat = await filled(company)
    await company.keeper.round(datetime.now(UTC) + KEEP.limits()["approval"] + timedelta(days=1))
    rows = [row.fields for row in await chat.parts.audit.rows(chat.id) if row.event is AuditEvent.EXPIRY]
    assert rows == [{"approval": f"apr-{chat.id}"}]


async def test_the_archive_masks_also_what_was_said_before_signing_in(company: Company) -> None:
    """With the profile known by then; order numbers stay; nothing of it lies in plain text."""
    chat = await Chat.open(company)
    await chat.says(f"My name is {NAME} and I live at {STREET}. Where is order 1051?")
    await chat.says("it's maya.whitfield@example.com")
    await chat.says(company.mailbox.kept[0]["subject"].split()[0])
    said = OperatorSaid(operator="op-sam", name="Sam", text=f"Hello {NAME}")
    await chat.parts.store.append(chat.id, [said])
    await company.keeper.round(datetime.now(UTC) + timedelta(hours=2))
    text = str(await company.stores.archive.lines(chat.id))
    assert (await chat.state()).customer == MAYA
    assert "1051" in text
    assert not [value for value in ("Maya", "Whitfield", "Alder", "whitfield@") if value in text]


async def test_archiving_again_changes_nothing_but_what_was_added(company: Company) -> None:
    """One row a log, whichever process, however often; a customer who comes back adds to it."""
    chat = await Chat.open(company, MAYA)
    await chat.says("where is order 1051?")
    for _ in range(3):
        await company.keeper.round(datetime.now(UTC) + timedelta(hours=2))
    first = await company.stores.archive.lines(chat.id)
    await chat.says("thanks")
    await company.keeper.round(datetime.now(UTC) + timedelta(hours=2))
    again = await company.stores.archive.lines(chat.id)
    assert (again[: len(first)], len(again) > len(first)) == (first, True)
    assert (await counted(company))["archive"] == 1


def test_the_privacy_policy_promises_what_is_kept() -> None:
    """The article's number of days for a chat is the archive's default."""
    policies = load_articles(Path(__file__).parents[2] / "kb" / "policies")
    privacy = next(one for one in policies if one.id == "POL-PRIVACY")
    assert privacy.rules["chat_days"].value == KEEP.archive_days


def test_a_full_log_is_put_aside(tmp_path: Path) -> None:
    """No line is lost, no file grows past its size by more than a page, and two writers share one file."""
    path = tmp_path / "firstcontact.log"
    writers = [LogFile(path, most_bytes=1000) for _ in range(2)]
    for number in range(1000):
        writers[number % 2].write(f"{number}\n")
    for one in writers:
        one.close()
    files = list(tmp_path.glob("firstcontact.log*"))
    assert len(files) > 2
    assert sorted(int(line) for file in files for line in file.read_text().splitlines()) == list(range(1000))
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_yesterdays_log_is_put_aside(tmp_path: Path) -> None:
    """A file never holds two days, so that its age is that of its oldest line."""
    path = tmp_path / "firstcontact.log"
    path.write_text("yesterday\n")
    os.utime(path, (0, 0))
    log = LogFile(path)
    log.write("today\n")
    log.close()
    assert path.read_text() == "today\n"
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_store_that_fails_does_not_keep_the_others(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is done, and then it is told."""
    await filled(company)

    async def fails(_before: datetime) -> int:
        raise OSError("disk")

    monkeypatch.setattr(company.stores.archive, "forget", fails)
    with pytest.raises(ExceptionGroup):
        await company.keeper.round(datetime.now(UTC) + timedelta(days=400))
    counts = await counted(company)
    assert (counts["archive"], counts["upload"], counts["outbox"], counts["ledger"]) == (1, 0, 0, 0)


async def test_of_many_processes_one_makes_the_round(company: Company) -> None:
    """Whoever is first; the others wait for the next."""
    assert [await company.stores.shelf.my_round(60) for _ in range(3)] == [True, False, False]
