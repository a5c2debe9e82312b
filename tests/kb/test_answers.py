"""In a conversation an answer is quoted whole with its source, and what is not found is not called answered."""

from collections.abc import Awaitable, Callable

import pytest

from agent.events import AgentSaid
from agent.testing import Chat

Open = Callable[[str | None], Awaitable[Chat]]


async def test_an_answer_is_the_section_with_its_article(chat: Open) -> None:
    """Numbered steps come whole and in order, and the article is linked."""
    talk = await chat(None)
    reply = await talk.says("how do I season a cast iron pan?")
    assert reply.index("1.") < reply.index("2.") < reply.index("3.")
    sources = [source for event in await talk.log() if isinstance(event, AgentSaid) for source in event.sources]
    assert [(one.id, one.url) for one in sources] == [("KB-CAST-IRON", "/articles/KB-CAST-IRON")]


async def test_staff_see_which_article_answered(chat: Open) -> None:
    """The note names the article, its title and when it was last reviewed."""
    talk = await chat(None)
    await talk.says("how do I create an account?")
    (ticket,) = await talk.tickets()
    assert ticket.code == "answered"
    lines = [line for note in ticket.notes for line in note.body.splitlines() if line.startswith("Article: ")]
    assert [line.count("CREATE-ACCOUNT “Create an account”, reviewed 2026-11-") for line in lines] == [1]


@pytest.mark.parametrize("question", ["do you rent out camping gear?", "are the knives made in Portland?"])
async def test_what_is_not_answered_is_not_called_answered(chat: Open, question: str) -> None:
    """A miss and a guess are told apart from an answer in the ticket."""
    talk = await chat(None)
    assert await talk.says(question)
    (ticket,) = await talk.tickets()
    assert ticket.code in ("not_found", "articles_suggested")
