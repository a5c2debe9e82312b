"""Understanding by a hosted model: what it is shown, masked, and what is made of its calls."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise

from agent.commands import (
    AskKnowledge,
    AskPerson,
    AskWhetherHuman,
    CancelFlow,
    Command,
    Greet,
    OutOfScope,
    StartFlow,
    Thank,
)
from agent.conversation import Conversation
from agent.events import AgentSaid, CustomerChose, CustomerSaid, OperatorSaid
from agent.handoff import without_code
from agent.metered import Metered
from agent.model import Answer, Fault, Message, ModelCall
from agent.understand.labels import Label
from agent.understand.layers import prompt
from agent.understand.meaning import label_of
from agent.understand.toolset import Meant, meant, tools
from agent.vaults import Vaults
from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor
from guardrails.pii.vault import Vault, spelt

#: Lines of the conversation that the model sees before the message itself.
_HISTORY = 6
_LONGEST_LINE = 400
ReadProfile = Callable[[Conversation], Awaitable[Profile | None]]


@dataclass(frozen=True, kw_only=True)
class HostedReading:
    """Asks the model what a message means."""

    metered: Metered
    redactor: Redactor
    vaults: Vaults
    profile: ReadProfile
    company: str

    async def __call__(self, state: Conversation, words: str) -> tuple[Meant | None, ModelCall]:
        """Return what the model says that the words mean, or None with the fault."""
        system, prompts = prompt("system", "tools", "policy", company=self.company)
        profile = await self.profile(state)
        if state.customer and profile is None:
            # Whose values to mask is not known, so nothing may leave.
            return None, ModelCall(purpose="understand", model=self.metered.model.name, fault=Fault.UNMASKED)
        vault = await self.vaults.load(state.id)
        before = len(vault.values)
        said: list[Message] = [*history(state), {"role": "user", "content": words}]
        messages = [
            {"role": "system", "content": f"{system}\n{situation(state)}"},
            *[await self._masked(vault, one, last, profile) for last, one in pairwise([None, *said]) if one],
        ]
        if len(vault.values) > before:
            await self.vaults.keep(state.id, vault)

        def read(answer: Answer) -> Meant:
            return meant(answer.calls, state, vault)

        return await self.metered.ask(messages, tools(), prompts, read)

    async def _masked(self, vault: Vault, message: Message, last: Message | None, profile: Profile | None) -> Message:
        # Before anything is found in it: half a spelt placeholder may look like a value.
        text = spelt(message["content"])
        # A short answer is known for what it is by the line before it.
        asked = last is not None and last["role"] == "assistant" and message["role"] == "user"
        found = await self.redactor.redact_async(text, profile, question=last["content"] if last and asked else "")
        return {"role": message["role"], "content": vault.mask(text, found.spans)}


def situation(state: Conversation) -> str:
    """Return what the message may be an answer to: ids of ours and labels of buttons, nothing else."""
    case, asked = state.case, state.asked
    lines = [f"Open request: {case.ticket_type if case else 'none'}."]
    if asked and asked.slot not in ("meaning", "confirm"):
        lines.append(f"Asked for: {asked.slot}.")
    if state.offers:
        lines.append("An offer waits for yes or no.")
    return " ".join(lines)


def history(state: Conversation) -> list[Message]:
    """Return the last lines before the waiting ones, as a model reads a conversation."""
    waiting = {one.seq for one in state.inbound}
    lines = [one for one in state.transcript if one.seq not in waiting][-_HISTORY:]
    return [_line(one) for one in lines]


def _line(one: CustomerSaid | CustomerChose | AgentSaid | OperatorSaid) -> Message:
    match one:
        case CustomerSaid():
            return {"role": "user", "content": without_code(one.text)[:_LONGEST_LINE]}
        case CustomerChose():
            return {"role": "user", "content": one.label[:_LONGEST_LINE]}
        case AgentSaid(sources=(source, *_)):
            # An article's words stay out: whatever they say, they are no part of what the customer wants.
            return {"role": "assistant", "content": f"(quoted {source.id})"}
        case _:
            labels = [choice.label for choice in one.choices] if isinstance(one, AgentSaid) else []
            shown = f" [{'] ['.join(labels)}]" if labels else ""
            return {"role": "assistant", "content": (one.text + shown)[:_LONGEST_LINE]}


def intent_of(commands: tuple[Command, ...]) -> Label:
    """Return the label of what the first command is about."""
    match commands[0] if commands else None:
        case StartFlow(ticket_type=name):
            return Label(label_of(name))
        case command:
            return _LABELS.get(type(command), Label.PROVIDE_INFO)


_LABELS = {
    AskKnowledge: Label.POLICY_QUESTION,
    Greet: Label.GREETING,
    Thank: Label.THANKS_OR_GOODBYE,
    AskPerson: Label.TALK_TO_HUMAN,
    AskWhetherHuman: Label.BOT_CHALLENGE,
    CancelFlow: Label.DENY,
    OutOfScope: Label.OUT_OF_SCOPE,
}
