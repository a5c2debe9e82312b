"""A hosted model through LiteLLM: the only file that imports it, in a thread, and only where a model is set."""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

from agent.model import Answer, Fault, Message, ModelFaultError, Tool, ToolCall, Usage

log = structlog.get_logger()
T = TypeVar("T")
#: Importing LiteLLM takes 2 to 11 seconds; whoever asks earlier waits at most this long.
_LOADING_SECONDS = 30.0
_MOST_TOKENS = 700
_MOST_CHARACTERS = 20_000
_RETRIES = 1
_RETRIED = (Fault.CONNECTION, Fault.SERVER, Fault.RATE_LIMITED)
#: `ollama/` speaks an older protocol in which LiteLLM only imitates tool calls.
_ALIASES = {"ollama/": "ollama_chat/"}


class _Library:
    """LiteLLM, imported once in a process and never by the event loop's thread."""

    def __init__(self) -> None:
        self.module: Any = None
        self._broken: Exception | None = None
        self._loading: threading.Thread | None = None

    def load(self) -> threading.Thread:
        """Begin to import, without waiting for it."""
        if self._loading is None:
            # A daemon: the interpreter does not wait for an import of seconds when it is told to end.
            self._loading = threading.Thread(target=self._import, name="litellm", daemon=True)
            self._loading.start()
        return self._loading

    async def loaded(self) -> Any:
        """Return the module; a fault where it does not come."""
        self.load()
        try:
            async with asyncio.timeout(_LOADING_SECONDS):
                while self.module is None:
                    if self._broken:
                        raise self._broken
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise ModelFaultError(Fault.LOADING) from None
        return self.module

    def _import(self) -> None:
        # Otherwise it fetches its price list from the network at import.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        try:
            import litellm
        except Exception as error:  # noqa: BLE001 - a broken installation: raised again to whoever asks
            self._broken = error
            return
        litellm.suppress_debug_info = True
        litellm.telemetry = False
        litellm.turn_off_message_logging = True
        # The aiohttp transport leaves sessions open at the end of a loop.
        litellm.disable_aiohttp_transport = True
        for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
            # Its own lines quote requests.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _rehearse(litellm)
        self.module = litellm


def _rehearse(litellm: Any) -> None:
    """Call nobody once: first calls import and build for another second, and would hold up the event loop."""
    nobody = {
        "model": "openai/nobody",
        "api_base": "http://127.0.0.1:9/v1",
        "api_key": "none",
        "timeout": 1.0,
        "max_retries": 0,
        "messages": [{"role": "user", "content": ""}],
    }

    async def calls() -> None:
        async for _ in await litellm.acompletion(**nobody, stream=True, mock_response="."):
            pass
        await litellm.acompletion(**nobody)

    try:
        asyncio.run(calls())
    except Exception as error:  # noqa: BLE001 - nobody answers there: that is what is rehearsed
        log.debug("model_rehearsed", error=type(error).__name__)


LIBRARY = _Library()


