"""What a customer attached goes with the ticket, once."""

from collections.abc import Awaitable, Callable

from sqlalchemy import select

from agent.attachments import Attachment
from agent.bootstrap import Company
from agent.testing import Chat
from guardrails.database import reading
from guardrails.uploads import Clean, Media
from tools.helpdesk.embedded import files

Open = Callable[[str | None], Awaitable[Chat]]


NAME, PIXELS = "Maya Whitfield 18 Alder Lane", b"\x89PNG smashed"


async def attached(company: Company, chat: Open) -> tuple[Chat, list[Attachment]]:
    """Let Maya attach two photos named after her and ask for a person."""
    maya = await chat("cus-0001")
    keep = company.app.attachments.put
    kept = [await keep(maya.id, "cus-0001", f"{NAME}.png", Clean(content=PIXELS, media=Media.PNG)) for _ in range(2)]
    await maya.says("How long can I return things?")
    await maya.says("I want to talk to a person")
    return maya, kept


async def test_a_file_is_in_the_helpdesk_once(company: Company, chat: Open) -> None:
    """Two tickets of one conversation name the customer's photos once, by where they are kept."""
    _, kept = await attached(company, chat)
    async with reading(company.engine) as connection:
        sent = (await connection.execute(select(files.c.name, files.c.upload).order_by(files.c.name))).all()
    assert [name for name, _ in sent] == ["attachment-1.png", "attachment-2.png"]
    assert {upload.decode() for _, upload in sent} == {one.id for one in kept}


async def test_a_file_and_its_name_lie_in_no_table_as_they_came(company: Company, chat: Open) -> None:
    """What the helpdesk of ours keeps of an attachment tells nothing of the customer."""
    await attached(company, chat)
    held = b"".join(path.read_bytes() for path in company.app.settings.home.glob("firstcontact.db*"))
    assert b"attachment-1.png" in held
    assert not [one for one in (PIXELS, NAME.encode(), b"Alder") if one in held]


async def test_a_file_goes_out_whole_by_a_name_of_ours(company: Company, chat: Open) -> None:
    """Another helpdesk gets the pixels, and not what the customer called them."""
    maya, kept = await attached(company, chat)
    found = await company.app.attachments.as_file(maya.id, kept[1].id)
    assert found is not None
    assert (found.name, found.content) == ("attachment-2.png", PIXELS)
