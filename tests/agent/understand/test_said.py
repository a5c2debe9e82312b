"""Every ticket type is started by what people say, polite, angry, short or roundabout."""

from pathlib import Path

import pytest

from agent.commands import StartFlow
from agent.conversation import Conversation
from agent.flows import flows
from agent.understand.embedded import EmbeddedUnderstand
from kb.encoder import Encoder

SAID = {
    "order_status": (
        "Could you please tell me where order 1051 is?",
        "where the hell is my stuff, order 1051",
        "any idea when my watering can gets here?",
        "yo wheres my package",
    ),
    "refund": (
        "I'd be grateful for a refund for the mug",
        "GIVE ME MY MONEY BACK for this broken mug",
        "the mug came in pieces, can I get reimbursed",
        "gimme a refund for 1043 pls",
    ),
    "refund_status": (
        "Has my refund been processed yet?",
        "still waiting on the cash you owe me from my refund",
        "When will the refund for 1081 reach my bank?",
        "I was told I'd get my money back two weeks ago, nothing so far",
    ),
    "return_items": (
        "I would like to send the blanket back, please",
        "how do I send this thing back, don't want it",
        "need to return my order",
        "Please arrange a return for the socks from order 1081",
    ),
    "exchange": (
        "Could I exchange the mug for a moss one?",
        "it's too small, I need a larger size",
        "wanna swap the pullover for another size",
        "can I get a bigger one in exchange for this pullover",
    ),
    "replacement": (
        "Please send me a replacement for the broken mug",
        "my mug was smashed, send a new one",
        "I want another one sent because this one is cracked",
        "can you just replace the broken bottle",
    ),
    "cancel_order": (
        "Please cancel my order 1064",
        "I don't want it any more, stop the order before it ships",
        "kill that order I placed this morning",
        "I ordered by mistake, could you call it off",
    ),
    "change_address": (
        "Please send my order to a different address",
        "ship it to my office instead",
        "I put the wrong street on my order, it needs to go to another house",
        "yo can u change the shipping adress on 1070",
    ),
    "change_items": (
        "Can I change the colour in my order before it goes out?",
        "I picked the wrong size in the order I just placed, change it",
        "swap the charcoal chair in my pending order for olive",
    ),
    "change_payment": (
        "can I pay my order with another card",
        "Please charge order 1070 to my PayPal instead of the card",
        "I want to switch the payment method on my order",
        "use my gift card for that order instead",
    ),
    "late_parcel": (
        "My parcel should have been here days ago",
        "says delivered but there's nothing on my porch",
        "my package never showed up",
        "I think the courier lost my parcel",
    ),
    "cancel_membership": (
        "Please cancel my Larkspur Plus membership",
        "I'm done with Plus, get me out of it",
        "stop charging me every month for this membership",
        "I'd like to end my subscription",
    ),
    "pause_membership": (
        "Could you put my membership on hold for a month?",
        "pause my plus thing for 2 months",
        "I'm travelling, can the membership rest for a while",
    ),
    "resume_membership": (
        "Please resume my membership",
        "unpause my subscription",
        "I'm back, turn my membership back on",
    ),
    "change_plan": (
        "I'd like to switch to the yearly plan",
        "upgrade me to family",
        "can I get the cheaper membership plan instead",
        "which plan changes are possible, I want another plan",
    ),
    "charge_question": (
        "What is this charge of $7.99 on my card statement?",
        "why did you take money from me",
        "Could you explain my last bill, please?",
    ),
    "charge_dispute": (
        "I was charged twice for the teapot",
        "you guys billed me the wrong amount, fix it",
        "I want to dispute a charge",
    ),
    "invoice_copy": (
        "I need an invoice for my tax return",
        "Could I have a copy of the invoice for order 1043, please?",
        "the bookkeeper wants a VAT invoice for my order",
    ),
    "payment_problem": (
        "My card keeps getting declined",
        "the payment won't go through",
        "can't pay, it says payment failed",
    ),
    "password_reset": (
        "I forgot my password",
        "I can't log in, it says wrong password",
        "send me a password reset link",
    ),
    "mailbox_lost": (
        "I no longer have access to the email on my account",
        "I can't get into my old mailbox and need to log in",
        "lost access to my inbox so the reset mail is useless",
    ),
    "resend_verification": (
        "I never got the activation mail",
        "please send the verification email again",
        "the confirmation link for my new account has expired",
    ),
    "update_profile": (
        "I need to change my phone number",
        "I got married, please update my last name",
        "my home address has changed, update my profile",
        "I have a new email address, change it on my account",
    ),
    "marketing": (
        "Please take me off your newsletter",
        "stop spamming me with offers",
        "sign me up for the newsletter",
    ),
    "security": (
        "There is a charge I never made",
        "someone hacked my account",
        "somebody ordered things with my account, it wasn't me",
        "my phone was stolen and I'm logged in there",
    ),
    "close_account": (
        "Please delete my account",
        "I want my account gone for good",
        "close my profile and erase everything",
    ),
    "complaint": (
        "I want to make a complaint",
        "your service is a disgrace and I want that on record",
        "I'm really unhappy with how I was treated",
    ),
    "feedback": (
        "I love your mugs, keep it up",
        "suggestion: add a dark mode to the app",
        "just some feedback, the packaging was lovely",
    ),
    "bug_report": (
        "the coupon field in the checkout freezes",
        "the app crashes when I upload a photo",
        "there's a bug, the search shows nothing",
        "the add to basket button does nothing when I click it",
    ),
    "outage": (
        "is your site down?",
        "nothing loads, are you having an outage",
        "are your servers down right now",
    ),
    "ticket_news": (
        "What happened with the issue I reported last week?",
        "Any news on my ticket?",
        "nobody has answered my request from Monday",
        "I wrote to you last week and heard nothing back",
    ),
}
#: Opened by what a question is, or by the wish for a person, not by a meaning of its own.
BESIDE = {"policy_question", "talk_to_person"}


def started(understand: EmbeddedUnderstand, words: str) -> list[str]:
    """Return the ticket types that the words start in a new conversation."""
    found = understand.understand(Conversation(id="new"), words).commands
    return [command.ticket_type for command in found if isinstance(command, StartFlow)]


@pytest.fixture(scope="module")
def understand(encoder: Encoder, prepared: Path) -> EmbeddedUnderstand:
    return EmbeddedUnderstand(encoder, prepared / "heads")


def test_every_ticket_type_is_here() -> None:
    """Three sentences at least for each."""
    assert SAID.keys() | BESIDE == flows().keys()
    assert all(len(sentences) >= 3 for sentences in SAID.values())


@pytest.mark.parametrize("name", sorted(SAID))
def test_its_sentences_start_it(name: str, understand: EmbeddedUnderstand) -> None:
    """Each alone, with nothing said before."""
    missed = {words: found for words in SAID[name] if (found := started(understand, words)) != [name]}
    assert missed == {}


def test_two_requests_start_both(understand: EmbeddedUnderstand) -> None:
    """In their order."""
    assert started(understand, "refund 1043 and where is 1051") == ["refund", "order_status"]
