"""Every write a customer can ask for in words: who, what they say until the offer, and what must come of their yes."""

from dataclasses import dataclass, field
from typing import Any

MAYA, TOMAS, INES, BRAM, PRIYA = "cus-0001", "cus-0002", "cus-0003", "cus-0004", "cus-0005"
NOAH, CLARA, OWEN = "cus-0006", "cus-0007", "cus-0011"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One write by real words."""

    ticket_type: str
    customer: str
    words: tuple[str, ...]
    action: str
    code: str
    policy: str = ""
    #: Table → key → columns of the shop that must have changed; columns not named may have.
    shop: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)


WRITES = (
    Row(
        ticket_type="refund", customer=NOAH, action="issue_refund", code="refunded", policy="POL-REFUND",
        words=("My tent from order 1080 got lost, I want my money back",),
        shop={"refunds": {"R-20701": {"order_id": "1080", "amount": 12900}}},
    ),
    Row(
        ticket_type="cancel_order", customer=BRAM, action="cancel_order", code="cancelled", policy="POL-ORDERS",
        words=("Please cancel my order, I ordered it by mistake",),
        shop={"orders": {"1070": {"status": "cancelled"}}},
    ),
    Row(
        ticket_type="change_address", customer=BRAM, action="update_shipping_address", code="address_changed",
        policy="POL-ORDERS",
        words=("I'd like another delivery address for my order", "12 Elm Street, Apt 3, Salem, OR 97301"),
    ),
    Row(
        ticket_type="change_items", customer=INES, action="change_order_items", code="order_changed",
        policy="POL-ORDERS", words=("can I have the task chairs in another colour instead",),
        shop={"order_items": {"1064/1": {"variant": "olive"}}, "orders": {"1064": {"items_changed": True}}},
    ),
    Row(
        ticket_type="change_payment", customer=BRAM, action="change_payment_method", code="payment_changed",
        policy="POL-ORDERS", words=("can I pay my order with another card", "PayPal"),
    ),
    Row(
        ticket_type="return_items", customer=TOMAS, action="create_return", code="return_created",
        policy="POL-RETURNS", words=("I want to send the patio set back",),
        shop={"orders": {"1060": {"return_open": True}}},
    ),
    Row(
        ticket_type="exchange", customer=MAYA, action="exchange_items", code="exchanged", policy="POL-RETURNS",
        words=("I'd like to exchange the mug from 1043 for another colour",),
        shop={"orders": {"1043": {"return_open": True}}},
    ),
    Row(
        ticket_type="replacement", customer=MAYA, action="create_replacement", code="replaced", policy="POL-RETURNS",
        words=("My mug from order 1043 arrived broken, please send me a new one",),
        shop={"orders": {"1401": {"customer_id": MAYA, "status": "pending"}}},
    ),
    Row(
        ticket_type="late_parcel", customer=NOAH, action="create_replacement", code="parcel_traced",
        policy="POL-RETURNS", words=("my tent never arrived",),
        shop={"orders": {"1401": {"customer_id": NOAH, "status": "pending"}}},
    ),
    Row(
        ticket_type="cancel_membership", customer=MAYA, action="cancel_subscription", code="membership_cancelled",
        policy="POL-MEMBERSHIP", words=("I'd like to cancel my membership",),
        shop={"subscriptions": {"plus-0001": {"status": "cancelled"}}},
    ),
    Row(
        ticket_type="pause_membership", customer=MAYA, action="pause_subscription", code="membership_paused",
        policy="POL-MEMBERSHIP", words=("please pause my membership for two months",),
        shop={"subscriptions": {"plus-0001": {"status": "paused"}}},
    ),
    Row(
        ticket_type="resume_membership", customer=OWEN, action="resume_subscription", code="membership_resumed",
        policy="POL-MEMBERSHIP", words=("I'm back, turn my membership back on",),
        shop={"subscriptions": {"plus-0011": {"status": "active"}}},
    ),
    Row(
        ticket_type="change_plan", customer=MAYA, action="change_plan", code="plan_changed", policy="POL-MEMBERSHIP",
        words=("upgrade me to the yearly plan",),
        shop={"subscriptions": {"plus-0001": {"plan": "Larkspur Plus Yearly"}}},
    ),
    Row(
        ticket_type="password_reset", customer=MAYA, action="start_password_reset", code="reset_sent",
        policy="POL-ACCOUNT", words=("I forgot my password",),
    ),
    Row(
        ticket_type="resend_verification", customer=PRIYA, action="resend_verification", code="verification_sent",
        policy="POL-ACCOUNT", words=("I never got the activation mail",),
    ),
    Row(
        ticket_type="update_profile", customer=MAYA, action="update_profile", code="profile_changed",
        policy="POL-ACCOUNT", words=("I need to change my phone number", "+1 503 555 0199"),
    ),
    Row(
        ticket_type="marketing", customer=INES, action="update_profile", code="preferences_changed",
        words=("Please take me off your newsletter",), policy="POL-ACCOUNT",
        shop={"customers": {INES: {"marketing": False}}},
    ),
    Row(
        ticket_type="bug_report", customer=MAYA, action="open_engineering_ticket", code="bug_reported",
        words=("the coupon field in the checkout freezes", "I pasted a code and pressed apply",
               "the discount should appear"),
        shop={"issues": {"ENG-1": {"area": "checkout", "symptom": "coupon-field-frozen"}}},
    ),
)  # fmt: skip
