"""A turn's notebook: the events it will append, what it has read, and what it has set in motion."""

from datetime import date, datetime
from typing import Any

import structlog

from agent.conversation import Case, Conversation, apply
from agent.events import (
    Asked,
    CaseOpened,
    CodeRequested,
    Event,
    HandedOff,
    Offered,
    OutcomeRecorded,
    Progressed,
    ReceiptIssued,
    StaffEvent,
    StepTraced,
)
from agent.flow import Flow, View
from agent.handoff import Trail
from agent.model import ModelCall, summed
from agent.parts import Parts
from agent.reply import Said, arranged, compose
from agent.store import Append, AppendRefusedError, Lost
from agent.texts import text
from agent.understand.base import Understanding
from agent.why import Why
from guardrails.audit import AuditEvent
from guardrails.audit_fields import Field
from guardrails.identity import Principal
from guardrails.pii.log import know
from guardrails.pii.profile import Profile
from guardrails.spoken import Ceiling, personal
from kb.policy import Policy, PolicySnapshot
from tools.action import Action, Done, Outcome, Refused
from tools.actions.get_customer import GET_CUSTOMER
from tools.call import Call
from tools.helpdesk.base import Acted, Checked

log = structlog.get_logger()
#: Angry on so many turns, the customer gets only what is needed, and is offered a person.
SHORT_AFTER = 2
_AFTER_WORDS = (Asked, Offered, CodeRequested, HandedOff)


class TurnLostError(Exception):
    """The conversation is no longer this turn's to answer."""

    def __init__(self, why: Lost, principal: Principal) -> None:
        super().__init__(why)
        self.why = why
        self.principal = principal


