"""The lab: the product team tries flows as any customer and sees why every turn went as it did. It decides nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from itertools import groupby
from typing import ParamSpec

import chainlit as cl
import structlog
from chainlit.context import init_ws_context
from chainlit.server import app as server
from chainlit.session import WebsocketSession, ws_sessions_id

import agent
import guardrails
import kb
import tools
from agent.channels.lab_view import Shown, readable, shown
from agent.channels.own_page import OwnPage
from agent.events import Event, StaffEvent, StepTraced
from agent.lab import Lab, Once, staff_login
from agent.people import PEOPLE
from agent.settings import Settings
from guardrails.pii.log import open_log
from guardrails.pii.redact import Redactor

# Chainlit finds our packages only while it loads this file: all four are loaded here.
ROOMS = (agent, tools, kb, guardrails)
P = ParamSpec("P")
SETTINGS = Settings()
SERVER = f"http://{'localhost' if SETTINGS.on_loopback else SETTINGS.host}:{SETTINGS.port}"
NOT_TAKEN = "That can't be sent. Please write something, in fewer than 4,000 characters."
CLOSED = "That button is closed. Please use the newest one."
TROUBLE = "That didn't work, and nothing was changed by it. Please try again; the reason is in the lab's log."

log = structlog.get_logger()


def install() -> None:
    """Put up what outlives a reload of this file, once; join the company anew with the reloaded code."""
    state = server.state
    if not hasattr(state, "log_sink"):
        state.redactor = Redactor(SETTINGS.order_pattern)
        state.log_sink = open_log(SETTINGS.home / "lab.log", state.redactor, echo=False)
        hosts = ("localhost", "127.0.0.1", "::1") if SETTINGS.on_loopback else ()
        server.add_middleware(OwnPage, hosts=hosts)
    elif state.lab.made:
        state.leaving = asyncio.ensure_future(_left(state.lab))
    state.lab = Once(lambda: Lab.open(SETTINGS, state.redactor))


async def _left(former: Once[Lab]) -> None:
    await (await former.get()).close()


async def lab() -> Lab:
    """Return this process's lab."""
    opened: Lab = await server.state.lab.get()
    return opened


