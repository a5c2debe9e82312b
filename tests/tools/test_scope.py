"""What a ticket type may call and say, and whose records a call can reach."""

import random
from typing import Any

import pytest
from counters import Counter
from samples import MAYA, SAMPLES, Sample, all_actions, call

from agent.flows import flows
from agent.testing import NOW, SOAK
from guardrails.identity import Level, Principal
from tools.action import Done, Effect, Refused
from tools.call import Call
from tools.systems.changes import snapshot

FIELDS = sorted({name for action in all_actions().values() for name in action.input.model_fields})
NEVER = ("customer", "customer_id", "user_id", "account", "on_behalf_of", "approved_by", "email_to")
CALLS = 10_000 if SOAK else 500
#: Whose ids the fuzz borrows: a customer with every kind of thing.
OTHERS = ("cus-0003", "cus-0004", "cus-0007", "cus-0011")
#: Reads of the helpdesk, which this counter has none of; they are tried where there is one.
HELPDESK = ("list_tickets",)


def plain(name: str, args: dict[str, Any], **more: Any) -> Call:
    """Return a call of any action by Maya, with the sample's rules where it is a write."""
    if name in SAMPLES:
        return call(Sample(name, MAYA, args), NOW, **more)
    return Call(
        action=all_actions()[name], args=args, conversation="cnv-fuzz", case="cnv-fuzz.1",
        principal=Principal(MAYA, Level.SIGNED_IN), allowlist=frozenset({name}),
    )  # fmt: skip


@pytest.mark.parametrize("ticket_type", sorted(flows()))
async def test_a_ticket_type_calls_what_it_declares_and_nothing_else(counter: Counter, ticket_type: str) -> None:
    """Every action that the type's flow does not name is refused at the first gate."""
    allowed = flows()[ticket_type].allowlist
    for name in sorted(set(all_actions()) - allowed):
        outcome = await counter.door.run(_with(plain(name, SAMPLES[name].args if name in SAMPLES else {}), allowed))
        assert outcome == Refused(gate="allowlisted", code="not_allowlisted"), name
    assert await counter.written() == 0


def _with(made: Call, allowed: frozenset[str]) -> Call:
    return Call(**(vars(made) | {"allowlist": allowed}))


@pytest.mark.parametrize("name", sorted(all_actions()))
async def test_a_field_that_an_action_does_not_declare_is_refused(counter: Counter, name: str) -> None:
    """No action takes another one's field, and none takes who the customer is."""
    action = all_actions()[name]
    args = SAMPLES[name].args if name in SAMPLES else {}
    for field in sorted({*FIELDS, *NEVER} - set(action.input.model_fields)):
        outcome = await counter.door.run(plain(name, {**args, field: "1043"}))
        assert outcome == Refused(gate="schema", code="invalid_arguments"), field
    assert not set(action.input.model_fields) & set(NEVER)
    assert await counter.written() == 0


def test_every_write_names_an_object_that_no_other_customer_shares() -> None:
    """Two customers' calls never wait for each other, but for the same object."""
    for action in all_actions().values():
        assert (action.effect is Effect.WRITE) == (action.plan is not None) == (action.find is not None)


class Foreign:
    """Ids and values of other customers."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.lines = ["1", "2"]
        self.methods: list[str] = []
        self.subscriptions: list[str] = []
        self.receipts: list[str] = []
        self.private: set[str] = set()

    async def gather(self, counter: Counter) -> "Foreign":
        for other in OTHERS:
            account = await counter.systems.accounts.customer(other)  # type: ignore[arg-type]
            assert account
            self.private |= {account.email, account.phone, account.address, account.name}
            mine = await counter.systems.orders.orders(other)  # type: ignore[arg-type]
            self.orders += [order.id for order in mine]
            for order in mine:
                refunds = await counter.systems.billing.refunds(other, order.id)  # type: ignore[arg-type]
                self.receipts += [refund.receipt for refund in refunds]
            self.methods += [one.id for one in await counter.systems.accounts.payment_methods(other)]  # type: ignore[arg-type]
            found = await counter.systems.subscriptions.subscriptions(other)  # type: ignore[arg-type]
            self.subscriptions += [one.id for one in found]
        self.receipts.append("R-20700")
        return self

    def args(self, name: str, chance: random.Random) -> dict[str, Any]:
        """Return a sample's arguments with every id another customer's; one that has none is given their id."""
        args = dict(SAMPLES[name].args) if name in SAMPLES else {}
        fields = all_actions()[name].input.model_fields
        ids: dict[str, Any] = {
            "order_id": chance.choice(self.orders), "payment_method": chance.choice(self.methods),
            "subscription": chance.choice(self.subscriptions), "receipt": chance.choice(self.receipts),
        }  # fmt: skip
        named = {key: value for key, value in ids.items() if key in fields}
        if "payment_method" in named and chance.random() < 0.3:
            del named["order_id"]  # one's own order, somebody else's money
        return args | (named or {chance.choice(NEVER): chance.choice(OTHERS)})


async def test_ids_of_other_customers_open_nothing(counter: Counter) -> None:
    """Foreign ids through every action: no effect, and no answer that holds anything of theirs."""
    chance, foreign = random.Random(20261123), await Foreign().gather(counter)  # noqa: S311  # the same calls each run
    before = await snapshot(counter.shop)
    names = sorted(set(all_actions()) - {"find_customer"})
    for n in range(CALLS):
        name = names[n % len(names)]
        outcome = await counter.door.run(plain(name, foreign.args(name, chance)))
        assert isinstance(outcome, Refused), (name, outcome)
        assert not any(value in str(outcome) for value in foreign.private)
    assert await snapshot(counter.shop) == before
    assert await counter.written() == 0


READS = sorted(name for name, one in all_actions().items() if one.effect is Effect.READ and name not in HELPDESK)


@pytest.mark.parametrize("name", READS)
async def test_a_read_answers_with_ones_own(counter: Counter, name: str) -> None:
    """What a read brings to Maya holds nothing of the others."""
    foreign = await Foreign().gather(counter)
    fields = all_actions()[name].input.model_fields
    args = {"order_id": "1043"} if "order_id" in fields else {}
    outcome = await counter.door.run(plain(name, args | ({"email": "nobody@example.com"} if "email" in fields else {})))
    assert isinstance(outcome, Done), outcome
    assert not any(value in str(outcome.output) for value in foreign.private)
