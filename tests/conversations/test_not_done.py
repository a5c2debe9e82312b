"""What is not done, with the reason and a way out: not eligible, changed on the way, or one of two ways taken."""

from collections.abc import Awaitable, Callable

import pytest
from wishes import BRAM, CLARA, INES, MAYA, NOAH, OWEN

from agent.bootstrap import Company
from agent.events import HandedOff
from agent.testing import Chat
from tools.systems.base import CustomerId, OrderId
from tools.systems.changes import changes, snapshot

Open = Callable[[str | None], Awaitable[Chat]]
REFUSED = (
    (MAYA, "cancel order 1051 please", "already_sent"),
    (INES, "cancel order 1065", "already_cancelled"),
    (MAYA, "wrong address on 1051, send it to 12 Elm Street, Salem, OR 97301", "already_sent"),
    (MAYA, "can I change the colour of the pots in order 1051 before it ships", "already_sent"),
    (MAYA, "pay order 1051 with PayPal instead of my card", "already_sent"),
    (MAYA, "I want to return the blanket from order 1012", "outside_window"),
    (MAYA, "I'd like to return order 1051", "not_delivered_yet"),
    (MAYA, "please exchange the blanket from order 1012 for a larger size", "outside_window"),
    (MAYA, "please send me a replacement for order 1051", "not_delivered_yet"),
    (BRAM, "cancel my Plus membership", "no_membership"),
    (BRAM, "pause my membership", "no_membership"),
    (MAYA, "resume my membership", "no_membership"),
    (OWEN, "I want to switch to the yearly plan", "no_membership"),
    (MAYA, "I never got the activation mail", "already_verified"),
)


@pytest.mark.parametrize(("customer", "words", "code"), REFUSED)
async def test_what_is_not_eligible_ends_with_its_reason(
    customer: str, words: str, code: str, chat: Open, company: Company
) -> None:
    """The rule is said, a person is offered, nothing is offered or changed, and the ticket holds the code."""
    before = await snapshot(company.shop)
    talk = await chat(customer)
    assert await talk.says(words)
    state = await talk.state()
    assert not state.offers
    assert "person" in state.open_choices()
    assert [ticket.code for ticket in await talk.tickets()] == [code]
    assert changes(before, await snapshot(company.shop)) == {}


async def test_a_second_change_of_items_is_refused(chat: Open) -> None:
    """An order whose items were changed once stays as it is."""
    ines = await chat(INES)
    await ines.says("can I have the task chairs in another colour instead")
    await ines.says("yes")
    await ines.says("change the colour of the chairs in my order again please")
    assert [ticket.code for ticket in await ines.tickets()] == ["order_changed", "changed_before"]


async def test_a_second_return_waits_for_the_first(chat: Open) -> None:
    """While something of an order is on its way back, nothing more of it is sent back."""
    maya = await chat(MAYA)
    await maya.says("I want to return the mug from 1043")
    await maya.says("yes")
    await maya.says("I want to return the tea towel from 1043")
    assert [ticket.code for ticket in await maya.tickets()] == ["return_created", "return_under_way"]


CORRECTED = (
    (BRAM, ("deliver my order to 12 Elm Street, Salem, OR 97301", "wait, make it 14 Elm Street, Salem, OR 97301"),
     ("14 Elm Street", "12 Elm")),
    (MAYA, ("upgrade me to the yearly plan", "no, I mean the family one"), ("Family", "Yearly")),
    (MAYA, ("I need to change my phone number", "+1 503 555 0199", "no, +1 503 555 0200"), ("0200", "0199")),
    (BRAM, ("can I pay my order with PayPal instead", "no, I meant the gift card"), ("gift card", "PayPal")),
    (MAYA, ("I want to return the mug from 1043", "no, I meant the tea towel"), ("tea towel", "mug")),
)  # fmt: skip


@pytest.mark.parametrize(("customer", "words", "shown"), CORRECTED)
async def test_a_correction_changes_what_is_offered(
    customer: str, words: tuple[str, ...], shown: tuple[str, str], chat: Open
) -> None:
    """The old offer is gone before a yes could reach it; the new one shows the new value and not the old."""
    talk = await chat(customer)
    for said in words:
        await talk.says(said)
    (offer,) = (await talk.state()).offers.values()
    card = f"{offer.title} {offer.facts}"
    assert (shown[0] in card, shown[1] in card) == (True, False)


async def test_the_corrected_address_is_the_one_that_counts(chat: Open, company: Company) -> None:
    """What the shop holds after the yes is the second address."""
    bram = await chat(BRAM)
    await bram.says("deliver my order to 12 Elm Street, Salem, OR 97301")
    await bram.says("no, it's 14 Elm Street, Salem, OR 97301")
    await bram.says("yes")
    order = await company.systems.orders.order(CustomerId(BRAM), OrderId("1070"))
    assert order
    assert order.address.startswith("14 Elm Street")


async def test_refund_it_is_no_yes_to_sending_it_again(chat: Open, company: Company) -> None:
    """The other way out of a lost parcel is taken for the same order, and the first offer is gone."""
    noah = await chat(NOAH)
    await noah.says("my tent never arrived")
    await noah.says("refund it")
    assert [one.action for one in (await noah.state()).offers.values()] == ["issue_refund"]
    await noah.says("yes")
    assert [ticket.code for ticket in await noah.tickets()] == ["superseded", "refunded"]
    assert await company.systems.orders.order(CustomerId(NOAH), OrderId("1401")) is None


async def test_a_pause_takes_the_place_of_the_cancellation(chat: Open) -> None:
    """The save offer is named once; who takes it is not asked about cancelling again, and no empty note is sent."""
    maya = await chat(MAYA)
    assert (await maya.says("cancel my membership")).count("pause it") == 1
    await maya.says("pause it")
    await maya.says("one month")
    said = await maya.says("yes")
    assert "cancel" not in said.lower()
    first, second = await maya.tickets()
    assert (first.code, second.code) == ("superseded", "membership_paused")
    assert [note.visibility.value for note in first.notes] == ["internal"]


async def test_the_save_offer_is_not_in_the_way(chat: Open) -> None:
    """It stands beside the cancellation itself: one yes is enough, and it is not said again."""
    maya = await chat(MAYA)
    await maya.says("cancel my membership")
    said = await maya.says("yes")
    assert "pause" not in said
    assert [ticket.code for ticket in await maya.tickets()] == ["membership_cancelled"]


@pytest.mark.parametrize("words", ["cancel order {}", "return order {}", "please send me a replacement for order {}"])
async def test_another_customers_order_reads_like_one_that_does_not_exist(words: str, chat: Open) -> None:
    """A foreign number and a made-up one get the same answer."""
    foreign = await (await chat(CLARA)).says(words.format(1060))
    missing = await (await chat(CLARA)).says(words.format(1999))
    assert foreign.replace("1060", "1999") == missing


async def test_two_requests_of_one_message_are_both_served(chat: Open) -> None:
    """The second is taken up when the first has ended."""
    maya = await chat(MAYA)
    await maya.says("refund 1043 and where is 1051")
    await maya.says("the mug")
    await maya.says("it arrived broken")
    said = await maya.says("yes")
    assert "1051" in said
    assert {ticket.code for ticket in await maya.tickets()} == {"refunded", "status_given"}
    assert not [event for event in await maya.log() if isinstance(event, HandedOff)]
