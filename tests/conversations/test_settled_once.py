"""One line of an order is settled once, whichever ways are asked for it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from wishes import INES, MAYA, NOAH

from agent.bootstrap import Company
from agent.commands import SetSlot, StartFlow
from agent.testing import Chat, shop_refunds
from tools.action import Refused
from tools.systems.base import CustomerId

Open = Callable[[str | None], Awaitable[Chat]]
REFUND = "refund the blue mug from order 1043, it came smashed"
AGAIN = "send me a replacement for the blue mug from order 1043, it came smashed"
RETURN = "I want to return the blue mug from order 1043"
SECOND = (
    (AGAIN, REFUND, "line_replaced"),
    (AGAIN, AGAIN, "line_replaced"),
    (AGAIN, RETURN, "line_replaced"),
    (RETURN, REFUND, "line_returning"),
    (REFUND, AGAIN, "already_refunded"),
)


@pytest.mark.parametrize(("first", "second", "code"), SECOND)
async def test_a_second_way_is_refused_with_its_reason(first: str, second: str, code: str, chat: Open) -> None:
    """Nothing is offered, a person is, and the ticket says why."""
    maya = await chat(MAYA)
    await maya.says(first)
    await maya.confirms()
    assert await maya.says(second)
    state = await maya.state()
    assert not state.offers
    assert "person" in state.open_choices()
    assert [ticket.code for ticket in await maya.tickets()][-1] == code
    assert len(await maya.receipts()) == 1


async def test_a_lost_order_that_is_sent_again_is_not_refunded(chat: Open, company: Company) -> None:
    """Who has the new tent under way does not get the money of the old one."""
    noah = await chat(NOAH)
    await noah.means("send it again", StartFlow("replacement"), SetSlot("order_id", "1080"))
    await noah.confirms()
    assert len(await noah.receipts()) == 1
    await noah.says("refund order 1080, it is lost")
    assert [ticket.code for ticket in await noah.tickets()] == ["replaced", "line_replaced"]
    assert await shop_refunds(company, NOAH, "1080") == []


async def test_of_parallel_conversations_one_gets_the_replacement(chat: Open, company: Company) -> None:
    """Four yeses at once send one mug."""
    talks = [await chat(MAYA) for _ in range(4)]
    before = len(await company.systems.orders.orders(CustomerId(MAYA)))
    for talk in talks:
        await talk.says(AGAIN)
    await asyncio.gather(*[talk.confirms() for talk in talks])
    assert len(await company.systems.orders.orders(CustomerId(MAYA))) == before + 1


async def test_of_several_approvals_for_the_same_lines_one_is_done(chat: Open, company: Company) -> None:
    """An operator's late yes finds the lines replaced."""
    talks = [await chat(INES) for _ in range(3)]
    outcomes = []
    for talk in talks:
        await talk.says("send me a replacement for the enamel camp plate from order 1062, it came smashed")
        await talk.confirms()
        await company.app.takeover.claim(talk.id, talk.operator)
    for talk in talks:
        (asked,) = await company.app.parts.approvals.of_conversation(talk.id)
        outcomes.append(await company.app.takeover.approve(talk.id, talk.operator, asked.id))
    assert [one.code for one in outcomes if isinstance(one, Refused)] == ["line_replaced"] * 2
