"""MODEL names a provider: the same commands come through each one's own protocol, by LiteLLM's own client."""

import pytest
from pydantic import ValidationError

from agent.settings import Settings
from agent.testing_model import Open, calls
from guardrails.audit import AuditEvent

MODELS = {
    "openai/gpt-4o-mini": "/v1/chat/completions",
    "hosted_vllm/llama": "/v1/chat/completions",
    "anthropic/claude-haiku-4-5": "/v1/messages",
    "gemini/gemini-2.5-flash": "/models/gemini-2.5-flash:generatecontent",
    "ollama/llama3.1": "/api/chat",
}


@pytest.mark.parametrize(("model", "path"), MODELS.items())
async def test_each_provider_reads_a_message_by_tool_calls(hosted: Open, model: str, path: str) -> None:
    """One line of settings: the model's calls arrive, and tokens are counted."""
    here = await hosted(
        lambda _: calls(("start", {"types": ["order_status"]}), ("set", {"slot": "order_id", "value": "1051"}))
    )
    base = here.server.url if path.startswith("/v1/chat") else here.server.url.removesuffix("/v1")
    here = await hosted(model=model, model_base_url=base)
    maya = await here.chat()
    assert "1051" in await maya.says("hmm what about that stuff")
    assert here.server.requests[-1]["path"] == path
    row = next(one.fields for one in await maya.parts.audit.rows(maya.id) if one.event is AuditEvent.TURN)
    assert (row["model"], row["prompt_tokens"], row["model_fault"]) == (model, 300, None)


@pytest.mark.parametrize("model", ["gpt-4o-mini", "azure/x", "openai/", "openai/a b"])
def test_a_model_that_is_not_known_to_work_is_refused(model: str) -> None:
    """A typing mistake is told at the start, not at the first customer."""
    with pytest.raises(ValidationError):
        Settings(model=model)


def test_phrasing_without_a_model_is_refused() -> None:
    """PHRASING=model alone would quietly do nothing."""
    with pytest.raises(ValidationError, match="PHRASING=model needs MODEL"):
        Settings(phrasing="model")


def test_a_key_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed settings hold no key."""
    monkeypatch.setenv("MODEL_API_KEY", "sk-very-secret")
    assert "sk-very-secret" not in repr(Settings())
