"""What a customer attached goes with the ticket, once."""

from collections.abc import Awaitable, Callable

from sqlalchemy import select

from agent.bootstrap import Company
from agent.testing import Chat
from guardrails.database import reading
from guardrails.uploads import Clean, Media
from tools.helpdesk.embedded import files

Open = Callable[[str | None], Awaitable[Chat]]


async def test_a_file_is_in_the_helpdesk_once(company: Company, chat: Open) -> None:
    """Two tickets of one conversation carry the customer's photo once, with its content."""
    maya = await chat("cus-0001")
    photo = Clean(content=b"\x89PNG smashed", media=Media.PNG)
    await company.app.attachments.put(maya.id, "cus-0001", "mug.png", photo)
    await maya.says("How long can I return things?")
    await maya.says("I want to talk to a person")
    async with reading(company.engine) as connection:
        sent = (await connection.execute(select(files.c.name, files.c.content))).all()
    assert [tuple(one) for one in sent] == [("mug.png", b"\x89PNG smashed")]
