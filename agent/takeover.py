"""What an operator does with a conversation: claim, say, note, approve, reject, release."""

from dataclasses import dataclass, replace
from typing import Any

from agent.events import (
    ApprovalChanged,
    Event,
    NoteAdded,
    OperatorJoined,
    OperatorReleased,
    OperatorSaid,
    OutcomeRecorded,
    PacketFiled,
    ReceiptIssued,
    StaffEvent,
)
from agent.flow import Do
from agent.flows import flows
from agent.handoff import AT_HELPDESK, approved_ticket, refreshed
from agent.parts import Parts
from agent.store import Append, AppendRefusedError, Cursor, Lost
from agent.work import read_profile
from guardrails.audit import AuditEvent
from guardrails.identity import Principal
from tools.action import Done, Mode, Outcome, Refused
from tools.approvals import Approval, ApprovalState
from tools.call import Call
from tools.keys import call_key, idempotency_key
from tools.ledger import EntryState


@dataclass(frozen=True)
class Operator:
    """A member of the support staff."""

    id: str
    name: str
    role: str

    @property
    def initials(self) -> str:
        """Return what an avatar shows."""
        return "".join(part[0] for part in self.name.split()[:2]).upper()


#: Approved but not done is what a crash leaves: approving again finishes it, once.
_OPEN = (ApprovalState.WAITING, ApprovalState.APPROVED)


class NotHolderError(Exception):
    """Only the operator who holds the conversation may do this. Claim it first."""