class Work:
    """One turn under way; nothing of it is in the log before `composed` is appended, but its progress lines."""

    def __init__(self, parts: Parts, state: Conversation, lease: int) -> None:
        self.parts = parts
        self.before = state
        self.state = state
        self.lease = lease
        self.turn = state.inbound[0].seq if state.inbound else state.seq
        self.answered = state.inbound[-1].seq if state.inbound else state.seq
        self.events: list[Event] = []
        self.staff: list[StaffEvent] = []
        self.said: list[Said] = []
        #: Ledger keys of writes that are done or unknown: after the first the turn may not run again.
        self.acted: list[str] = []
        #: Something outside has seen this turn (a write, an approval, a code): it may not run again with other words.
        self.pinned = False
        self.reads: dict[str, dict[str, Any]] = {}
        self.tellings: set[tuple[str, int]] = set()
        self.trails: dict[str, Trail] = {}
        self.words: list[str] = []
        #: Cases that the message under way has asked for, in its order: its slots belong to the last.
        self.requests: list[str] = []
        #: Cases whose newest choice the customer has turned down for "the other one".
        self.others: set[str] = set()
        #: (case, slot, value) that the customer has turned down.
        self.ruled_out: set[tuple[str, str, str]] = set()
        #: The case that waited behind others and is taken up in this turn.
        self.taken_up: str | None = None
        #: More words of the same burst follow: what is unclear now may be clear then.
        self.more = False
        self.in_scope = True
        #: A button was pressed: what it stood under is what it is about.
        self.pressed = False
        #: Words beside an open offer that mean nothing yet: they may name another of its options.
        self.unclear = False
        #: All is said: no flow goes on in this turn.
        self.rests = False
        #: Offers that were said yes to: each is carried out once all the words of the turn were heard.
        self.accepted: list[str] = []
        #: The customer wrote again before anything happened: the turn runs again with those words.
        self.overtaken = False
        #: Why the case goes to a person whatever its flow says.
        self.bring_person: str | None = None
        self.row: dict[str, str] = {}
        self.why = Why()
        #: What hosted models were asked.
        self.calls: list[ModelCall] = []
        self.policies: PolicySnapshot = parts.policies.snapshot()
        self._customer: dict[str, Any] | None = None

    def afresh(self) -> "Work":
        """Return a clean notebook for the same turn that still knows what was set in motion."""
        again = Work(self.parts, self.before, self.lease)
        again.acted, again.pinned = self.acted, self.pinned
        again.words, again.calls = self.words, self.calls
        again.events = self.facts()
        return again

    @property
    def now(self) -> datetime:
        """Return business time."""
        return self.parts.clock()

    @property
    def principal(self) -> Principal:
        """Return who the customer is, from the session and its log only."""
        return self.state.principal(self.now)

    def emit(self, event: Event) -> None:
        """Note an event and see the state it makes."""
        self.events.append(event)
        self.state = apply(self.state, event.model_copy(update={"at": self.now}))

    def say(self, *said: Said) -> None:
        """Note sentences to say."""
        self.said.extend(said)

    def trace(self, room: str, line: str) -> None:
        """Note for staff why the turn went as it did: ids, enums and counts only."""
        self.staff.append(StepTraced(turn=self.turn, room=room, line=line))

    def trail(self, case: Case) -> Trail:
        """Return what the turn has looked at and done for a case."""
        return self.trails.setdefault(case.id, Trail())

    def composed(self) -> list[Event]:
        """Return all events in the order the customer meets them: facts, words, then what the words point at."""
        after = [event for event in self.events if isinstance(event, _AFTER_WORDS)]
        before = [event for event in self.events if not isinstance(event, _AFTER_WORDS)]
        offers = any(isinstance(event, Offered) for event in after)
        self.said = arranged(self.said, short=self.state.frustrated >= SHORT_AFTER, offers=offers)
        ceiling = self.ceiling
        shown = [_veiled(event, ceiling) for event in (*before, *after)]
        return [*shown[: len(before)], *compose(self.turn, self.said, ceiling=ceiling), *shown[len(before) :]]

    @property
    def ceiling(self) -> Ceiling:
        """Return what this turn has read of the customer's own values, and the level that decides on speaking them."""
        read = [*self.reads.values(), *([self._customer] if self._customer else [])]
        return Ceiling(self.principal.level, personal(read))

    def facts(self) -> list[Event]:
        """Return the events that tell what has happened in the shop, whoever holds the conversation by now."""
        return [event for event in self.events if isinstance(event, CaseOpened | OutcomeRecorded | ReceiptIssued)]

    async def progress(self, key: str, **params: str) -> None:
        """Show at once what is being done; it vanishes into the answer."""
        if not key:
            return
        try:
            await self.parts.store.append(
                self.state.id,
                [Progressed(turn=self.turn, text=text(key, **params))],
                Append(lease=self.lease, owner="agent", dedupe=f"p{self.turn}.{key}"),
            )
        except AppendRefusedError as refused:
            raise TurnLostError(refused.why, self.principal) from None

    async def may_act(self) -> bool:
        """Answer whether the agent holds the conversation and has heard all its words: the last check before a claim.

        Words that came after something has happened belong to the next turn.
        """
        newest = await self.parts.store.newest_inbound(self.state.id)
        self.overtaken = not self.pinned and newest > self.answered
        return not self.overtaken and await self.parts.store.owner(self.state.id) == "agent"

    def policy(self, action: Action, on: date) -> Policy[Any] | None:
        """Return the policy version in force on the day that counts, with the rules this action reads."""
        if action.policy is None or action.rules is None:
            return None
        return self.policies.load(action.policy, action.rules, on=on)

    async def call(
        self, flow: Flow, case: Case, action: Action, args: dict[str, Any], policy: Policy[Any] | None = None
    ) -> Outcome:
        """Pass the door for a case of this conversation."""
        call = Call(
            action=action,
            args=args,
            conversation=self.state.id,
            case=case.id,
            principal=self.principal,
            allowlist=flow.allowlist,
            mode=self.parts.rollout.mode(flow.ticket_type),
            rules=policy.rules if policy else None,
            policy_hash=policy.content_hash if policy else None,
            consents=case.consents,
            may_act=self.may_act,
            reads=flow.reads.get(action.name),
        )
        outcome = await self.parts.door.run(call)
        self._note(case, action, args, outcome)
        return outcome

    def _note(self, case: Case, action: Action, args: dict[str, Any], outcome: Outcome) -> None:
        what = f"{action.name} {args.get('order_id', '')}".strip()
        result = outcome.code if isinstance(outcome, Refused) else outcome.status
        self.trace("action", f"{what}: {result}" + (f" at {outcome.gate}" if isinstance(outcome, Refused) else ""))
        if action.find is None:
            self.trail(case).checked.append(Checked(what=what, result=result))
        elif outcome.status != "needs_confirmation":
            receipt = outcome.receipt if isinstance(outcome, Done) else None
            self.trail(case).actions.append(Acted(what=what, outcome=result, receipt=receipt))

    async def understand(self, words: str) -> Understanding:
        """Return what the words mean now; what a model has named counts among the words of the turn."""
        found = await self.parts.understand(self.state, words)
        self.words.extend(found.words)
        self.note_calls(*found.calls)
        return found

    async def phrase(self) -> None:
        """Let a model reword what will be said, where one is set to."""
        if self.parts.phrasing is None or not self.said:
            return
        profile = await self.profile()
        if self.principal.customer and profile is None:
            # Whose values to mask is not known, so nothing may leave.
            return
        phrased = await self.parts.phrasing(self.said, profile)
        self.said = phrased.said
        if phrased.call:
            self.note_calls(phrased.call)
            self.trace("reply", phrased.line)

    def note_calls(self, *calls: ModelCall) -> None:
        """Note what hosted models were asked."""
        self.calls.extend(calls)
        for call in calls:
            self.trace("model", call.line)

    def view(self, case: Case, rules: Any = None) -> View:
        """Return a case as its flow may see it."""
        return View(case=case, now=self.now, reads=self.reads, rules=rules)

    async def customer(self) -> dict[str, Any] | None:
        """Return the customer as their own account has them."""
        if self._customer is None and self.principal.customer:
            self._customer = await read_customer(self.parts, self.state.id, self.principal)
        return self._customer

    async def profile(self) -> Profile | None:
        """Return the customer's own values, for masking them wherever text is kept."""
        customer = await self.customer()
        return profile_of(customer) if customer else None

    async def audit(self) -> None:
        """Write the turn's row."""
        fields: dict[str, Field] = {
            "turn": self.turn,
            "answered": self.answered,
            "sentences": len(self.said),
            "acted": len(self.acted),
            "policies": self.policies.content_hash[:16],
            **summed(self.calls),
        }
        await self.parts.audit.append(self.state.id, AuditEvent.TURN, fields | self.why.fields())
        log.info("turn", conversation=self.state.id, **fields)


