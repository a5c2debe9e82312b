"""What nobody could say at the time: read again in the system of record, until it can be said and is told."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from agent.conversation import Case, Conversation
from agent.events import CaseEnded, Event, NoteAdded, OutcomeRecorded, ReceiptIssued, StaffEvent
from agent.flow import Do, Flow
from agent.flows import flows
from agent.handoff import refreshed, settled_ticket
from agent.parts import Parts
from agent.reply import compose, plain
from agent.store import Append, AppendRefusedError, Lost
from agent.texts import speak
from agent.work import read_profile
from guardrails.identity import Principal
from tools.action import Done
from tools.keys import call_key
from tools.ledger import Entry, EntryState
from tools.systems.base import SystemUnavailableError

log = structlog.get_logger()
#: An effect that the system of record does not show this long after its claim ran out did not happen.
QUIET = timedelta(minutes=15)
#: Seconds between two looks at the same entry: doubled each time, up to the second.
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0


@dataclass
class Settler:
    """Looks at what is unknown, ever more seldom; several processes may do so at once."""

    parts: Parts
    first_wait: float = FIRST_WAIT
    _next: dict[str, tuple[float, float]] = field(default_factory=dict)

    async def sweep(self) -> None:
        """Settle what can be settled now, and tell it."""
        unknown = await self.parts.door.ledger.unknown()
        self._next = {entry.key: self._next.get(entry.key, (0.0, self.first_wait)) for entry in unknown}
        for entry in unknown:
            due, wait = self._next[entry.key]
            now = asyncio.get_running_loop().time()
            if now >= due:
                self._next[entry.key] = (now + wait, min(wait * 2, LONGEST_WAIT))
                await self._look(entry)

    async def _look(self, entry: Entry) -> None:
        flow, step = _write(entry)
        quiet = datetime.now(UTC) - entry.claim_until > QUIET
        try:
            settled = await self.parts.door.settle(entry, step.action, give_up=quiet)
        except SystemUnavailableError:
            log.info("still_unknown", key=entry.key)
            return
        if settled.state in (EntryState.DONE, EntryState.FAILED):
            log.info("settled", key=entry.key, state=settled.state.value)
            await _Telling(self.parts, settled, flow, step).tell()


def _write(entry: Entry) -> tuple[Flow, Do]:
    # The case's own flow may be gone with its log; any flow that may do this says it in the same words.
    steps = ((flow, step) for flow in flows().values() for step in flow.steps if isinstance(step, Do))
    return next((flow, step) for flow, step in steps if step.action.name == entry.action)


@dataclass
class _Telling:
    parts: Parts
    entry: Entry
    flow: Flow
    step: Do

    async def tell(self) -> None:
        """Tell the customer where the agent may still speak, the staff in any case, and the ticket."""
        state = await self.parts.store.load(self.entry.conversation)
        speak(state.language, state.locale)
        case = next((one for one in state.cases if one.id == self.entry.case), None)
        if case is not None:
            await self._tell_log(state, case)
        await self._document(state)

    async def _tell_log(self, state: Conversation, case: Case) -> None:
        once, staff = f"settled.{self.entry.key}", await self._staff(case)
        words = compose(state.seq, list(self._words()), first=1)
        ended: list[Event] = [CaseEnded(case=case.id, code=self._code)] if self._done and case.code is None else []
        row = {"state": "agent", "reason": "", "waiting_since": ""} if ended and state.waiting in (case, None) else None
        store = self.parts.store
        try:
            events = [*self._facts(case), *words, *ended]
            await store.append(state.id, events, Append(owner="agent", dedupe=once, row=row), staff=staff)
        except AppendRefusedError as refused:
            if refused.why is not Lost.OWNER:
                raise
            # A person holds the conversation: what happened is shown, the words are theirs.
            await store.append(state.id, self._facts(case), Append(dedupe=once), staff=staff)

    @property
    def _done(self) -> bool:
        return self.entry.state is EntryState.DONE

    @property
    def _code(self) -> str:
        return self.flow.resolved

    def _words(self) -> Any:
        if not self._done:
            return (plain("settled_failed"),)
        return (plain("settled_done"), *self.step.said(self.entry.output or {}))

    def _facts(self, case: Case) -> list[Event]:
        if not self._done:
            return []
        entry = self.entry
        outcome = Done(key=entry.key, output=entry.output or {}, receipt=entry.receipt)
        title = entry.action.replace("_", " ").capitalize()
        return [
            OutcomeRecorded(
                turn=0, case=case.id, call_key=call_key(entry.action, entry.args), action=entry.action,
                outcome=outcome.model_dump(mode="json"),
            ),
            ReceiptIssued(offer=None, receipt=entry.receipt or entry.key, title=title, facts=()),
        ]  # fmt: skip

    async def _staff(self, case: Case) -> list[StaffEvent]:
        entry = self.entry
        result = f"done ({entry.receipt})" if self._done else "did not happen"
        note = NoteAdded(operator="AI agent", text=f"Read again in the system of record: {entry.action} {result}.")
        filed = await self.parts.store.read_staff(entry.conversation)
        packet = refreshed(filed, case.id, entry.action, outcome=entry.state.value, receipt=entry.receipt)
        return [note, packet] if packet else [note]

    async def _document(self, state: Conversation) -> None:
        entry = self.entry
        ticket = settled_ticket(
            state, entry, self.flow, code=self._code if self._done else None, now=self.parts.clock()
        )
        profile = await read_profile(self.parts, state.id, Principal(entry.customer, state.identified))
        await self.parts.records.deliver(ticket, profile)
