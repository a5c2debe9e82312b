"""What each write refuses, by the code that it refuses with: rows are reasons, nothing happens in any."""

from datetime import timedelta
from typing import Any

import pytest
from counters import Counter
from samples import ADDRESS, BRAM, MAYA, NOAH, SAMPLES, TOMAS, Sample, call

from agent.testing import NOW
from guardrails.identity import Level, Principal
from tools.action import Done, NeedsApproval, NeedsConfirmation, Refused

SWAP = SAMPLES["change_order_items"].args
EXCHANGE = SAMPLES["exchange_items"].args
ISSUE = SAMPLES["open_engineering_ticket"].args
INES, ISABEL = "cus-0003", "cus-0008"

ROWS: list[tuple[str, str, dict[str, Any], str]] = [
    ("issue_refund", MAYA, {"item": "9", "amount": 5}, "already_refunded"),
    ("issue_refund", MAYA, {"amount": 1700}, "amount_changed"),
    ("issue_refund", MAYA, {"amount": 1801, "partial": True}, "amount_changed"),
    ("issue_refund", BRAM, {"order_id": "1070"}, "not_delivered_yet"),
    ("issue_refund", INES, {"order_id": "1065"}, "order_cancelled"),
    ("undo_refund", NOAH, {"order_id": "1081", "receipt": "R-1"}, "refund_not_found"),
    ("issue_credit", MAYA, {"amount": 10_001}, "credit_too_large"),
    ("issue_credit", MAYA, {"order_id": "1060"}, "order_not_found"),
    ("create_return", MAYA, {"order_id": "1051"}, "order_shipped"),
    ("create_return", MAYA, {"order_id": "1012"}, "outside_window"),
    ("create_return", MAYA, {"lines": ["1", "1"]}, "item_not_found"),
    ("create_return", MAYA, {"lines": ["3"]}, "item_not_found"),
    ("create_return", MAYA, {"payment_method": "paypal-0001"}, "other_payment_method"),
    ("create_return", MAYA, {"payment_method": "card-0002"}, "payment_method_not_found"),
    ("exchange_items", MAYA, {"swaps": [{"line": "1", "sku": "KITC-01C"}]}, "not_available"),
    ("exchange_items", MAYA, {"swaps": [{"line": "1", "sku": "TRAI-01A"}]}, "other_product"),
    ("exchange_items", MAYA, {"swaps": [{"line": "1", "sku": "nowhere"}]}, "other_product"),
    ("exchange_items", MAYA, {"difference": 1}, "amount_changed"),
    ("create_replacement", MAYA, {"order_id": "1051"}, "order_shipped"),
    ("create_replacement", MAYA, {"order_id": "1012"}, "outside_window"),
    ("create_replacement", NOAH, {"order_id": "1081", "lines": ["2"]}, "already_refunded"),
    ("cancel_order", MAYA, {"order_id": "1051"}, "order_shipped"),
    ("cancel_order", MAYA, {"order_id": "1043"}, "order_delivered"),
    ("change_order_items", BRAM, {"swaps": [{"line": "1", "sku": "TRAI-01B"}], "difference": 0}, "same_item"),
    ("change_order_items", BRAM, {"difference": -1999}, "amount_changed"),
    ("change_order_items", BRAM, {"payment_method": "card-0001"}, "payment_method_not_found"),
    ("change_payment_method", BRAM, {"payment_method": "card-0004"}, "same_payment_method"),
    ("change_payment_method", INES, {"order_id": "1064", "payment_method": "gift-0003"}, "balance_too_low"),
    ("update_shipping_address", MAYA, {"order_id": "1051"}, "order_shipped"),
    ("cancel_subscription", ISABEL, {"subscription": "plus-0008"}, "subscription_cancelled"),
    ("pause_subscription", MAYA, {"periods": 4}, "pause_too_long"),
    ("pause_subscription", NOAH, {"subscription": "plus-0006"}, "subscription_past_due"),
    ("resume_subscription", MAYA, {"subscription": "plus-0001"}, "subscription_active"),
    ("change_plan", MAYA, {"plan": "plus-weekly"}, "plan_not_found"),
    ("change_plan", MAYA, {"plan": "plus-monthly"}, "same_plan"),
    ("change_plan", MAYA, {"due_today": 1}, "amount_changed"),
    ("resend_verification", MAYA, {}, "already_verified"),
    ("open_engineering_ticket", MAYA, {"happened_at": "2027-01-01T00:00:00Z"}, "not_a_past_time"),
    ("open_engineering_ticket", MAYA, {"happened_at": "2026-11-01T00:00:00"}, "not_a_past_time"),
]


