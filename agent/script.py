"""Drives a conversation from a file of lines, through the same log and turns as any surface."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.bootstrap import Company, joined
from agent.events import ConversationStarted, CustomerChose, CustomerSaid
from agent.serve import running_redis
from agent.settings import Settings
from agent.staff import staff
from agent.store import Append, AppendRefusedError, Cursor
from agent.takeover import NotHolderError
from agent.turn import take_turn
from guardrails.identity import Level
from guardrails.inbound import screen
from guardrails.verdict import Denied
from tools.systems.changes import changes, snapshot

Print = Callable[[dict[str, Any]], None]


class ScriptError(Exception):
    """The script cannot be run as written."""


class OperatorDeed(BaseModel):
    """What an operator does: exactly one of these."""

    model_config = ConfigDict(extra="forbid")

    id: str = "op-sam"
    claim: bool = False
    say: str | None = None
    note: str | None = None
    approve: bool = False
    release: bool = False


class Line(BaseModel):
    """One line of a script: exactly one of its fields."""

    model_config = ConfigDict(extra="forbid")

    say: str | None = None
    choose: str | None = Field(default=None, min_length=1)
    wait: float | None = Field(default=None, ge=0, le=600)
    operator: OperatorDeed | None = None


def parse(text: str) -> list[tuple[int, Line]]:
    """Return a script's lines with their numbers; what cannot be read is named by its number, not by its words."""
    lines = []
    for number, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            line = Line.model_validate_json(raw)
        except ValidationError:
            line = Line()
        if sum(value is not None for value in (line.say, line.choose, line.wait, line.operator)) != 1:
            raise ScriptError(f"Line {number} of the script is not one of say, choose, wait or operator.")
        if line.say is not None and isinstance(denied := screen(line.say), Denied):
            raise ScriptError(f"Line {number} of the script cannot be sent: {denied.code.replace('_', ' ')}.")
        lines.append((number, line))
    return lines


async def run_script(settings: Settings, path: Path, customer: str | None, *, print_line: Print) -> None:
    """Run a script and print each event, then the end state: tickets, receipts, changes in the shop."""
    try:
        lines = parse(await asyncio.to_thread(path.read_text, "utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ScriptError("The script cannot be read: it must be a file of UTF-8 text.") from None
    with running_redis(settings):
        async with joined(settings) as company:
            await _Run(company, customer, print_line).run(lines)


class _Run:
    def __init__(self, company: Company, customer: str | None, print_line: Print) -> None:
        self._company = company
        self._parts = company.app.parts
        self._customer = customer
        self._print = print_line
        self._seen = 0
        self._id = ""

    async def run(self, lines: list[tuple[int, Line]]) -> None:
        before = await snapshot(self._company.shop)
        await self._start()
        for number, line in lines:
            await self._take(number, line)
            await take_turn(self._parts, self._id)
            await self._show()
        await self._company.outbox.deliver_due()
        self._print(await self._end_state(before))

    async def _start(self) -> None:
        self._id = f"cnv-{token_hex(10)}"
        level = Level.SIGNED_IN if self._customer else Level.ANONYMOUS
        await self._parts.store.start(
            self._id, ConversationStarted(channel="script", customer=self._customer, level=level)
        )

    async def _take(self, number: int, line: Line) -> None:
        if line.say is not None:
            said = CustomerSaid(text=line.say, client_id=f"script-{number}")
            await self._parts.store.append(self._id, [said], Append(inbound=True))
        elif line.choose is not None:
            await self._choose(number, line.choose)
        elif line.wait is not None:
            await asyncio.sleep(line.wait)
        elif line.operator is not None:
            try:
                await self._deed(line.operator)
            except (AppendRefusedError, NotHolderError, LookupError):
                raise ScriptError(f"Line {number} of the script asks for what the operator may not do now.") from None

    async def _choose(self, number: int, wanted: str) -> None:
        state = await self._parts.store.load(self._id)
        buttons = list(state.open_choices().values())
        found = next((one for one in reversed(buttons) if wanted in (one.id, one.label)), None)
        found = found or next((one for one in reversed(buttons) if wanted.lower() in one.label.lower()), None)
        if found is None:
            raise ScriptError(f"Line {number} of the script chooses what is not offered.")
        chose = CustomerChose(choice=found.id, label=found.label)
        await self._parts.store.append(self._id, [chose], Append(inbound=True))

    async def _deed(self, deed: OperatorDeed) -> None:
        operator = next((one for one in staff() if one.id == deed.id), None)
        if operator is None:
            raise LookupError
        takeover = self._company.app.takeover
        if deed.claim:
            await takeover.claim(self._id, operator)
        if deed.note:
            await takeover.note(self._id, operator, deed.note)
        if deed.say:
            seen = (await self._parts.store.load(self._id)).seq
            await takeover.say(self._id, operator, deed.say, seen=Cursor("", seen))
        if deed.approve:
            for asked in await self._parts.approvals.of_conversation(self._id):
                await takeover.approve(self._id, operator, asked.id)
        if deed.release:
            await takeover.release(self._id, operator)

    async def _show(self) -> None:
        for event in await self._parts.store.read(self._id, self._seen):
            self._seen = event.seq
            self._print(event.model_dump(mode="json"))

    async def _end_state(self, before: Any) -> dict[str, Any]:
        tickets = await self._company.app.helpdesk.of_conversation(self._id)
        entries = await self._parts.door.ledger.of_conversation(self._id)
        after = await snapshot(self._company.shop)
        return {
            "kind": "end",
            "conversation": self._id,
            "tickets": [{"number": number, **ticket.model_dump(mode="json")} for number, ticket in tickets],
            "receipts": [
                {"action": one.action, "state": one.state.value, "receipt": one.receipt, "output": one.output}
                for one in entries
            ],
            "shop": changes(before, after),
        }
