"""A day's tokens and money are one account, and a dead model is left alone."""

import asyncio

from redis.asyncio import Redis

from agent.breaker import Breaker
from agent.budget import Budget
from agent.model import Usage


async def test_two_processes_share_a_day(redis: Redis) -> None:
    """However many ask at once, no more is set aside than there is."""
    two = [Budget(redis, tokens=1000, micro_usd=10**6) for _ in range(2)]
    grants = await asyncio.gather(*(two[number % 2].take(100, 10) for number in range(40)))
    assert sum(grant is not None for grant in grants) == 10


async def test_money_is_a_limit_of_its_own(redis: Redis) -> None:
    """Tokens are left, money is not."""
    budget = Budget(redis, tokens=10**9, micro_usd=50)
    assert await budget.take(1, 50)
    assert await budget.take(1, 1) is None


async def test_what_was_not_used_is_given_back(redis: Redis) -> None:
    """A settled call has cost what it cost; one that told nothing has cost all that was set aside."""
    budget = Budget(redis, tokens=1000, micro_usd=1000)
    for usage in (Usage(30, 10, 7), Usage()):
        grant = await budget.take(400, 100)
        assert grant
        await budget.settle(grant, usage)
    assert await budget.today() == {"tokens": 440, "micro_usd": 107}


async def test_a_day_is_forgotten(redis: Redis) -> None:
    """The counters expire."""
    await Budget(redis, tokens=10, micro_usd=10).take(1, 1)
    (key,) = await redis.keys("fc:model:*")
    assert 0 < await redis.ttl(key) <= 2 * 24 * 3600


def test_after_a_rest_one_call_tries() -> None:
    """Three faults in a row open it; then one try a rest, until one succeeds."""
    now = [0.0]
    breaker = Breaker(faults=3, rest=30, clock=lambda: now[0])
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    assert not breaker.allows()
    now[0] = 31
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.succeeded()
    assert breaker.allows()
