"""Limits hold in any window, for every process at once."""

import asyncio

from redis.asyncio import Redis

from guardrails.limits import Limits


async def test_no_more_than_the_limit_at_once(redis: Redis) -> None:
    """Of many at the same moment exactly the limit is allowed."""
    answers = await asyncio.gather(*(Limits(redis).take("chat:1", 5, 60) for _ in range(40)))
    assert answers.count(None) == 5
    assert all(answer is None or 0 < answer <= 60 for answer in answers)


async def test_the_wait_that_is_told_is_enough(redis: Redis) -> None:
    """After the seconds told, the next one is allowed."""
    limits = Limits(redis)
    assert await limits.take("chat:1", 1, 1) is None
    wait = await limits.take("chat:1", 1, 1)
    assert wait == 1
    await asyncio.sleep(wait)
    assert await limits.take("chat:1", 1, 1) is None


async def test_scopes_do_not_touch(redis: Redis) -> None:
    """One scope's limit is not another's."""
    limits = Limits(redis)
    assert [await limits.take(scope, 1, 60) for scope in ("a", "b", "a")][:2] == [None, None]


async def test_scopes_are_not_readable_in_redis(redis: Redis) -> None:
    """A scope may name an address: no key shows it, and every key ends."""
    await Limits(redis).take("ada@example.com", 1, 60)
    (key,) = await redis.keys()
    assert b"ada" not in key
    assert 0 < await redis.ttl(key) <= 60