class Takeover:
    """Every deed is one append that checks who holds the conversation."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def claim(self, conversation: str, operator: Operator) -> int:
        """Take the conversation from the agent; of many at once exactly one gets it, once. Return the epoch."""
        state = await self._parts.store.load(conversation)
        if state.holder == operator.id:
            return state.epoch
        epoch = state.epoch + 1
        joined = OperatorJoined(operator=operator.id, name=operator.name, epoch=epoch)
        row = {"state": "held", "holder": operator.id, "holder_name": operator.name}
        # Who answers from the helpdesk is not at the desk: whoever is may take over from there.
        owner = AT_HELPDESK if state.holder == AT_HELPDESK else "agent"
        try:
            await self._parts.store.append(conversation, [joined], Append(owner=owner, new_owner=operator.id, row=row))
        except AppendRefusedError:
            # The second press of a double one, or a second tab: theirs already.
            if (await self._parts.store.load(conversation)).holder == operator.id:
                return epoch
            raise
        await self._audit(conversation, AuditEvent.CLAIM, operator)
        return epoch

    async def say(self, conversation: str, operator: Operator, words: str, *, seen: Cursor) -> Cursor:
        """Say something as a person; refused with STALE when the customer wrote after what the operator saw."""
        said = OperatorSaid(operator=operator.id, name=operator.name, text=words)
        return await self._as_holder(conversation, operator, [said], seen=seen.seq)

    async def note(self, conversation: str, operator: Operator, words: str) -> None:
        """Add an internal note: it goes to the stream that no customer can read."""
        await self._parts.store.append(conversation, (), staff=[NoteAdded(operator=operator.name, text=words)])

    async def release(self, conversation: str, operator: Operator) -> None:
        """Give the conversation back to the agent in a fresh episode."""
        state = await self._parts.store.load(conversation)
        released = OperatorReleased(operator=operator.id, name=operator.name, epoch=state.epoch + 1)
        row = {"state": "agent", "holder": "", "holder_name": "", "reason": "", "waiting_since": ""}
        await self._as_holder(conversation, operator, [released], new_owner="agent", row=row)
        await self._audit(conversation, AuditEvent.RELEASE, operator)

    async def _as_holder(self, conversation: str, operator: Operator, events: list[Event], **how: Any) -> Cursor:
        try:
            return await self._parts.store.append(conversation, events, Append(owner=operator.id, **how))
        except AppendRefusedError as refused:
            if refused.why is Lost.OWNER:
                raise NotHolderError from None
            raise

    async def approve(self, conversation: str, operator: Operator, approval: str) -> Outcome:
        """Pass the same door with the same key, now with the operator's yes; the receipt appears in the chat."""
        asked = await self._waiting(conversation, operator, approval)
        step = next(
            one for one in flows()[asked.ticket_type].steps if isinstance(one, Do) and one.action.name == asked.action
        )
        # Decided first, so that a rejection at the same moment loses; the ledger makes a repeated approval one effect.
        await self._decide(asked, ApprovalState.APPROVED, operator)
        outcome = await self._parts.door.run(await self._call(asked, step, operator))
        approved = replace(asked, state=ApprovalState.APPROVED)
        if isinstance(outcome, Done):
            await self._record(asked, step, outcome)
            await self._decide(approved, ApprovalState.DONE, operator)
        elif isinstance(outcome, Refused) and await self._came_to_nothing(asked):
            await self._decide(approved, ApprovalState.WAITING, operator)
        await self._audit(conversation, AuditEvent.APPROVAL, operator, approval=approval, status=outcome.status)
        return outcome

    async def _call(self, asked: Approval, step: Do, operator: Operator) -> Call:
        state = await self._parts.store.load(asked.conversation)
        rules = step.action.rules
        policies = self._parts.policies.snapshot()
        policy = policies.load(step.action.policy, rules, on=asked.on) if step.action.policy and rules else None
        return Call(
            action=step.action,
            args=asked.args,
            conversation=asked.conversation,
            case=asked.case,
            principal=Principal(asked.customer, state.identified),
            allowlist=flows()[asked.ticket_type].allowlist,
            mode=Mode.AUTONOMOUS,
            rules=policy.rules if policy else None,
            policy_hash=policy.content_hash if policy else None,
            # The customer said yes to exactly these arguments before the approval was asked for.
            consents=frozenset({call_key(asked.action, asked.args)}),
            approved_by=operator.id,
        )

    async def _record(self, asked: Approval, step: Do, outcome: Done) -> None:
        key = call_key(asked.action, asked.args)
        written = outcome.model_dump(mode="json")
        facts = tuple(fact for fact in asked.facts if fact[0] != "Next")
        receipt = outcome.receipt or outcome.key
        events: list[Event] = [
            OutcomeRecorded(turn=0, case=asked.case, call_key=key, action=asked.action, outcome=written),
            ReceiptIssued(offer=None, receipt=receipt, title=asked.title, facts=facts),
        ]
        changed = ApprovalChanged(approval=asked.id, state=ApprovalState.DONE)
        packet = await self._packet(asked, "done", outcome.receipt)
        staff: list[StaffEvent] = [changed, packet] if packet else [changed]
        await self._parts.store.append(asked.conversation, events, Append(dedupe=f"done.{asked.id}"), staff=staff)
        await self._parts.door.ledger.told((outcome.key,))
        await self._document(asked, outcome)

    async def _packet(self, asked: Approval, outcome: str, receipt: str | None = None) -> PacketFiled | None:
        """Return the packet as it reads now that what it asked for is decided."""
        filed = await self._parts.store.read_staff(asked.conversation)
        return refreshed(filed, asked.case, asked.action, outcome=outcome, receipt=receipt)

    async def _document(self, asked: Approval, outcome: Done) -> None:
        state = await self._parts.store.load(asked.conversation)
        ticket = approved_ticket(state, asked, flows()[asked.ticket_type], outcome, self._parts.clock())
        profile = await read_profile(self._parts, asked.conversation, Principal(asked.customer, state.identified))
        await self._parts.records.deliver(ticket, profile)

    async def reject(self, conversation: str, operator: Operator, approval: str, reason: str) -> None:
        """Decide against what waits; the reason is a note for the staff."""
        asked = await self._waiting(conversation, operator, approval)
        if asked.state is not ApprovalState.WAITING:
            # Approved already, perhaps in the middle of being done: that cannot be rejected any more.
            raise LookupError("This request was decided already.")
        await self._decide(asked, ApprovalState.REJECTED, operator)
        changed = ApprovalChanged(approval=approval, state=ApprovalState.REJECTED)
        note = NoteAdded(operator=operator.name, text=reason)
        packet = await self._packet(asked, "rejected")
        await self._parts.store.append(conversation, (), staff=[changed, note, *([packet] if packet else [])])
        await self._audit(conversation, AuditEvent.APPROVAL, operator, approval=approval, status="rejected")

    async def _came_to_nothing(self, asked: Approval) -> bool:
        """Answer whether the refusal was ours to take back: not where another approval is acting on the same key."""
        key = idempotency_key(asked.case, call_key(asked.action, asked.args))
        entry = await self._parts.door.ledger.entry(key)
        return asked.state is ApprovalState.WAITING and (entry is None or entry.state is EntryState.FAILED)

    async def _decide(self, asked: Approval, state: ApprovalState, operator: Operator) -> None:
        if asked.state is not state and not await self._parts.approvals.decide(
            asked.id, state, operator.id, was=asked.state
        ):
            raise LookupError("This request was decided already.")

    async def _waiting(self, conversation: str, operator: Operator, approval: str) -> Approval:
        if await self._parts.store.owner(conversation) != operator.id:
            raise NotHolderError
        asked = await self._parts.approvals.of_conversation(conversation)
        found = next((one for one in asked if one.id == approval and one.state in _OPEN), None)
        if found is None:
            raise LookupError("This request was decided already.")
        return found

    async def _audit(self, conversation: str, event: AuditEvent, operator: Operator, **fields: str) -> None:
        await self._parts.audit.append(conversation, event, {"operator": operator.id, **fields})
