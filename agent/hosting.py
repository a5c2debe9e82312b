"""Joins a hosted model to the parts of a company, where one is set."""

from dataclasses import replace

from redis.asyncio import Redis

from agent.breaker import Breaker
from agent.budget import Budget
from agent.conversation import Conversation
from agent.metered import Metered
from agent.parts import Parts
from agent.phrasing import Phrasing
from agent.settings import Settings
from agent.understand.fallback import HostedFirst
from agent.understand.hosted import HostedModel
from agent.understand.reading import HostedReading
from agent.vaults import Vaults
from agent.work import read_profile
from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor
from guardrails.sealing import Cipher


def hosted_model(settings: Settings) -> HostedModel:
    """Return the model that is set, already on its way into memory."""
    key = settings.model_api_key
    return HostedModel(
        settings.model,
        base_url=settings.model_base_url,
        api_key=key.get_secret_value() if key else "",
        timeout=settings.model_timeout,
    )


def with_model(parts: Parts, model: HostedModel, settings: Settings, redis: Redis, redactor: Redactor) -> Parts:
    """Return the parts with the model in front of the embedded one."""
    budget = Budget(redis, tokens=settings.daily_tokens, micro_usd=int(settings.daily_money * 1_000_000))
    metered = Metered(model, budget, Breaker(rest=settings.model_rest))
    cipher = Cipher(settings.keys().seal)

    async def profile(state: Conversation) -> Profile | None:
        return await read_profile(parts, state.id, state.principal(parts.clock())) if state.customer else None

    reading = HostedReading(
        metered=metered,
        redactor=redactor,
        vaults=Vaults(parts.store, cipher, retention_seconds=settings.retention_seconds),
        profile=profile,
        company=settings.company,
    )
    return replace(
        parts,
        understand=HostedFirst(parts.understand, reading),
        phrasing=Phrasing(metered, redactor) if settings.phrasing == "model" else None,
    )
