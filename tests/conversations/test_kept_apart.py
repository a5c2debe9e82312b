"""What is said beside an open question or offer, and what a first word from a visitor leads to."""

from collections.abc import Awaitable, Callable

import pytest

from agent.bootstrap import Company
from agent.commands import SetSlot, StartFlow
from agent.events import HandedOff
from agent.testing import Chat
from agent.texts import text

Open = Callable[[str | None], Awaitable[Chat]]
MAYA, RUTH = "cus-0001", "cus-0006"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("somebody got into my account and bought things with my card", "security"),
        ("let me talk to a human", None),
    ],
)
async def test_no_free_answer_swallows_fraud_or_a_person(chat: Open, words: str, reason: str | None) -> None:
    """What must be heard is heard, also as the answer to a question in free words."""
    maya = await chat(MAYA)
    await maya.means("it crashes", StartFlow("bug_report"), SetSlot("actual", "checkout crashes"))
    await maya.says("I put a mug into the basket and press pay")
    assert (await maya.state()).asked is not None
    await maya.says(words)
    cases = {case.ticket_type: case.slots for case in (await maya.state()).cases}
    assert words not in cases["bug_report"].values()
    if reason:
        assert reason in cases
    else:
        assert "person" in (await maya.state()).open_choices() or (await maya.state()).waiting


async def test_a_usual_free_answer_is_taken(chat: Open) -> None:
    """An answer that only tells what should have happened is the answer."""
    maya = await chat(MAYA)
    await maya.means("it crashes", StartFlow("bug_report"), SetSlot("actual", "checkout crashes"))
    await maya.says("I put a mug into the basket and press pay")
    await maya.says("I expected to see that the order is placed")
    (case,) = (await maya.state()).cases
    assert case.slots["expected"] == "I expected to see that the order is placed"


async def test_asking_again_for_what_is_offered_opens_nothing(chat: Open) -> None:
    """The replacement of a lost parcel is on offer: "send me a new one" is about that one."""
    ruth = await chat(RUTH)
    await ruth.says("my parcel 1080 never arrived")
    before = await ruth.state()
    assert [offer.action for offer in before.offers.values()] == ["create_replacement"]
    said = await ruth.says("just send me a new one")
    after = await ruth.state()
    assert (len(after.cases), after.offers) == (len(before.cases), before.offers)
    assert text("offer_open") in said


async def test_what_does_not_fit_is_no_fault_of_ours(chat: Open) -> None:
    """Too small is a change of mind: no apology for how it arrived."""
    maya = await chat(MAYA)
    said = await maya.says("refund the mug from order 1043, it is too small")
    (offer,) = (await maya.state()).offers.values()
    assert offer.args["reason"] == "changed_mind"
    assert text("sorry_for_it") not in said


async def test_the_order_under_way_needs_no_question(chat: Open) -> None:
    """Of several orders only one is still to come: that is the one that is asked about."""
    maya = await chat(MAYA)
    await maya.says("where's my stuff")
    assert [case.slots.get("order_id") for case in (await maya.state()).cases] == ["1051"]
    assert [case.code for case in (await maya.state()).cases] == ["status_given"]


@pytest.mark.parametrize("words", ["what can you do", "what can you do for me?"])
async def test_who_asks_what_it_can_do_is_told(chat: Open, company: Company, words: str) -> None:
    """The answer says that it is an AI and names what it helps with."""
    talk = await chat(None)
    said = await talk.says(words)
    assert said == text("am_ai", company=company.app.parts.company)
    assert "membership" in said
    assert not any(isinstance(event, HandedOff) for event in await talk.log())


@pytest.mark.parametrize(
    "words", ["can I pay with paypal", "how do I return something", "how do I cancel my membership?"]
)
async def test_a_visitor_who_asks_how_is_answered(chat: Open, words: str) -> None:
    """A general question needs no account: it is answered from the articles, without asking who asks."""
    talk = await chat(None)
    said = await talk.says(words)
    assert text("ask_email") not in said
    assert [case.ticket_type for case in (await talk.state()).cases] == ["policy_question"]


@pytest.mark.parametrize(
    "words", ["can I get a refund for order 1043", "where is my order?", "how do I return my order"]
)
async def test_a_visitor_who_means_an_order_of_theirs_is_asked_who_they_are(chat: Open, words: str) -> None:
    """What is about the visitor's own order needs their account."""
    talk = await chat(None)
    assert text("ask_email") in await talk.says(words)