@pytest.mark.parametrize(("name", "customer", "more", "code"), ROWS)
async def test_what_cannot_be_is_refused(
    counter: Counter, name: str, customer: str, more: dict[str, Any], code: str
) -> None:
    """A refusal of a precondition names its reason and leaves the shop alone."""
    wanted = Sample(name, customer, SAMPLES[name].args | more)
    assert await counter.door.run(call(wanted, NOW)) == Refused(gate="preconditions", code=code)
    assert await counter.written() == 0


@pytest.mark.parametrize("part", sorted(set(ISSUE)))
async def test_an_engineering_ticket_that_lacks_a_part_is_refused(counter: Counter, part: str) -> None:
    """Version, device, time, steps, expected and actual are all needed, and none may be empty."""
    for args in ({key: value for key, value in ISSUE.items() if key != part}, ISSUE | {part: ""}):
        outcome = await counter.door.run(call(Sample("open_engineering_ticket", MAYA, args), NOW))
        assert outcome == Refused(gate="schema", code="invalid_arguments")


async def test_the_same_symptom_ten_times_is_one_ticket_with_ten_chats(counter: Counter) -> None:
    """Each chat is linked once, and an eleventh report of the same chat adds none."""
    for turn, n in enumerate((*range(10), 3)):
        asked = call(SAMPLES["open_engineering_ticket"], NOW, conversation=f"cnv-{n}", case=f"cnv-{n}.{turn}")
        outcome = await counter.door.run(asked)
        assert isinstance(outcome, Done)
        assert (outcome.output["ticket"], outcome.output["linked"]) == ("ENG-1", min(turn + 1, 10))


TWICE = [
    ("undo_refund", "already_undone"),
    ("create_return", "return_under_way"),
    ("exchange_items", "return_under_way"),
    ("create_replacement", "line_replaced"),
    ("issue_refund", "already_refunded"),
    ("cancel_order", "order_cancelled"),
    ("change_order_items", "items_already_changed"),
    ("change_payment_method", "same_payment_method"),
    ("cancel_subscription", "subscription_cancelled"),
    ("change_plan", "same_plan"),
    ("freeze_account", "already_frozen"),
]


@pytest.mark.parametrize(("name", "code"), TWICE)
async def test_another_case_does_not_do_it_again(counter: Counter, name: str, code: str) -> None:
    """What is done is done: a second case finds it so."""
    assert isinstance(await counter.does(SAMPLES[name]), Done)
    again = call(SAMPLES[name], NOW, case="cnv-sample.2")
    assert await counter.door.run(again) == Refused(gate="preconditions", code=code)


OVER = [
    ("issue_credit", MAYA, {"amount": 2001}, "Ask for $20.01 store credit", "$20.01 store credit"),
    (
        "cancel_order",
        INES,
        {"order_id": "1064", "reason": "too_slow"},
        "Ask to cancel order 1064",
        "Cancel order 1064",
    ),
    (
        "create_replacement",
        TOMAS,
        {"order_id": "1060", "lines": ["1"]},
        "Ask to send items of order 1060 again",
        "Send items of order 1060 again",
    ),
]


