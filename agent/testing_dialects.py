"""The protocols of other providers, as far as a test needs them: the same calls in each one's own shape."""

import json
from collections.abc import Callable
from typing import Any

Calls = tuple[tuple[str, str], ...]
Body = dict[str, Any]


def anthropic(calls: Calls, tokens: tuple[int, int]) -> Body:
    """Return a message of Anthropic's API."""
    content = [
        {"type": "tool_use", "id": f"call_{place}", "name": name, "input": json.loads(arguments)}
        for place, (name, arguments) in enumerate(calls)
    ]
    usage = {"input_tokens": tokens[0], "output_tokens": tokens[1]}
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content,
        "stop_reason": "tool_use", "usage": usage,
    }  # fmt: skip


def gemini(calls: Calls, tokens: tuple[int, int]) -> Body:
    """Return a candidate of Google's API."""
    parts = [{"functionCall": {"name": name, "args": json.loads(arguments)}} for name, arguments in calls]
    usage = {"promptTokenCount": tokens[0], "candidatesTokenCount": tokens[1], "totalTokenCount": sum(tokens)}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    return {"candidates": [candidate], "usageMetadata": usage}


def ollama(calls: Calls, tokens: tuple[int, int]) -> Body:
    """Return a message of Ollama's chat API."""
    made = [{"function": {"name": name, "arguments": json.loads(arguments)}} for name, arguments in calls]
    message = {"role": "assistant", "content": "", "tool_calls": made}
    counts = {"prompt_eval_count": tokens[0], "eval_count": tokens[1]}
    return {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": True, **counts}


#: What a request's path ends in, and who speaks so.
DIALECTS: dict[str, Callable[[Calls, tuple[int, int]], Body]] = {
    "/messages": anthropic,
    ":generatecontent": gemini,
    "/api/chat": ollama,
}