class HostedModel:
    """One model of one provider; `timeout` in seconds is for a whole call with its retry."""

    def __init__(self, model: str, *, base_url: str = "", api_key: str = "", timeout: float = 8.0) -> None:
        self.name = model
        self._timeout = timeout
        self._model = next((new + model[len(old) :] for old, new in _ALIASES.items() if model.startswith(old)), model)
        self._where = {"api_base": base_url or None, "api_key": api_key or None}
        self._priceless = False
        LIBRARY.load()

    async def aclose(self) -> None:
        """Close the connections."""
        if LIBRARY.module is not None:
            await LIBRARY.module.close_litellm_async_clients()
            # It keys its clients by the address of the event loop, which another loop may have after this one.
            LIBRARY.module.in_memory_llm_clients_cache.flush_cache()

    def price(self, usage: Usage) -> int:
        """Return what so many tokens cost, in millionths of a US dollar; 0 where LiteLLM knows no price."""
        if LIBRARY.module is None or self._priceless:
            return 0
        try:
            prompt, completion = LIBRARY.module.cost_per_token(
                model=self.name, prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens
            )
        except Exception as error:  # noqa: BLE001 - it raises bare Exceptions for models it does not know
            # Then only the budget of tokens holds.
            self._priceless = True
            log.warning("model_price_unknown", model=self.name, error=type(error).__name__)
            return 0
        return round(float(prompt + completion) * 1_000_000)

    async def ask(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Answer:
        """Return the model's calls; words alone are no answer."""
        litellm = await LIBRARY.loaded()

        async def once() -> Answer:
            async with self._faults(litellm):
                response = await litellm.acompletion(**self._request(messages), tools=list(tools), tool_choice="auto")
            return self._answer(response)

        return await self._bounded(once)

    async def stream(self, messages: Sequence[Message], piece: Callable[[str], None]) -> Usage:
        """Give each piece of the words to `piece`; retried only as long as none was given."""
        litellm = await LIBRARY.loaded()
        given = 0

        def count(words: str) -> None:
            nonlocal given
            given += len(words)
            piece(words)

        async def once() -> Usage:
            try:
                return await self._pieces(litellm, messages, count)
            except ModelFaultError as error:
                if given and error.fault in _RETRIED:
                    raise ModelFaultError(Fault.CUT_OFF, error.usage) from error
                raise

        usage = await self._bounded(once)
        if not given:
            raise ModelFaultError(Fault.EMPTY, usage)
        return usage

    async def _pieces(self, litellm: Any, messages: Sequence[Message], piece: Callable[[str], None]) -> Usage:
        usage, length = Usage(), 0
        async with self._faults(litellm):
            chunks = await litellm.acompletion(
                **self._request(messages), stream=True, stream_options={"include_usage": True}
            )
            async for chunk in chunks:
                usage = self._usage(getattr(chunk, "usage", None)) or usage
                choice = chunk.choices[0] if chunk.choices else None
                if choice is not None and choice.finish_reason == "content_filter":
                    raise ModelFaultError(Fault.REFUSED, usage)
                words = (choice.delta.content if choice is not None else None) or ""
                length += len(words)
                if length > _MOST_CHARACTERS:
                    raise ModelFaultError(Fault.TOO_LONG, usage)
                if words:
                    piece(words)
        return usage

    def _request(self, messages: Sequence[Message]) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": list(messages),
            "max_tokens": _MOST_TOKENS,
            "temperature": 0,
            "timeout": self._timeout,
            # Retries are ours: LiteLLM's and the SDK's would each wait out the time-out anew.
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
            # Without it any `tools=` imports a module that needs another `mcp` than Chainlit does.
            "_skip_mcp_handler": True,
            **{name: value for name, value in self._where.items() if value},
        }

    async def _bounded(self, once: Callable[[], Awaitable[T]]) -> T:
        """Run a call within the time-out, which LiteLLM itself does not keep for streams."""
        try:
            async with asyncio.timeout(self._timeout):
                for _ in range(_RETRIES):
                    try:
                        return await once()
                    except ModelFaultError as error:
                        if error.fault not in _RETRIED:
                            raise
                        await asyncio.sleep(0.1)
                return await once()
        except TimeoutError:
            raise ModelFaultError(Fault.TIMEOUT) from None

    def _answer(self, response: Any) -> Answer:
        usage = self._usage(getattr(response, "usage", None)) or Usage()
        choice = response.choices[0] if response.choices else None
        if choice is None:
            raise ModelFaultError(Fault.EMPTY, usage)
        message = choice.message
        if choice.finish_reason == "content_filter" or _refusal(message):
            raise ModelFaultError(Fault.REFUSED, usage)
        calls = tuple(
            ToolCall(one.function.name or "", one.function.arguments or "") for one in message.tool_calls or ()
        )
        if not calls:
            raise ModelFaultError(Fault.REFUSED if message.content else Fault.EMPTY, usage)
        return Answer(calls, usage)

    def _usage(self, reported: Any) -> Usage | None:
        if reported is None:
            return None
        usage = Usage(int(reported.prompt_tokens or 0), int(reported.completion_tokens or 0))
        return Usage(usage.prompt_tokens, usage.completion_tokens, self.price(usage))

    @asynccontextmanager
    async def _faults(self, litellm: Any) -> AsyncIterator[None]:
        try:
            yield
        except (ModelFaultError, TimeoutError):
            raise
        except litellm.Timeout as error:
            raise ModelFaultError(Fault.TIMEOUT) from error
        except litellm.RateLimitError as error:
            raise ModelFaultError(Fault.RATE_LIMITED) from error
        except litellm.ContentPolicyViolationError as error:
            raise ModelFaultError(Fault.REFUSED) from error
        except litellm.APIConnectionError as error:
            raise ModelFaultError(Fault.CONNECTION) from error
        except (litellm.InternalServerError, litellm.ServiceUnavailableError, litellm.BadGatewayError) as error:
            raise ModelFaultError(Fault.SERVER) from error
        except Exception as error:
            # Whatever else a provider's adapter raises: the class is logged, never its text, which quotes the request.
            log.warning("model_rejected_request", model=self.name, error=type(error).__name__)
            raise ModelFaultError(Fault.REJECTED) from error


def _refusal(message: Any) -> str | None:
    extra = getattr(message, "provider_specific_fields", None) or {}
    found: str | None = getattr(message, "refusal", None) or extra.get("refusal")
    return found
