"""The lab: the product team tries flows as any customer and sees why every turn went as it did. It decides nothing."""

import asyncio
from typing import Any

import chainlit as cl
import structlog
from chainlit.context import init_ws_context
from chainlit.server import app as server
from chainlit.session import WebsocketSession, ws_sessions_id

import agent
import guardrails
import kb
import tools
from agent.events import (
    AgentSaid,
    CaseEnded,
    CodeRequested,
    Event,
    HandedOff,
    Offered,
    OperatorJoined,
    OperatorReleased,
    OperatorSaid,
    ReceiptIssued,
    StaffEvent,
    StepTraced,
)
from agent.lab import PEOPLE, Lab, staff_login
from agent.settings import Settings

log = structlog.get_logger()
SETTINGS = Settings()
# Chainlit finds our packages only while it loads this file: all four are loaded here.
ROOMS = (agent, tools, kb, guardrails)
STARTERS = {
    "Where is my order?": "Where is my order?",
    "Refund a broken mug": "I want a refund for the blue mug from order 1043, it arrived broken",
    "A question about the rules": "How long can I return things?",
    "Talk to a person": "I want to talk to a person",
}
CALM = "That can't be sent. Please write something shorter, or use the newest buttons."

if not SETTINGS.demo:

    @cl.password_auth_callback
    async def sign_in(operator: str, password: str) -> cl.User | None:
        """Let the staff in, and nobody else."""
        return cl.User(identifier=operator) if staff_login(SETTINGS, operator, password) else None


async def lab() -> Lab:
    """Return this process's lab; it outlives a reload of this file."""
    if not hasattr(server.state, "opening"):
        server.state.opening = asyncio.create_task(Lab.open(SETTINGS))
    opened: Lab = await server.state.opening
    return opened


@cl.set_chat_profiles
async def people(_user: cl.User | None = None, _language: str | None = None) -> list[cl.ChatProfile]:
    """Offer whom one can be."""
    starters = [cl.Starter(label=label, message=words) for label, words in STARTERS.items()]
    return [
        cl.ChatProfile(name=name, markdown_description=about, starters=starters, default=name == "Maya Whitfield")
        for name, (_, about) in PEOPLE.items()
    ]


@cl.on_chat_start
async def begin() -> None:
    """Start a conversation as the chosen person and show what happens in it."""
    opened = await lab()
    conversation = await opened.begin(cl.user_session.get("chat_profile") or "")
    cl.user_session.set("conversation", conversation)
    session = cl.context.session
    if isinstance(session, WebsocketSession):
        cl.user_session.set("pump", asyncio.create_task(pump(session, conversation)))
        # Otherwise a reconnect before the first message would neither start nor resume.
        session.has_first_interaction = True


@cl.on_message
async def say(message: cl.Message) -> None:
    """Take the person's words."""
    opened = await lab()
    if not await opened.say(cl.user_session.get("conversation"), message.content):
        await cl.Message(CALM).send()


@cl.action_callback("choose")
async def choose(action: cl.Action) -> None:
    """Take a pressed button."""
    opened = await lab()
    if not await opened.choose(cl.user_session.get("conversation"), str(action.payload.get("choice", ""))[:200]):
        await cl.Message(CALM).send()


async def pump(session: WebsocketSession, conversation: str) -> None:
    """Show the log as it grows, for as long as the session lives; a broken connection does not end it."""
    init_ws_context(session)
    opened = await lab()
    seen = 0
    with opened.company.app.wakes.listening(conversation) as news:
        while session.id in ws_sessions_id:
            news.clear()
            try:
                found = await opened.news(conversation, seen)
                await show_why([event for event in found if isinstance(event, StepTraced)])
                for event in found:
                    seen = event.seq
                    await show(event)
            except Exception:  # exception text must never reach the browser
                log.exception("lab_show_failed", conversation=conversation)
            try:
                await asyncio.wait_for(news.wait(), 15)
            except TimeoutError:
                continue


async def show_why(steps: list[StepTraced]) -> None:
    """Show a turn's steps above its answer, in the order the turn took them."""
    if not steps:
        return
    async with cl.Step(name=f"{len(steps)} steps", type="tool", default_open=True) as step:
        step.output = "\n".join(f"- **{one.room}** {one.line}" for one in steps)


async def show(event: Event | StaffEvent) -> None:
    """Show one event; what the person said is on the page already."""
    match event:
        case AgentSaid():
            sources = "".join(f"\n\n[{one.title}](http://localhost:{SETTINGS.port}{one.url})" for one in event.sources)
            await cl.Message(event.text + sources, author="AI agent", actions=buttons(event.choices)).send()
        case Offered():
            offer = event.offer
            rows = "\n".join(f"| {label} | {value} |" for label, value in offer.facts)
            table = f"**{offer.title}**\n\n| | |\n|---|---|\n{rows}"
            await cl.Message(table, author="AI agent", actions=buttons((offer.accept, offer.decline))).send()
        case ReceiptIssued():
            await system(f"Receipt {event.receipt}: {event.title}")
        case CodeRequested():
            await system(f"A code was asked for at {event.destination}; the demo's mailbox has it.")
        case HandedOff():
            await system(f"Handed off ({event.reason}). It waits at the desk.")
        case OperatorJoined():
            await system(f"{event.name} joined from the desk.")
        case OperatorSaid():
            await cl.Message(f"**{event.name}** · {event.text}", author=event.name).send()
        case OperatorReleased():
            await system(f"{event.name} gave the conversation back to the agent.")
        case CaseEnded():
            await system(f"Case ended: {event.code}")
        case _:
            return


def buttons(choices: tuple[Any, ...]) -> list[cl.Action]:
    """Return choices as buttons; their ids are checked against the log when they come back."""
    return [cl.Action(name="choose", label=one.label, payload={"choice": one.id}) for one in choices]


async def system(words: str) -> None:
    """Show a line of the house's own."""
    await cl.Message(f"*{words}*", author="Lab").send()


@cl.on_app_shutdown
async def leave() -> None:
    """Leave the company when the lab stops."""
    if hasattr(server.state, "opening"):
        await (await lab()).close()
