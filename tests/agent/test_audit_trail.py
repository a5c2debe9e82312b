"""The audit trail of real turns: why they went as they did, and no change to it unseen."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agent.bootstrap import Company
from agent.cli import app
from agent.settings import Settings
from agent.testing import Chat

MAYA = "cus-0001"
Open = Callable[[str | None], Awaitable[Chat]]


@pytest.fixture
def at_home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command reads this company's records."""
    monkeypatch.setenv("FIRSTCONTACT_HOME", str(settings.home))


async def run(*words: str) -> Result:
    """Run the command as a process of its own would: not in this loop."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["audit", *words]))


async def rows(chat: Chat, event: str) -> list[dict[str, Any]]:
    return [row.fields for row in await chat.parts.audit.rows(chat.id) if row.event == event]


async def test_a_turns_row_names_the_passages_it_found(chat: Open) -> None:
    """Article, version and score of what was searched, and the verdict."""
    visitor = await chat(None)
    await visitor.says("How long can I return things?")
    (turn,) = await rows(visitor, "turn")
    assert any(passage.startswith(("POL-REFUND:", "POL-RETURNS:")) for passage in turn["passages"])
    assert turn["passages"][-1].startswith("verdict:")


async def test_a_turns_row_names_its_steps_and_why(chat: Open) -> None:
    """Each step stands with the reason why it was not done yet."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.says("refund order 1012, it is broken")
    first, second = await rows(maya, "turn")
    assert first["steps"][-1].endswith("do:undone.issue_refund")
    assert any(step.endswith("decline:failed.in_window") for step in second["steps"])


async def test_a_calls_row_names_the_fields_read_and_every_gates_verdict(chat: Open) -> None:
    """Names only: the values of what was read stay out."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    calls = [fields for fields in await rows(maya, "action") if fields["action"] == "get_order"]
    assert {"id", "status", "items.name", "payment_method"} <= set(calls[0]["read"])
    offers = [fields for fields in await rows(maya, "action") if fields["action"] == "issue_refund"]
    assert offers[0]["verdicts"][0] == "allowlisted:passed"
    assert offers[0]["verdicts"][-1] == "confirmation:needs_confirmation"
    assert "Whitfield" not in str(await maya.parts.audit.rows(maya.id))


async def test_a_refusal_names_its_gate_after_those_that_passed(chat: Open) -> None:
    """The verdicts end with the one that refused."""
    maya = await chat(MAYA)
    await maya.says("where is order 9999?")
    (refused,) = await rows(maya, "refused")
    assert refused["verdicts"][-1] == "preconditions:order_not_found"
    assert refused["verdicts"].count("preconditions:passed") == 0


async def spoken(company: Company) -> list[Chat]:
    """Have three short conversations, the last of them anchored by a root."""
    chats = []
    for _ in range(3):
        chats.append(await Chat.open(company, MAYA))
        await chats[-1].says("where is order 1051?")
    await company.app.parts.audit.anchor()
    return chats


@pytest.mark.usefixtures("at_home")
async def test_show_prints_a_conversations_rows(company: Company) -> None:
    """For a person as lines, for a program as JSON; an unknown conversation is said to be one."""
    first, *_ = await spoken(company)
    assert "steps      order_status.1.look" in (await run("show", first.id)).output
    lines = (await run("show", first.id, "--json")).output.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert (await run("show", "cnv-none")).exit_code == 2


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE audit SET fields = 'not even JSON' WHERE conversation = '{id}' AND seq = 2", "{id}/2"),
        ("UPDATE audit SET event = 'nonsense' WHERE conversation = '{id}' AND seq = 1", "{id}/1"),
        ("DELETE FROM audit WHERE conversation = '{id}' AND seq = 2", "{id}/2"),
        ("DELETE FROM audit WHERE conversation = '{id}' AND seq = {last}", "{id}/{last}"),
        ("DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)", "/{last}"),
        ("DELETE FROM audit WHERE conversation = '{id}'", "{id}/{last}"),
        ("UPDATE audit_roots SET heads = 'gone' WHERE seq = 1", "root/1"),
    ],
)
async def test_one_changed_or_deleted_row_is_named(
    company: Company, settings: Settings, change: str, named: str
) -> None:
    """Exit code 0 on an untouched trail; after any change 1, with the name of the row."""
    chats = await spoken(company)
    about = {"id": chats[1].id, "last": len(await company.app.parts.audit.rows(chats[1].id))}
    assert (await run("verify")).exit_code == 0
    with sqlite3.connect(settings.home / "firstcontact.db") as sql:
        sql.execute(change.format(**about))
    found = await run("verify")
    assert found.exit_code == 1
    assert named.format(**about) in found.output


@pytest.mark.usefixtures("at_home")
async def test_a_whole_conversation_cannot_vanish(company: Company, settings: Settings) -> None:
    """Rows and head gone: the root still vouches for them."""
    chats = await spoken(company)
    with sqlite3.connect(settings.home / "firstcontact.db") as sql:
        for table in ("audit", "audit_heads"):
            sql.execute(f"DELETE FROM {table} WHERE conversation = ?", (chats[1].id,))  # noqa: S608  # our own names
    found = await run("verify")
    assert (found.exit_code, chats[1].id in found.output) == (1, True)
