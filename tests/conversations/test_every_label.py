"""Whatever a message is about, a conversation leads somewhere: a flow, an answer, or a person by name."""

from collections.abc import Awaitable, Callable

import pytest
from wishes import MAYA

from agent.events import CaseOpened, HandedOff
from agent.testing import Chat
from agent.understand.labels import DIALOGUE, Label

Open = Callable[[str | None], Awaitable[Chat]]
#: A sentence for each label, and the ticket type of the case it opens; None where it opens none.
SAID: dict[Label, tuple[str, str | None]] = {
    Label.ORDER_STATUS: ("where is my order 1051?", "order_status"),
    Label.SHIPPING_DELAY: ("my package never showed up", "late_parcel"),
    Label.REFUND_REQUEST: ("I want a refund for order 1043", "refund"),
    Label.REFUND_STATUS: ("has my refund been processed yet?", "refund_status"),
    Label.RETURN_OR_EXCHANGE: ("I need to return my order", "return_items"),
    Label.CANCEL_ORDER: ("please cancel my order", "cancel_order"),
    Label.CHANGE_ORDER: ("can I change the colour in my order before it goes out?", "change_items"),
    Label.PLACE_ORDER: ("I'd like to order two of the blue mugs", "policy_question"),
    Label.CANCEL_SUBSCRIPTION: ("I'd like to end my subscription", "cancel_membership"),
    Label.PAUSE_SUBSCRIPTION: ("could you put my membership on hold", "pause_membership"),
    Label.CHANGE_PLAN: ("I'd like to switch to the yearly plan", "change_plan"),
    Label.BILLING_QUESTION: ("could you explain my last bill, please?", "charge_question"),
    Label.PAYMENT_ISSUE: ("my card keeps getting declined", "payment_problem"),
    Label.PASSWORD_RESET: ("I forgot my password", "password_reset"),
    Label.ACCOUNT_ACCESS: ("I can't log in, my account is locked", "password_reset"),
    Label.RESEND_VERIFICATION: ("please send the verification email again", "resend_verification"),
    Label.SHIPPING_ADDRESS: ("please send my order to a different address", "change_address"),
    Label.ACCOUNT_DETAILS: ("I need to change my phone number", "update_profile"),
    Label.CREATE_ACCOUNT: ("how do I create an account?", "policy_question"),
    Label.CLOSE_ACCOUNT: ("please delete my account", "close_account"),
    Label.SECURITY_OR_FRAUD: ("someone hacked my account", "security"),
    Label.BUG_REPORT: ("the app crashes when I upload a photo", "bug_report"),
    Label.OUTAGE: ("is your site down?", "outage"),
    Label.HOW_TO: ("how do I use a gift card on your site?", "policy_question"),
    Label.PRODUCT_QUESTION: ("is the kettle dishwasher safe?", "policy_question"),
    Label.SHIPPING_QUESTION: ("do you ship to Canada?", "policy_question"),
    Label.POLICY_QUESTION: ("how long can I return things?", "policy_question"),
    Label.PROMO_OR_PRICE: ("do you have a promo code for sale items?", "policy_question"),
    Label.COMPLAINT: ("I want to make a complaint", "complaint"),
    Label.FEEDBACK: ("just some feedback, the packaging was lovely", "feedback"),
    Label.MARKETING: ("please take me off your newsletter", "marketing"),
    Label.TALK_TO_HUMAN: ("let me talk to a human", "talk_to_person"),
    Label.BOT_CHALLENGE: ("are you a robot?", None),
    Label.GREETING: ("hello there", None),
    Label.THANKS_OR_GOODBYE: ("thank you, goodbye", None),
    Label.AFFIRM: ("yes", None),
    Label.DENY: ("no", None),
    Label.PROVIDE_INFO: ("1043", None),
    Label.OUT_OF_SCOPE: ("what is the capital of Peru?", None),
}


def test_every_label_has_its_sentence() -> None:
    """The closed list is covered; only the parts of a dialogue open no case."""
    assert SAID.keys() == set(Label)
    assert {label for label, (_, opens) in SAID.items() if opens is None} == DIALOGUE


@pytest.mark.parametrize("label", list(Label))
async def test_it_leads_somewhere(label: Label, chat: Open) -> None:
    """Something is said, the case it opens is the right one, and nobody is brought in because a turn broke."""
    words, opens = SAID[label]
    maya = await chat(MAYA)
    assert await maya.says(words)
    log = await maya.log()
    assert [event.ticket_type for event in log if isinstance(event, CaseOpened)] == ([opens] if opens else [])
    assert "trouble" not in [event.reason for event in log if isinstance(event, HandedOff)]
