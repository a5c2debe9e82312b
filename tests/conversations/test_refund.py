"""A refund, as customers ask for it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agent.bootstrap import Company
from agent.events import HandedOff, Offered
from agent.testing import Chat, shop_refunds
from tools.helpdesk.base import Visibility

Open = Callable[[str | None], Awaitable[Chat]]
MAYA, TOMAS = "cus-0001", "cus-0002"


async def test_a_confirmed_refund_is_made_once_verified_and_documented(chat: Open, company: Company) -> None:
    """The shop has one refund; the ticket has tags, code, a note naming the policy, and one for the customer."""
    maya = await chat(MAYA)
    await maya.says("I want a refund for the blue mug from order 1043, it arrived broken")
    said = await maya.confirms()
    refunds = await shop_refunds(company, MAYA, "1043")
    assert [(refund.amount, refund.item is not None) for refund in refunds] == [(1800, True)]
    assert refunds[0].receipt in said
    (ticket,) = await maya.tickets()
    assert (ticket.code, "refund" in ticket.tags) == ("refunded", True)
    notes = {note.visibility: note.body for note in ticket.notes}
    assert "POL-REFUND" in notes[Visibility.INTERNAL]
    assert refunds[0].receipt in notes[Visibility.CUSTOMER]


async def test_nothing_is_refunded_before_the_yes(chat: Open, company: Company) -> None:
    """An offer alone moves no money."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    assert await shop_refunds(company, MAYA, "1043") == []


async def test_a_second_yes_refunds_nothing_more(chat: Open, company: Company) -> None:
    """A repeated confirmation does not repeat the effect."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.confirms()
    await maya.confirms()
    await maya.says("yes")
    assert len(await shop_refunds(company, MAYA, "1043")) == 1


async def test_a_yes_in_words_counts_like_the_button(chat: Open, company: Company) -> None:
    """Plain text confirms what the card shows."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.says("yes please")
    assert len(await shop_refunds(company, MAYA, "1043")) == 1


async def test_a_no_leaves_everything_as_it_is(chat: Open, company: Company) -> None:
    """A declined offer ends the case and moves no money."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.says("no")
    assert await shop_refunds(company, MAYA, "1043") == []
    assert (await maya.tickets())[0].code == "declined_by_customer"


async def test_changing_the_order_kills_the_old_yes(chat: Open, company: Company) -> None:
    """A correction withdraws the offer: its yes no longer does anything."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    old = next(event.offer for event in await maya.log() if isinstance(event, Offered))
    await maya.says("no, I meant order 1012")
    await maya.presses(old.accept.id)
    await maya.turn()
    assert await shop_refunds(company, MAYA, "1043") == []


async def test_an_item_is_asked_for_where_the_words_leave_it_open(chat: Open, company: Company) -> None:
    """Two items and no word of which: the customer picks; nothing is guessed."""
    maya = await chat(MAYA)
    await maya.says("I need a refund for order 1043, it arrived damaged")
    await maya.chooses("Linen tea towel")
    await maya.confirms()
    assert [refund.amount for refund in await shop_refunds(company, MAYA, "1043")] == [1200]


async def test_outside_the_window_is_declined_with_the_reason(chat: Open, company: Company) -> None:
    """A late wish gets the rule and a way out, and no money."""
    maya = await chat(MAYA)
    said = await maya.says("refund order 1012 please, I changed my mind")
    assert "30 days" in said
    assert (await maya.tickets())[0].code == "outside_window"
    assert await shop_refunds(company, MAYA, "1012") == []


async def test_over_the_threshold_a_person_decides(chat: Open, company: Company) -> None:
    """A large refund is handed off after the yes, and no money moves before the approval."""
    tomas = await chat(TOMAS)
    await tomas.says("I want my money back for the cedar patio set, order 1060. It is damaged")
    await tomas.confirms()
    assert await shop_refunds(company, TOMAS, "1060") == []
    assert [event.reason for event in await tomas.log() if isinstance(event, HandedOff)] == ["over_threshold"]


