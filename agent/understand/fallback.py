"""Hosted first, embedded whenever the hosted model does not give commands that can be used."""

from dataclasses import dataclass, replace

from agent.commands import Affirm, Command, Deny, GiveCode, GiveEmail, OutOfScope, ResendCode
from agent.conversation import Conversation
from agent.texts import LANGUAGES
from agent.understand.base import Signal, Understand, Understanding
from agent.understand.reading import HostedReading, intent_of

#: What rules read for certain; a yes, a code or an address is never a model's to give.
_CERTAIN = (Affirm, Deny, GiveCode, GiveEmail, ResendCode)


@dataclass(frozen=True)
class HostedFirst:
    """Understands by rule where a rule is certain, else by the model, else embedded; one model call at most."""

    embedded: Understand
    hosted: HostedReading

    async def __call__(self, state: Conversation, words: str) -> Understanding:
        """Return what the words mean now."""
        own = await self.embedded(state, words)
        if own.confidence >= 1.0 or any(isinstance(one, _CERTAIN) for one in own.commands):
            return own
        meant, call = await self.hosted(state, words)
        if meant is None:
            return replace(own, calls=(call,))
        commands: tuple[Command, ...] = meant.commands
        return replace(
            own,
            commands=commands,
            intent=intent_of(commands),
            confidence=1.0,
            in_scope=OutOfScope() not in commands,
            # The model has read it; answered it can be in the languages of the texts.
            signals=own.signals - {Signal.OTHER_LANGUAGE} if own.language in LANGUAGES else own.signals,
            words=meant.words,
            calls=(call,),
        )
