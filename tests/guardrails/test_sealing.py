"""What is sealed opens only whole, in its place, and while its key exists."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import reading, writing
from guardrails.sealing import Cipher, SealBrokenError, Sealer

MASTER = b"m" * 32


async def test_a_customers_value_opens_again(engine: AsyncEngine) -> None:
    """What was sealed is opened, by another process too."""
    sealed = await Sealer(engine, MASTER).seal("cus-0001", b"18 Alder Lane")
    assert b"Alder" not in sealed
    assert await Sealer(engine, MASTER).open("cus-0001", sealed) == b"18 Alder Lane"


async def test_a_shredded_key_opens_nothing(engine: AsyncEngine) -> None:
    """After shredding, old values are gone, also once the customer has a new key."""
    sealer = Sealer(engine, MASTER)
    old = await sealer.seal("cus-0001", b"old")
    await sealer.shred("cus-0001")
    with pytest.raises(SealBrokenError):
        await sealer.open("cus-0001", old)
    await sealer.seal("cus-0001", b"new")
    with pytest.raises(SealBrokenError):
        await sealer.open("cus-0001", old)


async def test_a_value_does_not_open_for_another_customer(engine: AsyncEngine) -> None:
    """Moved to another customer's row, it is broken."""
    sealer = Sealer(engine, MASTER)
    await sealer.seal("cus-0002", b"theirs")
    with pytest.raises(SealBrokenError):
        await sealer.open("cus-0002", await sealer.seal("cus-0001", b"mine"))


async def test_another_master_key_opens_nothing(engine: AsyncEngine) -> None:
    """The table of keys alone is worth nothing."""
    sealed = await Sealer(engine, MASTER).seal("cus-0001", b"mine")
    with pytest.raises(SealBrokenError):
        await Sealer(engine, b"n" * 32).open("cus-0001", sealed)


async def test_two_first_seals_share_one_key(engine: AsyncEngine) -> None:
    """When two make the key at once, both values open."""
    sealer = Sealer(engine, MASTER)
    sealed = await asyncio.gather(*(sealer.seal("cus-0001", b"%d" % n) for n in range(8)))
    assert [await sealer.open("cus-0001", one) for one in sealed] == [b"%d" % n for n in range(8)]


async def test_the_key_joins_the_callers_transaction(engine: AsyncEngine) -> None:
    """Sealing inside a transaction neither waits for it nor outlives it."""
    sealer = Sealer(engine, MASTER)
    async with writing(engine) as connection:
        sealed = await sealer.seal("cus-0001", b"mine", connection=connection)
        assert await sealer.open("cus-0001", sealed, connection=connection) == b"mine"
        await sealer.shred("cus-0001", connection=connection)
    with pytest.raises(SealBrokenError):
        await sealer.open("cus-0001", sealed)


async def test_the_table_of_keys_names_no_customer(engine: AsyncEngine) -> None:
    """Customers stand in it as keyed hashes."""
    await Sealer(engine, MASTER).seal("cus-0001", b"mine")
    async with reading(engine) as connection:
        rows = (await connection.execute(text("SELECT customer FROM customer_keys"))).scalars().all()
    assert len(rows) == 1
    assert "cus" not in rows[0]


@pytest.mark.parametrize("place", [0, 1, 14, -1])
def test_a_changed_value_is_broken(place: int) -> None:
    """Any flipped byte is noticed."""
    sealed = bytearray(Cipher(MASTER).seal(b"value", b"key"))
    sealed[place] ^= 1
    with pytest.raises(SealBrokenError):
        Cipher(MASTER).open(bytes(sealed), b"key")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + b"x" * 11, b"plain text"])
def test_what_was_never_sealed_is_broken(sealed: bytes) -> None:
    """Foreign bytes give the same typed error."""
    with pytest.raises(SealBrokenError):
        Cipher(MASTER).open(sealed)


def test_a_value_opens_only_in_its_context() -> None:
    """A Redis value copied to another key is broken."""
    cipher = Cipher("m" * 32)
    assert cipher.open(cipher.seal(b"v", b"one"), b"one") == b"v"
    with pytest.raises(SealBrokenError):
        cipher.open(cipher.seal(b"v", b"one"), b"two")


def test_a_short_key_is_refused() -> None:
    """A key has 32 bytes at least."""
    with pytest.raises(ValueError, match="32"):
        Cipher(b"short")