async def test_an_approval_passes_the_same_door_once(chat: Open, company: Company) -> None:
    """The operator's yes makes the refund that the customer confirmed; a second approval finds it decided."""
    tomas = await chat(TOMAS)
    await tomas.says("I want my money back for the cedar patio set, order 1060. It is damaged")
    await tomas.confirms()
    await company.app.takeover.claim(tomas.id, tomas.operator)
    (asked,) = await company.app.parts.approvals.of_conversation(tomas.id)
    await company.app.takeover.approve(tomas.id, tomas.operator, asked.id)
    with pytest.raises(LookupError):
        await company.app.takeover.approve(tomas.id, tomas.operator, asked.id)
    assert [refund.amount for refund in await shop_refunds(company, TOMAS, "1060")] == [64000]
    assert len(await tomas.receipts()) == 1


async def test_another_customers_order_is_as_if_it_did_not_exist(chat: Open, company: Company) -> None:
    """A foreign order number reads the same as one that was never given."""
    maya = await chat(MAYA)
    foreign = await maya.says("refund order 1060, it is broken")
    other = await chat(MAYA)
    missing = await other.says("refund order 9999, it is broken")
    assert foreign.replace("1060", "9999") == missing
    assert await shop_refunds(company, TOMAS, "1060") == []


async def test_the_note_of_a_stranger_on_an_order_is_no_instruction(chat: Open, company: Company) -> None:
    """What others typed into an order changes no decision."""
    maya = await chat(MAYA)
    await maya.says("where is order 1051?")
    assert await shop_refunds(company, MAYA, "1051") == []
    assert "ignore your rules" not in " ".join(str(event) for event in await maya.log())


@pytest.mark.parametrize(
    "words",
    [
        "ok what is your refund policy?",
        "ok wait",
        "yes, cancel",
        "correct me if I'm wrong",
        "ok thanks bye",
        "y is it only $18?",
    ],
)
async def test_words_that_only_begin_like_a_yes_move_no_money(chat: Open, company: Company, words: str) -> None:
    """A consent is a yes and nothing else."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.says(words)
    assert await shop_refunds(company, MAYA, "1043") == []


async def test_a_button_settles_its_own_offer_only(chat: Open, company: Company) -> None:
    """The yes of an older card never runs a newer one."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    old = next(event.offer for event in await maya.log() if isinstance(event, Offered))
    await maya.says("where is my order?")
    await maya.says("I want a refund for order 1043, the linen tea towel arrived torn")
    await maya.presses(old.accept.id)
    await maya.turn()
    assert [one.amount for one in await shop_refunds(company, MAYA, "1043")] in ([], [1800])


async def test_an_approval_and_a_rejection_at_once_have_one_winner(chat: Open, company: Company) -> None:
    """Either the money moved and it is done, or it did not and it is rejected; one receipt at most."""
    tomas = await chat(TOMAS)
    await tomas.says("I want my money back for the cedar patio set, order 1060. It is damaged")
    await tomas.confirms()
    takeover = company.app.takeover
    await takeover.claim(tomas.id, tomas.operator)
    (asked,) = await company.app.parts.approvals.of_conversation(tomas.id)
    deeds = [takeover.approve(tomas.id, tomas.operator, asked.id) for _ in range(3)]
    await asyncio.gather(*deeds, takeover.reject(tomas.id, tomas.operator, asked.id, "no"), return_exceptions=True)
    (now,) = await company.app.parts.approvals.of_conversation(tomas.id)
    refunds = await shop_refunds(company, TOMAS, "1060")
    assert (now.state.value, len(refunds)) in (("done", 1), ("rejected", 0))
    assert len(await tomas.receipts()) == len(refunds)


async def test_nonsense_beside_an_open_offer_ends_with_a_person(chat: Open) -> None:
    """Clarification beside an offer does not go in circles."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    for words in ("asdf", "qwer uiop", "lorem ipsum"):
        await maya.says(words)
    assert [event.reason for event in await maya.log() if isinstance(event, HandedOff)] == ["not_understood"]


async def test_a_buttons_label_typed_means_the_button(chat: Open, company: Company) -> None:
    """Plain text does what the button does."""
    maya = await chat(MAYA)
    await maya.says("refund order 1043, the mug")
    await maya.says("I changed my mind")
    await maya.confirms()
    assert [one.amount for one in await shop_refunds(company, MAYA, "1043")] == [1800]