def calmly(deed: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
    """Keep what went wrong in the log: the text of an exception must never reach the browser."""

    @wraps(deed)
    async def calm(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await deed(*args, **kwargs)
        except Exception:
            log.exception("lab_failed", deed=deed.__name__)
            await cl.Message(TROUBLE, author="Lab").send()

    return calm


install()

if not SETTINGS.demo:

    @cl.password_auth_callback
    async def sign_in(operator: str, password: str) -> cl.User | None:
        """Let the staff in, and nobody else."""
        if await (await lab()).too_many_tries(operator):
            return None
        return cl.User(identifier=operator) if staff_login(SETTINGS, operator, password) else None


@cl.on_app_startup
async def arrive() -> None:
    """Begin to join the company, so that the first conversation need not wait for it."""
    server.state.log_sink.adopt()
    server.state.joining = asyncio.ensure_future(server.state.lab.get())


@cl.on_app_shutdown
async def leave() -> None:
    """Leave the company and write the last lines of the log: Chainlit ends the process itself."""
    try:
        await (await lab()).close()
    except Exception:  # the process ends in any case
        log.exception("lab_not_left")
    server.state.log_sink.close()


@cl.set_chat_profiles
async def people(_user: cl.User | None = None, _language: str | None = None) -> list[cl.ChatProfile]:
    """Offer whom one can be."""
    return [
        cl.ChatProfile(
            name=one.name,
            markdown_description=one.about,
            starters=[cl.Starter(label=words, message=words) for words in one.starters],
            default=one is PEOPLE[0],
        )
        for one in PEOPLE
    ]


async def mine() -> str:
    """Return this session's conversation; it begins when it is first asked for."""
    begun: Once[str] | None = cl.user_session.get("conversation")
    if begun is None:
        begun = Once(_begun)
        cl.user_session.set("conversation", begun)
    return await begun.get()


async def _begun() -> str:
    conversation = await (await lab()).begin(cl.user_session.get("chat_profile") or "")
    session = cl.context.session
    if isinstance(session, WebsocketSession):
        page = Page(session, conversation)
        cl.user_session.set("pump", asyncio.create_task(page.run(await lab())))
        # Otherwise a reconnect before the first message would begin another conversation.
        session.has_first_interaction = True
    return conversation


@cl.on_chat_start
@calmly
async def begin() -> None:
    """Start a conversation as the chosen person and show what happens in it."""
    await mine()


@cl.on_chat_end
async def gone() -> None:
    """Remember which connection went, so that nothing is shown to it."""
    if isinstance(cl.context.session, WebsocketSession):
        cl.user_session.set("gone", cl.context.session.socket_id)


@cl.on_message
@calmly
async def say(message: cl.Message) -> None:
    """Take the person's words."""
    if not await (await lab()).say(await mine(), message.content.strip()):
        await cl.Message(NOT_TAKEN, author="Lab").send()


@cl.action_callback("choose")
@calmly
async def choose(action: cl.Action) -> None:
    """Take a pressed button."""
    label = await (await lab()).choose(await mine(), str(action.payload.get("choice", ""))[:200])
    if label is None:
        await cl.Message(CLOSED, author="Lab").send()
    else:
        await cl.Message(label, author="You", type="user_message").send()


class Page:
    """Shows one conversation in one session, for as long as the session lives."""

    def __init__(self, session: WebsocketSession, conversation: str) -> None:
        self._session = session
        self._conversation = conversation
        self._passing: cl.Message | None = None
        self._buttons: dict[str, cl.Action] = {}

    async def run(self, opened: Lab) -> None:
        """Show the log as it grows; while the connection is away it waits, so a reconnect loses nothing."""
        init_ws_context(self._session)
        reading = opened.reading(self._conversation)
        with opened.wakes.listening(self._conversation) as news:
            while self._session.id in ws_sessions_id and not opened.wakes.stopped:
                news.clear()
                away = cl.user_session.get("gone") == self._session.socket_id
                try:
                    if not away:
                        await self._show_all(await reading.news())
                        for choice in set(self._buttons) - await opened.open_choices(self._conversation):
                            await self._close(choice)
                except Exception:  # one event that cannot be shown must not end the page
                    log.exception("lab_show_failed", conversation=self._conversation)
                try:
                    await asyncio.wait_for(news.wait(), 1 if away else 15)
                except TimeoutError:
                    continue

    async def _show_all(self, events: list[Event | StaffEvent]) -> None:
        for turn, group in groupby(events, lambda one: one.turn if isinstance(one, StepTraced) else None):
            if turn is not None:
                await self._why([one for one in group if isinstance(one, StepTraced)])
                continue
            for event in group:
                if one := shown(event, SERVER):
                    await self._show(one)

    async def _why(self, steps: list[StepTraced]) -> None:
        """Show a turn's steps above its answer, in the order of the hub."""
        mark = {"avatarName": "lab"}
        async with cl.Step(name=f"{len(steps)} steps", type="tool", default_open=True, metadata=mark) as step:
            step.output = "\n".join(f"{n}. **{one.room}** {readable(one.line)}" for n, one in enumerate(steps, 1))
            step.is_error = any(" at " in one.line for one in steps if one.room == "action")

    async def _show(self, one: Shown) -> None:
        if self._passing:
            await self._passing.remove()
        actions = [
            cl.Action(name="choose", label=button.label, payload={"choice": button.id}) for button in one.choices
        ]
        mark = {"avatarName": one.mark}
        message = await cl.Message(one.words, author=one.author, actions=actions, metadata=mark).send()
        self._passing = message if one.passing else None
        for action in actions:
            await self._close(action.payload["choice"])
            self._buttons[action.payload["choice"]] = action

    async def _close(self, choice: str) -> None:
        if action := self._buttons.pop(choice, None):
            await action.remove()
