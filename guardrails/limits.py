"""How often something may happen: at most `limit` times in any `seconds`, whichever process asks."""

from hashlib import sha256
from typing import Any

from redis.asyncio import Redis

# The list holds the moments of the last grants, newest first; Redis's own clock decides, so that all processes agree.
_TAKE = """
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local oldest = redis.call('LINDEX', KEYS[1], limit - 1)
if oldest and tonumber(oldest) + window > now then
  return tonumber(oldest) + window - now
end
redis.call('LPUSH', KEYS[1], now)
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], window)
return 0
"""


class Limits:
    """Counts grants per scope in Redis; a refused attempt does not count."""

    def __init__(self, redis: Redis) -> None:
        self._take: Any = redis.register_script(_TAKE)

    async def take(self, scope: str, limit: int, seconds: int) -> int | None:
        """Take one grant of `scope`: None if allowed, otherwise the seconds to wait."""
        # Hashed: a scope may name an address, and braces in it must not choose the cluster slot.
        key = "fc:limit:" + sha256(f"{scope}\0{limit}\0{seconds}".encode()).hexdigest()[:32]
        wait_ms = int(await self._take(keys=[key], args=[limit, seconds]))
        return -(-wait_ms // 1000) or None