@pytest.mark.parametrize(("name", "customer", "args", "title", "approved"), OVER)
async def test_what_is_large_waits_for_an_operator(
    counter: Counter, name: str, customer: str, args: dict[str, Any], title: str, approved: str
) -> None:
    """Over the policy's threshold the customer asks and a colleague decides; then it is done."""
    wanted = call(Sample(name, customer, (SAMPLES[name].args if name == "issue_credit" else {}) | args), NOW)
    outcome = await counter.door.run(wanted)
    assert isinstance(outcome, NeedsApproval)
    assert (outcome.plan.title, outcome.plan.approval_title) == (title, approved)
    assert await counter.written() == 0


async def test_an_undo_comes_in_time_or_not_at_all(counter: Counter) -> None:
    """Larkspur holds a refund for ten minutes; the receipt says until when."""
    done = await counter.does(SAMPLES["issue_refund"])
    assert isinstance(done, Done)
    assert done.output["undo_until"] == (NOW + timedelta(minutes=10)).isoformat().replace("+00:00", "Z")
    undone = await counter.door.run(call(SAMPLES["undo_refund"], NOW))
    assert isinstance(undone, Done)
    order = await counter.systems.orders.orders(MAYA)  # type: ignore[arg-type]
    assert not any(item.refunded for one in order if one.id == "1043" for item in one.items)


async def test_after_its_items_were_changed_a_strict_company_cancels_no_order(counter: Counter) -> None:
    """The policy says whether a change of items is the last word."""
    assert isinstance(await counter.does(SAMPLES["change_order_items"]), Done)
    asked = call(SAMPLES["cancel_order"], NOW, case="cnv-sample.2")
    strict = asked.rules.model_copy(update={"changed_is_final": True})
    refused = call(SAMPLES["cancel_order"], NOW, case="cnv-sample.2", rules=strict)
    assert await counter.door.run(refused) == Refused(gate="preconditions", code="items_already_changed")
    narrow = asked.rules.model_copy(update={"cancel_reasons": ()})
    refused = call(SAMPLES["cancel_order"], NOW, case="cnv-sample.2", rules=narrow)
    assert await counter.door.run(refused) == Refused(gate="preconditions", code="reason_not_accepted")


async def test_an_address_with_every_part_is_one_line(counter: Counter) -> None:
    """What the card shows is what the shop has afterwards, abroad too."""
    abroad = ADDRESS | {"line2": "Flat 2", "region": "", "country": "Canada"}
    wanted = Sample("update_shipping_address", BRAM, {"order_id": "1070", "address": abroad})
    assert isinstance(await counter.door.run(call(wanted, NOW)), Done)
    order = await counter.systems.orders.order(BRAM, "1070")  # type: ignore[arg-type]
    assert order
    assert order.address == "7 Fern Road, Flat 2, Salem 97301, Canada"


async def test_a_profile_shows_what_changes_and_nothing_else(counter: Counter) -> None:
    """The card lists the fields that are given; an empty change is refused."""
    wanted = Sample("update_profile", MAYA, {"name": "Maya W. Field", "marketing": False})
    outcome = await counter.door.run(call(wanted, NOW, confirmed=False))
    assert isinstance(outcome, NeedsConfirmation)
    assert outcome.plan.facts == (("Name", "Maya W. Field"), ("Newsletter", "No"))
    assert isinstance(await counter.door.run(call(wanted, NOW)), Done)
    empty = call(Sample("update_profile", MAYA, {}), NOW)
    assert await counter.door.run(empty) == Refused(gate="schema", code="invalid_arguments")


async def test_a_stranger_who_is_no_customer_writes_nothing(counter: Counter) -> None:
    """A session whose customer the shop does not know is refused like any other."""
    nobody = call(SAMPLES["add_tags"], NOW, principal=Principal("cus-9999", Level.SIGNED_IN))
    assert await counter.door.run(nobody) == Refused(gate="execute", code="unknown_customer")
    wanted = call(SAMPLES["update_profile"], NOW, principal=Principal("cus-9999", Level.SIGNED_IN), case="cnv-sample.2")
    assert await counter.door.run(wanted) == Refused(gate="preconditions", code="customer_not_found")
