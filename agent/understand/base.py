"""What understanding promises: state and words in, commands out; it never acts."""

from dataclasses import dataclass
from typing import Protocol

from agent.commands import Command
from agent.conversation import Conversation


@dataclass(frozen=True, kw_only=True)
class Understanding:
    """What a message means, and how sure that is."""

    commands: tuple[Command, ...]
    intent: str
    #: The share of the best meaning, 0 to 1.
    confidence: float


class Understand(Protocol):
    async def __call__(self, state: Conversation, words: str) -> Understanding: ...