def _veiled(event: Event, ceiling: Ceiling) -> Event:
    """Return a card with the values masked that may not be shown at this level; its arguments stay as they are."""
    match event:
        case Offered():
            facts = tuple((label, ceiling.veiled(value)) for label, value in event.offer.facts)
            offer = event.offer.model_copy(update={"facts": facts, "title": ceiling.veiled(event.offer.title)})
            return event.model_copy(update={"offer": offer})
        case ReceiptIssued():
            facts = tuple((label, ceiling.veiled(value)) for label, value in event.facts)
            return event.model_copy(update={"facts": facts, "title": ceiling.veiled(event.title)})
        case _:
            return event


async def read_customer(parts: Parts, conversation: str, principal: Principal) -> dict[str, Any] | None:
    """Read a customer through the door; None where the system of record does not answer."""
    call = Call(
        action=GET_CUSTOMER,
        args={},
        conversation=conversation,
        case=f"{conversation}.profile",
        principal=principal,
        allowlist=frozenset({GET_CUSTOMER.name}),
    )
    outcome = await parts.door.run(call)
    if not isinstance(outcome, Done):
        return None
    know(profile_of(outcome.output))
    return outcome.output


async def read_profile(parts: Parts, conversation: str, principal: Principal) -> Profile | None:
    """Read a customer's own values, for masking them."""
    customer = await read_customer(parts, conversation, principal)
    return profile_of(customer) if customer else None


def profile_of(customer: dict[str, Any]) -> Profile:
    """Return the values to mask for a customer as an action or the desk has read them."""
    return Profile(
        names=(customer["name"],),
        emails=(customer["email"],),
        phones=(customer["phone"],),
        addresses=(customer["address"],),
    )
