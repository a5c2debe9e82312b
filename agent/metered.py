"""Every call of a hosted model: within the budget, past the breaker, timed and counted."""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from agent.breaker import Breaker
from agent.budget import Budget
from agent.model import Answer, Fault, Message, Model, ModelCall, ModelFaultError, Tool, Usage

log = structlog.get_logger()
T = TypeVar("T")
#: Set aside for an answer before it is known; the model may not write more.
_ANSWER_TOKENS = 700
#: No tokenizer packs text tighter than about this many characters a token on ordinary text.
_CHARACTERS_A_TOKEN = 3


@dataclass(frozen=True)
class Metered:
    """A model behind its budget and breaker."""

    model: Model
    budget: Budget
    breaker: Breaker

    async def ask(
        self, messages: Sequence[Message], tools: Sequence[Tool], prompts: dict[str, str], read: Callable[[Answer], T]
    ) -> tuple[T | None, ModelCall]:
        """Return what `read` makes of the answer, or None with a call that names the fault."""
        made: list[T] = []

        async def run() -> Usage:
            answer = await self.model.ask(messages, tools)
            try:
                made.append(read(answer))
            except ModelFaultError as error:
                raise ModelFaultError(error.fault, answer.usage) from error
            return answer.usage

        call = await self._run("understand", prompts, _size(messages, tools), run)
        return (made[0] if made else None), call

    async def stream(
        self,
        messages: Sequence[Message],
        piece: Callable[[str], None],
        prompts: dict[str, str],
        ended: Callable[[], bool],
    ) -> ModelCall:
        """Stream words into `piece`; what came before a fault has been given.

        `ended` tells whether the words themselves say that they are all there: LiteLLM ends a stream that was cut off
        with the same "stop" as a whole one.
        """

        async def run() -> Usage:
            usage = await self.model.stream(messages, piece)
            if not ended():
                raise ModelFaultError(Fault.CUT_OFF, usage)
            return usage

        return await self._run("phrase", prompts, _size(messages, ()), run)

    async def _run(
        self, purpose: str, prompts: dict[str, str], size: int, run: Callable[[], Awaitable[Usage]]
    ) -> ModelCall:
        if not self.breaker.allows():
            return await self._noted(purpose, prompts, Usage(), 0, Fault.RESTING)
        dearest = self.model.price(Usage(size, _ANSWER_TOKENS))
        grant = await self.budget.take(size + _ANSWER_TOKENS, dearest)
        if grant is None:
            return await self._noted(purpose, prompts, Usage(), 0, Fault.BUDGET)
        begun, fault = time.perf_counter(), None
        try:
            usage = await run()
            self.breaker.succeeded()
        except ModelFaultError as error:
            usage, fault = error.usage, error.fault
            self.breaker.failed()
        await self.budget.settle(grant, usage)
        return await self._noted(purpose, prompts, usage, 1 + int((time.perf_counter() - begun) * 1000), fault)

    async def _noted(
        self, purpose: str, prompts: dict[str, str], usage: Usage, milliseconds: int, fault: Fault | None
    ) -> ModelCall:
        if milliseconds:
            await self.budget.count("calls")
        if fault:
            await self.budget.count(fault.value)
            log.warning("model_fault", purpose=purpose, model=self.model.name, fault=fault.value)
        return ModelCall(
            purpose=purpose,
            model=self.model.name,
            prompts=prompts,
            usage=usage,
            milliseconds=milliseconds,
            fault=fault,
        )


def _size(messages: Sequence[Message], tools: Sequence[Tool]) -> int:
    return len(json.dumps([*messages, *tools])) // _CHARACTERS_A_TOKEN
