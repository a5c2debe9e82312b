"""A yes that is taken back, as long as it can be."""

from collections.abc import Awaitable, Callable

import pytest

from agent.bootstrap import Company
from agent.commands import CancelFlow, Deny
from agent.events import ApprovalChanged, HandedOff
from agent.testing import Chat, shop_refunds
from tools.approvals import ApprovalState

Open = Callable[[str | None], Awaitable[Chat]]
MAYA, TOMAS = "cus-0001", "cus-0002"
MUG = "refund the mug from order 1043, it came smashed"
PATIO = "I want my money back for the cedar patio set, order 1060. It is damaged"
TAKEN_BACK = ("no wait, don't do it", "no stop, don't refund it", "no stop", "wait, cancel that", "never mind")


@pytest.mark.parametrize("words", TAKEN_BACK)
async def test_a_yes_and_a_no_before_the_turn_move_no_money(chat: Open, company: Company, words: str) -> None:
    """What is said after the yes and before the turn takes the yes back, in the shop and in the ticket."""
    maya = await chat(MAYA)
    await maya.says(MUG)
    await maya.writes("yes")
    await maya.writes(words)
    assert "Done" not in await maya.turn()
    assert await shop_refunds(company, MAYA, "1043") == []
    assert {ticket.code for ticket in await maya.tickets()} <= {"declined_by_customer", "cancelled_by_customer"}


async def test_a_button_and_a_no_before_the_turn_move_no_money(chat: Open, company: Company) -> None:
    """The button's yes can be taken back like the word's."""
    maya = await chat(MAYA)
    await maya.says(MUG)
    (offer,) = (await maya.state()).offers.values()
    await maya.presses(offer.accept.id)
    await maya.writes("no stop, don't refund it")
    await maya.turn()
    assert await shop_refunds(company, MAYA, "1043") == []


async def test_another_item_named_after_the_yes_holds_it(chat: Open, company: Company) -> None:
    """Words after the yes that may name something else are cleared up before money moves."""
    maya = await chat(MAYA)
    await maya.says(MUG)
    await maya.writes("yes")
    await maya.writes("no, I meant the linen tea towel")
    await maya.turn()
    assert await shop_refunds(company, MAYA, "1043") == []


async def test_a_no_right_before_the_claim_still_counts(
    chat: Open, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last check before a claim hears words that came while the turn ran, and the turn runs again with them."""
    maya = await chat(MAYA)
    await maya.says(MUG)
    written: list[str] = []

    async def stop(name: str) -> None:
        if name == "before_claim" and not written:
            written.append(name)
            await maya.writes("no stop")

    monkeypatch.setattr(maya.parts.door, "checkpoint", stop)
    await maya.says("yes")
    assert (written, await shop_refunds(company, MAYA, "1043")) == (["before_claim"], [])
    assert [ticket.code for ticket in await maya.tickets()] == ["declined_by_customer"]


async def test_a_yes_with_thanks_behind_it_is_carried_out(chat: Open, company: Company) -> None:
    """A burst whose other words take nothing back does what was agreed, once."""
    maya = await chat(MAYA)
    await maya.says(MUG)
    for words in ("yes", "thanks", "yes"):
        await maya.writes(words)
    await maya.turn()
    assert len(await shop_refunds(company, MAYA, "1043")) == 1
    assert [ticket.code for ticket in await maya.tickets()] == ["refunded"]


async def waiting(chat: Open) -> Chat:
    """Return a conversation whose refund waits for an approval."""
    tomas = await chat(TOMAS)
    await tomas.says(PATIO)
    await tomas.confirms()
    return tomas


@pytest.mark.parametrize("words", ["cancel that, I don't want the refund any more", "never mind", "no, stop"])
async def test_what_waits_for_an_approval_can_be_taken_back(chat: Open, company: Company, words: str) -> None:
    """The approval is withdrawn: no operator can grant it, the staff are told and the ticket is closed."""
    tomas = await waiting(chat)
    assert "taken your request back" in await tomas.says(words)
    (asked,) = await tomas.parts.approvals.of_conversation(tomas.id)
    await company.app.takeover.claim(tomas.id, tomas.operator)
    with pytest.raises(LookupError):
        await company.app.takeover.approve(tomas.id, tomas.operator, asked.id)
    assert (asked.state, await shop_refunds(company, TOMAS, "1060")) == ("withdrawn", [])
    staff = await tomas.parts.store.read_staff(tomas.id)
    assert [event.state for event in staff if isinstance(event, ApprovalChanged)] == ["withdrawn"]
    assert [ticket.code for ticket in await tomas.tickets()] == ["cancelled_by_customer"]


@pytest.mark.parametrize("command", [Deny(), CancelFlow()])
async def test_what_was_approved_is_not_said_to_be_taken_back(
    chat: Open, company: Company, command: Deny | CancelFlow
) -> None:
    """Once granted, a no is told the truth and the money stays paid."""
    tomas = await waiting(chat)
    (asked,) = await tomas.parts.approvals.of_conversation(tomas.id)
    takeover = company.app.takeover
    await tomas.parts.approvals.decide(asked.id, ApprovalState.APPROVED, "op", was=asked.state)
    said = await tomas.means("stop it", command)
    assert "already approved" in said
    await takeover.claim(tomas.id, tomas.operator)
    await takeover.approve(tomas.id, tomas.operator, asked.id)
    assert len(await shop_refunds(company, TOMAS, "1060")) == 1


async def test_a_cancel_while_a_person_is_awaited_is_not_told_that_nothing_is_under_way(chat: Open) -> None:
    """What waits for a person is under way."""
    maya = await chat(MAYA)
    await maya.says("let me talk to a human")
    assert "nothing under way" not in await maya.says("cancel that")
    assert (await maya.state()).waiting is not None
    assert sum(isinstance(event, HandedOff) for event in await maya.log()) == 1
