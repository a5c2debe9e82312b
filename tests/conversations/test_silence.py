"""How a request ends that the customer has left: as no reply, once, and with nothing done."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from wishes import MAYA

from agent.bootstrap import Company
from agent.events import CaseEnded
from agent.testing import Chat, shop_refunds

Open = Callable[[str | None], Awaitable[Chat]]


async def later(company: Company, **time: float) -> None:
    """Make the round that is due after so much silence."""
    await company.keeper.round(datetime.now(UTC) + timedelta(**time))


async def codes(talk: Chat) -> list[str]:
    """Return how the conversation's cases ended."""
    return [event.code for event in await talk.log() if isinstance(event, CaseEnded)]


async def test_silence_ends_a_request_as_no_reply(chat: Open, company: Company) -> None:
    """The ticket is resolved with its code, no note goes to the customer, and a second round adds nothing."""
    maya = await chat(MAYA)
    await maya.says("refund order 1043, it arrived broken")
    await later(company, days=1, hours=1)
    assert await maya.turn() == ""
    await later(company, days=1, hours=2)
    assert await codes(maya) == ["no_reply"]
    (ticket,) = await maya.tickets()
    assert (ticket.code, ticket.status.value) == ("no_reply", "resolved")
    assert [note.visibility.value for note in ticket.notes] == ["internal"]


async def test_an_hour_is_no_silence(chat: Open, company: Company) -> None:
    """Who comes back soon goes on where they were."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await later(company, hours=2)
    await maya.says("yes")
    assert await codes(maya) == ["refunded"]


async def test_an_old_yes_does_nothing_after_it(chat: Open, company: Company) -> None:
    """The offer is gone with its request."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await later(company, days=1, hours=1)
    await maya.confirms()
    assert await shop_refunds(company, MAYA, "1043") == []


async def test_what_waits_for_a_person_is_left_to_them(chat: Open, company: Company) -> None:
    """A handoff is not silence of the customer's."""
    maya = await chat(MAYA)
    await maya.says("let me talk to a human")
    await later(company, days=2)
    assert await codes(maya) == []


async def test_words_that_wait_are_answered_first(chat: Open, company: Company) -> None:
    """A message no turn has taken up yet is no silence."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.writes("yes")
    await later(company, days=2)
    await maya.turn()
    assert await codes(maya) == ["refunded"]
