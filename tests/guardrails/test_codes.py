"""One-time codes: few attempts, one use, nothing readable at rest."""

import asyncio
import re

import pytest
from redis.asyncio import Redis

from guardrails.codes import Codes, CodeVerdict, TooManyCodesError

SECRET = "k" * 32
KEY = "fc:{b1}:cnv-1"
ADA = "ada@example.com"


@pytest.fixture
def codes(redis: Redis) -> Codes:
    """Codes on a real Redis."""
    return Codes(redis, SECRET)


def other(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_a_right_code_is_right_once(codes: Codes) -> None:
    """The same code is not taken a second time."""
    code = await codes.start("cnv-1", KEY, "ada@example.com")
    assert await codes.check("cnv-1", KEY, ADA, f" {code[:3]}-{code[3:]} ") is CodeVerdict.RIGHT
    assert await codes.check("cnv-1", KEY, ADA, code) is CodeVerdict.EXPIRED


async def test_parallel_use_succeeds_once(codes: Codes) -> None:
    """Of many checks at the same moment one is right."""
    code = await codes.start("cnv-1", KEY, "ada@example.com")
    answers = await asyncio.gather(*(codes.check("cnv-1", KEY, ADA, code) for _ in range(20)))
    assert answers.count(CodeVerdict.RIGHT) == 1


async def test_the_sixth_attempt_is_locked_even_if_right(codes: Codes) -> None:
    """Five wrong codes lock it."""
    code = await codes.start("cnv-1", KEY, "ada@example.com")
    answers = await asyncio.gather(*(codes.check("cnv-1", KEY, ADA, other(code)) for _ in range(7)))
    assert answers.count(CodeVerdict.WRONG) == 5
    assert await codes.check("cnv-1", KEY, ADA, code) is CodeVerdict.LOCKED


async def test_a_code_belongs_to_its_conversation(codes: Codes) -> None:
    """Another conversation's code is wrong."""
    code = await codes.start("cnv-1", KEY, "ada@example.com")
    assert await codes.check("cnv-2", KEY, ADA, code) is CodeVerdict.WRONG


async def test_a_new_code_replaces_the_old(codes: Codes) -> None:
    """Only the latest code counts, with attempts of its own."""
    first = await codes.start("cnv-1", KEY, "ada@example.com")
    second = await codes.start("cnv-1", KEY, "ada@example.com")
    if first != second:
        assert await codes.check("cnv-1", KEY, ADA, first) is CodeVerdict.WRONG
    assert await codes.check("cnv-1", KEY, ADA, second) is CodeVerdict.RIGHT


async def test_a_code_ends(codes: Codes, redis: Redis) -> None:
    """It lives ten minutes and no longer."""
    code = await codes.start("cnv-1", KEY, "ada@example.com")
    assert 590 < await redis.ttl(f"{KEY}:code") <= 600
    await redis.pexpire(f"{KEY}:code", 1)
    await asyncio.sleep(0.05)
    assert await codes.check("cnv-1", KEY, ADA, code) is CodeVerdict.EXPIRED


async def test_a_conversation_gets_three_codes(codes: Codes) -> None:
    """The fourth within ten minutes is refused."""
    for _ in range(3):
        await codes.start("cnv-1", KEY, "ada@example.com")
    with pytest.raises(TooManyCodesError) as refused:
        await codes.start("cnv-1", KEY, "ada@example.com")
    assert 0 < refused.value.seconds <= 600


async def test_an_address_gets_five_codes(codes: Codes) -> None:
    """The sixth within an hour is refused, from whatever conversation and however it is written."""
    for n in range(5):
        await codes.start(f"cnv-{n}", f"fc:{{b{n}}}:cnv-{n}", " Ada@Example.com")
    with pytest.raises(TooManyCodesError) as refused:
        await codes.start("cnv-9", "fc:{b9}:cnv-9", "ada@example.com")
    assert refused.value.seconds > 600


async def test_redis_holds_no_code_and_no_address(codes: Codes, redis: Redis) -> None:
    """At rest there are keyed hashes only."""
    code = await codes.start("cnv-1", KEY, "ada@example.com")
    held = f"{await redis.keys()}{await redis.hgetall(f'{KEY}:code')}"
    assert code not in re.findall(r"\d+", held)
    assert "ada" not in held


async def test_a_code_proves_the_address_it_was_sent_to(codes: Codes) -> None:
    """It is wrong for any other address, and right for its own however that is spelled."""
    code = await codes.start("cnv-1", KEY, ADA)
    assert await codes.check("cnv-1", KEY, "eve@example.com", code) is CodeVerdict.WRONG
    assert await codes.check("cnv-1", KEY, " Ada@Example.com ", code) is CodeVerdict.RIGHT
