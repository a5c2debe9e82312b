"""One-time codes that prove control of an address: six digits, ten minutes, five attempts, one use."""

import hmac
import secrets
from enum import StrEnum
from typing import Any

from redis.asyncio import Redis

from guardrails.limits import Limits

LIFE_SECONDS = 600
ATTEMPTS = 5
PER_CONVERSATION = (3, 600)
PER_ADDRESS = (5, 3600)

# Both the attempt and the use are taken in the same step as the comparison, so parallel guesses gain nothing.
_CHECK = """
local mac = redis.call('HGET', KEYS[1], 'mac')
if not mac then return 'expired' end
if redis.call('HINCRBY', KEYS[1], 'left', -1) < 0 then return 'locked' end
local differ = #mac == #ARGV[1] and 0 or 1
for i = 1, math.min(#mac, #ARGV[1]) do
  differ = bit.bor(differ, bit.bxor(mac:byte(i), ARGV[1]:byte(i)))
end
if differ ~= 0 then return 'wrong' end
redis.call('DEL', KEYS[1])
return 'right'
"""


class CodeVerdict(StrEnum):
    """What came of checking a code."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    LOCKED = "locked"


class TooManyCodesError(Exception):
    """Too many codes were sent for this conversation or to this address."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Codes:
    """Starts and checks codes; Redis sees only keyed hashes of the code and of the address."""

    def __init__(self, redis: Redis, secret: str | bytes) -> None:
        self._redis = redis
        self._limits = Limits(redis)
        self._secret = secret.encode() if isinstance(secret, str) else secret
        self._check: Any = redis.register_script(_CHECK)

    async def start(self, conversation: str, key_prefix: str, address: str) -> str:
        """Return a new code to be sent to `address`; it replaces the one before."""
        # The name is exempt from the limits' own hash only in form: an address is guessable, so it is keyed here.
        whom = self._mac("address", _known(address))
        for scope, (limit, seconds) in ((f"code:{conversation}", PER_CONVERSATION), (f"code:{whom}", PER_ADDRESS)):
            wait = await self._limits.take(scope, limit, seconds)
            if wait is not None:
                raise TooManyCodesError(wait)
        code = f"{secrets.randbelow(1_000_000):06d}"
        key = _key(key_prefix)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            pipe.hset(key, mapping={"mac": self._mac("code", conversation, _known(address), code), "left": ATTEMPTS})
            pipe.expire(key, LIFE_SECONDS)
            await pipe.execute()
        return code

    async def check(self, conversation: str, key_prefix: str, address: str, code: str) -> CodeVerdict:
        """Compare what the customer typed with the code sent to `address`, and to no other; it is right once."""
        typed = "".join(code.replace("-", " ").split())
        # The log may remember another address than the newest code went to: a turn can die between the two.
        mac = self._mac("code", conversation, _known(address), typed)
        answer = await self._check(keys=[_key(key_prefix)], args=[mac])
        return CodeVerdict(answer.decode() if isinstance(answer, bytes) else answer)

    def _mac(self, *parts: str) -> str:
        return hmac.new(self._secret, "\0".join(parts).encode(errors="surrogatepass"), "sha256").hexdigest()


def _known(address: str) -> str:
    return address.strip().casefold()


def _key(key_prefix: str) -> str:
    return f"{key_prefix}:code"
