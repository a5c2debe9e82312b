"""Where an order is, as customers ask for it."""

from collections.abc import Awaitable, Callable

from agent.bootstrap import Company
from agent.events import CodeRequested, CustomerIdentified
from agent.testing import Chat

Open = Callable[[str | None], Awaitable[Chat]]
MAYA, BRAM, PRIYA = "cus-0001", "cus-0004", "cus-0005"


async def test_the_status_comes_from_the_order_and_closes_the_case(chat: Open) -> None:
    """An order number is enough: status told, case resolved by the read."""
    maya = await chat(MAYA)
    said = await maya.says("where is order 1051?")
    assert "Order 1051" in said
    assert (await maya.tickets())[0].code == "status_given"


async def test_several_orders_are_offered_as_buttons(chat: Open) -> None:
    """Nothing is asked that a button can answer."""
    maya = await chat(MAYA)
    await maya.says("I want a refund")
    await maya.chooses("1043")
    assert [case.slots["order_id"] for case in (await maya.state()).cases] == ["1043"]


async def test_a_single_order_needs_no_question(chat: Open) -> None:
    """Who has one order is told about it at once."""
    bram = await chat(BRAM)
    assert "Order 1070" in await bram.says("where is my order?")


async def test_no_orders_is_said_plainly(chat: Open) -> None:
    """An empty account is said to be empty, with a way to a person."""
    priya = await chat(PRIYA)
    await priya.says("where is my order?")
    assert (await priya.tickets())[0].code == "no_orders"
    assert "person" in (await priya.state()).open_choices()


async def test_a_visitor_proves_who_they_are_by_a_code(chat: Open, company: Company) -> None:
    """An address and the code sent to it open the account, and the question is answered without being asked again."""
    visitor = await chat(None)
    await visitor.says("where is order 1070?")
    customer = await company.systems.accounts.customer(BRAM)  # type: ignore[arg-type]
    assert customer is not None
    await visitor.says(customer.email)
    code = company.mailbox.kept[0]["subject"].split()[0]
    said = await visitor.says(code)
    assert "Order 1070" in said
    assert any(isinstance(event, CustomerIdentified) for event in await visitor.log())


async def test_whether_an_address_has_an_account_is_told_to_nobody(chat: Open) -> None:
    """A known and an unknown address get the same words."""
    known, unknown = await chat(None), await chat(None)
    for visitor in (known, unknown):
        await visitor.says("where is my order?")
    first = await known.says("maya.whitfield@example.com")
    second = await unknown.says("m.nobody.at.all@example.com")
    assert first == second
    assert any(isinstance(event, CodeRequested) for event in await unknown.log())
