"""What the lab does with conversations, without its surface: open one as somebody, say, choose, read."""

import asyncio
from contextlib import AsyncExitStack
from secrets import compare_digest, token_hex

from agent.bootstrap import Company, joined
from agent.events import ConversationStarted, CustomerChose, CustomerSaid, Event, StaffEvent
from agent.settings import Settings
from agent.staff import staff
from agent.store import Append
from guardrails.identity import Level
from guardrails.inbound import screen
from guardrails.pii.log import open_log
from guardrails.pii.redact import Redactor
from guardrails.verdict import Denied

VISITOR = "Visitor"
#: Who can be tried, and what is special about them.
PEOPLE = {
    VISITOR: (None, "Not signed in"),
    "Maya Whitfield": ("cus-0001", "A broken mug (1043), a parcel on its way (1051), an old order (1012)"),
    "Tomás Herrera": ("cus-0002", "VIP; a patio set over the refund threshold (1060)"),
    "Ines Okafor": ("cus-0003", "Enterprise account with several orders"),
    "Bram de Wit": ("cus-0004", "A single order, being packed (1070)"),
    "Priya Raman": ("cus-0005", "No orders at all"),
    "Noah Lindqvist": ("cus-0006", "A lost parcel (1080), a part return (1081)"),
}


class Lab:
    """The lab's own process: joined to the same log and stores as the server."""

    def __init__(self, company: Company, stack: AsyncExitStack) -> None:
        self.company = company
        self._stack = stack
        self._background = [
            asyncio.create_task(company.app.wakes.run()),
            asyncio.create_task(company.app.sweeper.run()),
            asyncio.create_task(company.outbox.run()),
        ]

    @classmethod
    async def open(cls, settings: Settings) -> "Lab":
        """Join the company and listen to its log."""
        stack = AsyncExitStack()
        redactor = Redactor()
        stack.callback(open_log(settings.home / "lab.log", redactor, echo=False).close)
        return cls(await stack.enter_async_context(joined(settings, redactor=redactor)), stack)

    async def close(self) -> None:
        """Leave the company."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._stack.aclose()

    async def begin(self, person: str) -> str:
        """Start a conversation as one of the people and return its id."""
        customer, _ = PEOPLE.get(person, PEOPLE[VISITOR])
        conversation = f"cnv-{token_hex(10)}"
        level = Level.SIGNED_IN if customer else Level.ANONYMOUS
        await self.company.app.parts.store.start(
            conversation, ConversationStarted(channel="lab", customer=customer, level=level)
        )
        return conversation

    async def say(self, conversation: str, words: str) -> bool:
        """Take the person's words; False when they cannot be taken."""
        if isinstance(screen(words), Denied):
            return False
        await self._append(conversation, CustomerSaid(text=words, client_id=token_hex(8)))
        return True

    async def choose(self, conversation: str, choice: str) -> bool:
        """Press a button; False when it is no longer open. The id comes from the browser and proves nothing."""
        state = await self.company.app.parts.store.load(conversation)
        button = state.open_choices().get(choice)
        if button is None:
            return False
        await self._append(conversation, CustomerChose(choice=button.id, label=button.label))
        return True

    async def _append(self, conversation: str, event: CustomerSaid | CustomerChose) -> None:
        await self.company.app.parts.store.append(conversation, [event], Append(inbound=True))
        self.company.app.sweeper.start(conversation)

    async def news(self, conversation: str, after: int) -> list[Event | StaffEvent]:
        """Return what happened after a place in the log, steps included, in the order it happened."""
        store = self.company.app.parts.store
        found = [*await store.read(conversation, after), *await store.read_staff(conversation, after)]
        return sorted(found, key=lambda event: event.seq)


def staff_login(settings: Settings, operator: str, password: str) -> bool:
    """Answer whether a member of the staff may open the lab beyond this machine."""
    wanted = settings.staff_password.get_secret_value() if settings.staff_password else ""
    known = any(one.id == operator for one in staff())
    return compare_digest(password.encode(), wanted.encode()) and bool(wanted) and known
