"""What the lab does with conversations, without its surface: open one as somebody, say, choose, read."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from secrets import compare_digest, token_hex
from typing import Generic, TypeVar

from agent.bootstrap import Company, joined
from agent.channels.lab_view import Reading
from agent.events import ConversationStarted, CustomerChose, CustomerSaid
from agent.people import PEOPLE
from agent.recovery import restart
from agent.settings import Settings
from agent.staff import staff
from agent.store import Append, AppendRefusedError
from agent.tasks import end_tasks
from guardrails.identity import Level, Principal
from guardrails.inbound import screen
from guardrails.pii.redact import Redactor
from guardrails.verdict import Denied

T = TypeVar("T")


class Once(Generic[T]):
    """Makes a thing when it is first asked for; a failure is tried again at the next time."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._making: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """Return the thing; whoever asks while it is being made waits for the same one."""
        if self._making is None or (self._making.done() and (self._making.cancelled() or self._making.exception())):
            self._making = asyncio.ensure_future(self._make())
        return await asyncio.shield(self._making)

    @property
    def made(self) -> bool:
        """Answer whether it was ever asked for."""
        return self._making is not None


class Lab:
    """The lab's own process: joined to the same log and stores as the server, which delivers and sweeps for both."""

    def __init__(self, company: Company, stack: AsyncExitStack) -> None:
        self.parts = company.app.parts
        self.wakes = company.app.wakes
        self._sweeper = company.app.sweeper
        self._limits = company.app.limits
        self._stack = stack
        self._listening = asyncio.create_task(self.wakes.run())
        self._principals: dict[str, Principal] = {}

    @classmethod
    async def open(cls, settings: Settings, redactor: Redactor) -> "Lab":
        """Join the company and listen to its log."""
        stack = AsyncExitStack()
        return cls(await stack.enter_async_context(joined(settings, redactor=redactor)), stack)

    async def close(self) -> None:
        """Leave the company; turns that are cut off are taken up by the server."""
        self.wakes.stop()
        await self._sweeper.drain(seconds=1)
        await end_tasks([self._listening])
        await self._stack.aclose()

    async def begin(self, name: str) -> str:
        """Start a conversation as one of the people and return its id."""
        customer = next((one.customer for one in PEOPLE if one.name == name), None)
        conversation = f"cnv-{token_hex(10)}"
        level = Level.SIGNED_IN if customer else Level.ANONYMOUS
        started = ConversationStarted(channel="lab", customer=customer, level=level)
        await self.parts.store.start(conversation, started)
        self._principals[conversation] = Principal(customer, level)
        return conversation

    async def say(self, conversation: str, words: str) -> bool:
        """Take the person's words; False when they cannot be taken."""
        if isinstance(screen(words), Denied):
            return False
        await self._append(conversation, CustomerSaid(text=words, client_id=token_hex(8)))
        return True

    async def choose(self, conversation: str, choice: str) -> str | None:
        """Press a button and return its label, or None where it is not open: the id alone proves nothing."""
        state = await self.parts.store.load(conversation)
        button = state.open_choices().get(choice)
        if button is None:
            return None
        dedupe = f"b{choice}.{state.inbound[0].seq if state.inbound else state.seq}"
        await self._append(conversation, CustomerChose(choice=button.id, label=button.label), dedupe)
        return button.label

    async def _append(self, conversation: str, event: CustomerSaid | CustomerChose, dedupe: str | None = None) -> None:
        how = Append(inbound=True, dedupe=dedupe)
        try:
            await self.parts.store.append(conversation, [event], how)
        except AppendRefusedError:
            # The log was lost meanwhile: it begins anew, and the next turn tells what the ledger knows.
            await restart(self.parts, conversation, self._principals[conversation])
            await self.parts.store.append(conversation, [event], how)
        self._sweeper.start(conversation)

    async def open_choices(self, conversation: str) -> set[str]:
        """Return the ids of the buttons that may be pressed now."""
        return set((await self.parts.store.load(conversation)).open_choices())

    async def too_many_tries(self, operator: str) -> bool:
        """Answer whether somebody is guessing this operator's password."""
        return await self._limits.take(f"lab:{operator}", 10, 60) is not None

    def reading(self, conversation: str) -> Reading:
        """Return a reader that stands at the conversation's beginning."""
        return Reading(self.parts.store, conversation)


def staff_login(settings: Settings, operator: str, password: str) -> bool:
    """Answer whether a member of the staff may open the lab."""
    wanted = settings.staff_password.get_secret_value() if settings.staff_password else ""
    right = compare_digest(password.encode(), wanted.encode())
    return right and bool(wanted) and any(one.id == operator for one in staff())
