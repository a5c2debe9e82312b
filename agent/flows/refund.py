"""Money back for a delivered order, one of its items, or a parcel that was lost."""

import re
from typing import Any

from agent.flow import Ask, Charter, Check, Decline, Do, Flow, Option, Resolve, View
from agent.flows.lines import SETTLED, settled_once
from agent.flows.orders import CHOOSE_ORDER, hear_order, order
from agent.flows.telling import order_fact, order_proof
from agent.reply import Said, evidence, person_button, plain
from agent.texts import text
from guardrails.identity import Level
from guardrails.outbound import Claim, EvidenceKind
from tools.actions.issue_refund import ISSUE_REFUND, Output, Reason, RefundRules, inside_window, refundable
from tools.systems.base import OrderStatus
from tools.words import day, money

WHOLE_ORDER = "all"
_REASONS = (
    (Reason.DAMAGED, r"broke|smash|crack|damag|shatter|chipped|defect|faulty|dent|torn|ripped|leak|n'?t work|not work"),
    (Reason.WRONG_ITEM, r"wrong (item|one|thing|product|size|colou?r)|not what i ordered|sent me the wrong|instead of"),
    (Reason.NOT_AS_DESCRIBED, r"not as described|different from|nothing like|poor quality"),
    (Reason.LOST, r"never (arrived|came|got|received)|lost|did ?n[o']t arrive|missing"),
    (
        Reason.CHANGED_MIND,
        r"changed my mind|don'?t (want|need|like)|no longer (want|need)|mistake|by accident|too (small|big|large)",
    ),
)


def hear(words: str) -> dict[str, str]:
    """Return the order number, the reason and whether it is about everything, as far as the words say."""
    heard = hear_order(words)
    lowered = words.lower().replace("’", "'")
    for reason, pattern in _REASONS:
        if re.search(pattern, lowered):
            heard["reason"] = reason.value
            break
    if re.search(r"\b(whole|entire|full) order\b|\beverything\b|\ball of it\b", lowered):
        heard["item"] = WHOLE_ORDER
    return heard


def _item(view: View) -> str | None:
    chosen = view.case.slots.get("item", WHOLE_ORDER)
    return None if chosen == WHOLE_ORDER else chosen


def _items(view: View) -> tuple[Option, ...]:
    found = order(view)
    lines = [
        Option(
            item.id,
            f"{item.name} · {money(item.amount, found.currency)}",
            names=(item.name,),
            price=item.amount,
            shown=item.amount > 0,
        )
        for item in found.items
    ]
    if sum(line.shown for line in lines) > 1:
        whole = f"{text('button_whole_order')} · {money(found.left_to_refund, found.currency)}"
        lines.append(Option(WHOLE_ORDER, whole, everything=True))
    return tuple(lines)


def _only_item(view: View) -> str | None:
    if order(view).status is OrderStatus.LOST:
        return WHOLE_ORDER
    if len(order(view).items) == 1:
        return WHOLE_ORDER
    left = [line.value for line in _items(view) if line.shown and not line.everything]
    return left[0] if len(left) == 1 else None


def _reasons(_view: View) -> tuple[Option, ...]:
    return tuple(Option(reason.value, text(f"reason_label_{reason.value}")) for reason in Reason)


def _lost(view: View) -> str | None:
    return Reason.LOST.value if order(view).status is OrderStatus.LOST else None


def _args(view: View) -> dict[str, object]:
    item = _item(view)
    return {
        "order_id": view.case.slots["order_id"],
        "item": item,
        "amount": refundable(order(view), item) or 0,
        "reason": view.case.slots["reason"],
    }


def _has_arrived(view: View) -> bool:
    return order(view).status not in (OrderStatus.PENDING, OrderStatus.SHIPPED)


def _not_cancelled(view: View) -> bool:
    return order(view).status is not OrderStatus.CANCELLED


def _something_left(view: View) -> bool:
    return order(view).left_to_refund > 0


def _all_where_nothing_is_left(view: View) -> list[str]:
    found = order(view)
    return [] if found.left_to_refund else [item.id for item in found.items]


def _chosen(view: View) -> list[str]:
    item = _item(view)
    return [item] if item else _all_where_nothing_is_left(view)


def _item_left(view: View) -> bool:
    return bool(refundable(order(view), _item(view)))


def _in_window(view: View) -> bool:
    rules: RefundRules = view.rules
    return inside_window(order(view), rules, view.now)


def _say_nothing_left(_view: View) -> tuple[Said, ...]:
    return (plain("refund_already", person_button()),)


def _say_outside_window(view: View) -> tuple[Said, ...]:
    rules: RefundRules = view.rules
    found = order(view)
    policy = evidence(EvidenceKind.ARTICLE, "POL-REFUND", {"window_days": rules.window_days})
    words = text(
        "refund_outside_window",
        order=found.id,
        delivered=day(found.delivered_at) if found.delivered_at else "",
        window=str(rules.window_days),
    )
    proof = (*order_proof(view), policy)
    return (Said(words=words, claim=Claim.ACCOUNT, evidence=proof, choices=(person_button(),)),)


def say_refunded(output: dict[str, Any]) -> tuple[Said, ...]:
    """Say that the money is on its way, with the receipt that proves it."""
    refund = Output.model_validate(output)
    words = text(
        "refund_done",
        amount=money(refund.amount, refund.currency),
        method=refund.payment_method,
        arrives=day(refund.arrives_by),
        receipt=refund.receipt,
    )
    proof = evidence(EvidenceKind.RECEIPT, refund.receipt, refund.model_dump(mode="python"))
    return (Said(words=words, claim=Claim.ACTION, evidence=(proof,)),)


FLOW = Flow(
    ticket_type="refund",
    policy="POL-REFUND",
    labels=("refund_request",),
    identity=Level.SIGNED_IN,
    hear=hear,
    tags=("billing", "refund"),
    instead=("return_items", "exchange", "replacement"),
    charter=Charter(
        scope="Money back for a delivered or lost order of the customer, or one of its lines.",
        success="The refund is on record and read back.",
        eligibility="Delivered inside the window in force when it was ordered, or lost; something is left to refund.",
        never="Another method than the one that paid; more than is left.",
        documented="Order, line, amount, reason, receipt, POL-REFUND.",
        escalates="Above the approval threshold; the daily limits; an outcome nobody can see.",
    ),
    steps=(
        *CHOOSE_ORDER,
        Check(test=_not_cancelled, otherwise=Decline(say=order_fact("refund_cancelled_order"), code="order_cancelled")),
        Check(test=_has_arrived, otherwise=Decline(say=order_fact("refund_not_delivered"), code="not_delivered_yet")),
        *settled_once(_all_where_nothing_is_left),
        Check(test=_something_left, otherwise=Decline(say=_say_nothing_left, code="already_refunded")),
        Check(test=_in_window, otherwise=Decline(say=_say_outside_window, code="outside_window")),
        Ask(slot="item", ask="ask_item", options=_items, default=_only_item),
        *settled_once(_chosen),
        Check(test=_item_left, otherwise=Decline(say=_say_nothing_left, code="already_refunded")),
        Ask(slot="reason", ask="ask_reason", options=_reasons, default=_lost, thing=False),
        Do(
            action=ISSUE_REFUND,
            args=_args,
            said=say_refunded,
            refused=SETTLED,
            progress="sending_back",
        ),
        Resolve(code="refunded"),
    ),
)
