"""What a hosted model may cost in a day, counted in Redis for all processes together."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from agent.model import Usage

_TWO_DAYS = 2 * 24 * 3600
# A call is paid for before it is made and settled afterwards: a process that dies has spent what it took.
_TAKE = """
local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens') or '0')
local money = tonumber(redis.call('HGET', KEYS[1], 'micro_usd') or '0')
if tokens + tonumber(ARGV[1]) > tonumber(ARGV[3]) or money + tonumber(ARGV[2]) > tonumber(ARGV[4]) then
  return 0
end
redis.call('HINCRBY', KEYS[1], 'tokens', ARGV[1])
redis.call('HINCRBY', KEYS[1], 'micro_usd', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""


@dataclass(frozen=True)
class Grant:
    """What was set aside for one call."""

    day: str
    tokens: int
    micro_usd: int


class Budget:
    """Tokens and millionths of a US dollar a day (UTC)."""

    def __init__(self, redis: Redis, *, tokens: int, micro_usd: int) -> None:
        self._redis = redis
        self._limits = (tokens, micro_usd)
        self._take: Any = redis.register_script(_TAKE)

    async def take(self, tokens: int, micro_usd: int) -> Grant | None:
        """Set aside what a call may cost at most, or return None where today has no room for it."""
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        granted = await self._take(keys=[_key(day)], args=[tokens, micro_usd, *self._limits, _TWO_DAYS])
        return Grant(day, tokens, micro_usd) if granted else None

    async def settle(self, grant: Grant, usage: Usage) -> None:
        """Put what the call did cost in the place of what was set aside; one that did not tell has spent it all."""
        spent = usage.prompt_tokens + usage.completion_tokens
        if not spent:
            return
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hincrby(_key(grant.day), "tokens", spent - grant.tokens)
        pipeline.hincrby(_key(grant.day), "micro_usd", usage.micro_usd - grant.micro_usd)
        await pipeline.execute()

    async def count(self, name: str) -> None:
        """Count an event of today: a call, or a fault by its name."""
        key = _key(f"{datetime.now(UTC):%Y-%m-%d}")
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hincrby(key, name, 1)
        pipeline.expire(key, _TWO_DAYS)
        await pipeline.execute()

    async def today(self) -> dict[str, int]:
        """Return today's counts by name: `tokens`, `micro_usd`, `calls`, and each fault."""
        found: Any = await self._redis.hgetall(_key(f"{datetime.now(UTC):%Y-%m-%d}"))
        return {name.decode(): int(value) for name, value in found.items()}


def _key(day: str) -> str:
    return f"fc:model:{day}"
