"""The one door: every call passes the gates in order, and every exit is audited."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from pydantic import ValidationError

from guardrails.audit import Audit, AuditEvent
from guardrails.identity import Level
from guardrails.verdict import Denied
from tools.account import accounted
from tools.action import (
    Action,
    Done,
    Effect,
    Facts,
    Mode,
    NeedsApproval,
    NeedsConfirmation,
    Outcome,
    Plan,
    Proposed,
    Refused,
    Strict,
    Unknown,
)
from tools.call import Call, Checkpoint, no_checkpoint
from tools.fields import trimmed
from tools.keys import idempotency_key
from tools.ledger import Claim, Entry, EntryState, Ledger, Spending
from tools.systems.base import CustomerId, RejectedError, Systems, SystemUnavailableError

log = structlog.get_logger()


@dataclass
class _Passage:
    """What the gates have learnt on the way through."""

    call: Call
    facts: Facts
    input: Strict | None = None
    plan: Plan | None = None
    standing: Entry | None = None
    trail: list[str] = field(default_factory=list)


class Door:
    """Runs calls; holds the systems of record so that nobody else needs to."""

    def __init__(
        self,
        systems: Systems,
        ledger: Ledger,
        audit: Audit,
        *,
        clock: Callable[[], datetime],
        checkpoint: Checkpoint = no_checkpoint,
    ) -> None:
        self._systems = systems
        self.ledger = ledger
        self._audit = audit
        self._clock = clock
        #: Awaited at each boundary of a write; production does nothing there.
        self.checkpoint = checkpoint
        self._gates = (
            self._allowlisted, self._schema, self._identity, self._standing, self._preconditions, self._limits,
            self._shadow, self._confirmation, self._approval, self._owner,
        )  # fmt: skip

    async def run(self, call: Call) -> Outcome:
        """Pass the gates and act; return what it came to, never raise for an expected refusal."""
        passage = _Passage(call=call, facts=self._facts(call))
        outcome = await self._through(passage)
        await self._record(passage, outcome)
        return outcome

    async def plan(self, call: Call) -> Plan | None:
        """Return what a write would do with fresh facts, or None where the action has no plan."""
        if call.action.plan is None:
            return None
        return await call.action.plan(self._facts(call), call.action.input.model_validate(call.args))

    def _facts(self, call: Call) -> Facts:
        customer = CustomerId(call.principal.customer or "")
        return Facts(
            customer=customer,
            systems=self._systems,
            rules=call.rules,
            now=self._clock(),
            conversation=call.conversation,
        )

    async def _through(self, passage: _Passage) -> Outcome:
        gates = self._gates if passage.call.action.effect is Effect.WRITE else self._gates[:3]
        try:
            for gate in gates:
                passage.trail.append(gate.__name__.strip("_"))
                if (outcome := await gate(passage)) is not None:
                    return outcome
            if passage.call.action.effect is Effect.READ:
                return await self._read(passage)
        except SystemUnavailableError:
            return Refused(gate=passage.trail[-1], code="system_unavailable")
        return await self._write(passage)

    # The gates, in their order: each returns None to let the call pass.

    async def _allowlisted(self, passage: _Passage) -> Outcome | None:
        name = passage.call.action.name
        return None if name in passage.call.allowlist else Refused(gate="allowlisted", code="not_allowlisted")

    async def _schema(self, passage: _Passage) -> Outcome | None:
        try:
            passage.input = passage.call.action.input.model_validate(passage.call.args)
        except ValidationError:
            return Refused(gate="schema", code="invalid_arguments")
        return None

    async def _identity(self, passage: _Passage) -> Outcome | None:
        needed, principal = passage.call.action.identity, passage.call.principal
        if principal.level < needed or (needed > Level.ANONYMOUS and not principal.customer):
            return Refused(gate="identity", code="identity_too_low")
        return None

    async def _standing(self, passage: _Passage) -> Outcome | None:
        """Replay what this key has already come to; settle what a dead process or a time-out left open."""
        key = idempotency_key(passage.call.case, passage.call.key)
        passage.standing = entry = await self.ledger.concluded(key)
        if entry is None or entry.state is EntryState.FAILED:
            return None
        if entry.customer != passage.facts.customer:
            # A case belongs to one customer; an answer that is on record for another is nobody else's to hear.
            return Refused(gate="standing", code="other_customer")
        if entry.state is EntryState.DONE:
            return Done(key=key, output=entry.output or {}, receipt=entry.receipt)
        found = await self._found(passage.call.action, passage.facts, passage.input, key)
        if found is not None:
            return await self._completed(passage, key, found)
        # A claim that ran out without effect belongs to a dead process: the same key may run it again.
        return Unknown(key=key) if entry.state is EntryState.UNKNOWN else None

    async def _preconditions(self, passage: _Passage) -> Outcome | None:
        for precondition in passage.call.action.preconditions:
            verdict = await precondition(passage.facts, passage.input)
            if isinstance(verdict, Denied):
                return Refused(gate="preconditions", code=verdict.code)
        passage.plan = await self.plan(passage.call)
        return None

    async def _limits(self, passage: _Passage) -> Outcome | None:
        call = passage.call
        spending = Spending(
            key=idempotency_key(call.case, call.key),
            case=call.case,
            customer=passage.facts.customer,
            action=call.action.name,
            amount=_plan(passage).amount,
        )
        code = await self.ledger.over_limit(spending, call.action.limits(passage.facts, passage.input))
        return Refused(gate="limits", code=code) if code else None

    async def _shadow(self, passage: _Passage) -> Outcome | None:
        if passage.call.mode is Mode.OFF:
            return Refused(gate="shadow", code="ticket_type_off")
        return Proposed(plan=_plan(passage)) if passage.call.mode is Mode.SHADOW else None

    async def _confirmation(self, passage: _Passage) -> Outcome | None:
        confirmed = passage.call.key in passage.call.consents
        return None if confirmed else NeedsConfirmation(plan=_plan(passage))

    async def _approval(self, passage: _Passage) -> Outcome | None:
        needed = _plan(passage).needs_approval or passage.call.mode is Mode.ASSISTED
        return NeedsApproval(plan=_plan(passage)) if needed and not passage.call.approved_by else None

    async def _owner(self, passage: _Passage) -> Outcome | None:
        await self.checkpoint("before_claim")
        return None if await passage.call.may_act() else Refused(gate="owner", code="not_owner")

    # Behind the gates.

    async def _read(self, passage: _Passage) -> Outcome:
        passage.trail.append("preconditions")
        for precondition in passage.call.action.preconditions:
            verdict = await precondition(passage.facts, passage.input)
            if isinstance(verdict, Denied):
                return Refused(gate="preconditions", code=verdict.code)
        output = await passage.call.action.execute(passage.facts, passage.input, "")
        return Done(key=passage.call.key, output=trimmed(output.model_dump(mode="json"), passage.call.reads))

    async def _write(self, passage: _Passage) -> Outcome:
        call, plan = passage.call, _plan(passage)
        key = idempotency_key(call.case, call.key)
        busy = await self.ledger.claim(
            Claim(
                key=key,
                conversation=call.conversation,
                case=call.case,
                customer=passage.facts.customer,
                action=call.action.name,
                object_ref=call.action.object_ref(passage.facts, passage.input),
                args=call.args,
                amount=plan.amount,
                currency=plan.currency,
                limits=call.action.limits(passage.facts, passage.input),
                policy_hash=call.policy_hash,
                approved_by=call.approved_by,
            )
        )
        if busy:
            return Refused(gate="claim", code=busy)
        await self.checkpoint("after_claim")
        try:
            # An effect must not come after its claim has run out: by then another process may have looked for it.
            async with asyncio.timeout(self.ledger.claim_seconds * 0.8):
                output = await call.action.execute(passage.facts, passage.input, key)
        except (SystemUnavailableError, TimeoutError):
            return await self._after_timeout(passage, key)
        except RejectedError as rejected:
            await self.ledger.fail(key)
            return Refused(gate="execute", code=rejected.code)
        await self.checkpoint("after_execute")
        return await self._completed(passage, key, output)

    async def _after_timeout(self, passage: _Passage, key: str) -> Outcome:
        """A time-out may have happened after the effect: only the system of record can say."""
        try:
            found = await self._found(passage.call.action, passage.facts, passage.input, key)
        except SystemUnavailableError:
            found = None
        if found is not None:
            return await self._completed(passage, key, found)
        await self.ledger.leave_unknown(key)
        return Unknown(key=key)

    async def _found(self, action: Action, facts: Facts, given: Any, key: str) -> Strict | None:
        return await action.find(facts, given, key) if action.find else None

    async def _completed(self, passage: _Passage, key: str, output: Strict) -> Outcome:
        action = passage.call.action
        if action.verify is not None and not await action.verify(passage.facts, passage.input, output):
            await self.ledger.leave_unknown(key)
            return Unknown(key=key)
        await self.checkpoint("before_record")
        receipt = action.receipt(output) if action.receipt else None
        written = output.model_dump(mode="json")
        await self.ledger.complete(key, passage.facts.customer, output=written, receipt=receipt)
        return Done(key=key, output=written, receipt=receipt)

    async def settle(self, entry: Entry, action: Action, *, give_up: bool) -> Entry:
        """Read the system of record for an open entry; with `give_up`, no trace of an effect means it failed."""
        facts = Facts(
            customer=CustomerId(entry.customer),
            systems=self._systems,
            rules=None,
            now=self._clock(),
            conversation=entry.conversation,
        )
        given = action.input.model_validate(entry.args)
        found = await self._found(action, facts, given, entry.key)
        if found is not None:
            receipt = action.receipt(found) if action.receipt else None
            output = found.model_dump(mode="json")
            await self.ledger.complete(entry.key, entry.customer, output=output, receipt=receipt)
        elif give_up:
            await self.ledger.fail(entry.key)
        return await self.ledger.entry(entry.key) or entry

    async def _record(self, passage: _Passage, outcome: Outcome) -> None:
        call = passage.call
        fields: dict[str, Any] = {
            "action": call.action.name,
            "case": call.case,
            "call_key": call.key,
            "status": outcome.status,
            "gates": len(passage.trail),
            "mode": call.mode.value,
        }
        if isinstance(outcome, Refused):
            fields |= {"gate": outcome.gate, "code": outcome.code}
        if isinstance(outcome, Done) and outcome.receipt:
            fields |= {"receipt": outcome.receipt}
        if call.approved_by:
            fields |= {"approved_by": call.approved_by}
        event = AuditEvent.REFUSED if isinstance(outcome, Refused) else AuditEvent.ACTION
        await self._audit.append(call.conversation, event, fields | accounted(call, passage.trail, outcome))
        log.info("door", conversation=call.conversation, **fields)


def _plan(passage: _Passage) -> Plan:
    if passage.plan is None:
        raise TypeError(f"The write {passage.call.action.name} declares no plan.")
    return passage.plan
