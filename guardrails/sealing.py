"""Values at rest, encrypted: one key per customer in SQL, one key for everything in Redis."""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, LargeBinary, String, Table, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import metadata, reading, writing

_FORM = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32

customer_keys = Table(
    "customer_keys",
    metadata,
    Column("customer", String(64), primary_key=True, comment="HMAC of the customer id"),
    Column("wrapped", LargeBinary, nullable=False),
)

_NEW_KEY = text(
    "INSERT INTO customer_keys (customer, wrapped) VALUES (:customer, :wrapped) ON CONFLICT (customer) DO NOTHING"
)


class SealBrokenError(Exception):
    """The value cannot be opened: it was changed, moved, or its key was shredded."""


class Cipher:
    """AES-GCM under one key; a value opens only in the context in which it was sealed."""

    def __init__(self, key: str | bytes) -> None:
        raw = key.encode() if isinstance(key, str) else key
        if len(raw) < _KEY_BYTES:
            raise ValueError("an encryption key has at least 32 bytes")
        self._aes = AESGCM(_derive(raw, b"firstcontact/cipher"))

    def seal(self, plain: bytes, context: bytes = b"") -> bytes:
        """Encrypt."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + self._aes.encrypt(nonce, plain, _FORM + context)

    def open(self, sealed: bytes, context: bytes = b"") -> bytes:
        """Decrypt, or raise SealBrokenError."""
        start = len(_FORM)
        if sealed[:start] != _FORM:
            raise SealBrokenError
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        try:
            return self._aes.decrypt(nonce, body, _FORM + context)
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError from error


class Sealer:
    """Seals a customer's values so that shredding one key erases them all, backups included."""

    def __init__(self, engine: AsyncEngine, master_key: str | bytes) -> None:
        raw = master_key.encode() if isinstance(master_key, str) else master_key
        self._engine = engine
        self._wrapping = Cipher(raw)
        self._naming = _derive(raw, b"firstcontact/customer")

    async def seal(self, customer: str, plain: bytes, *, connection: AsyncConnection | None = None) -> bytes:
        """Encrypt for this customer; inside a write transaction pass its connection."""
        return (await self._cipher_or_new(customer, connection)).seal(plain, self._name(customer).encode())

    async def open(self, customer: str, sealed: bytes, *, connection: AsyncConnection | None = None) -> bytes:
        """Decrypt, or raise SealBrokenError."""
        cipher = await self._find(customer, connection)
        if cipher is None:
            raise SealBrokenError
        return cipher.open(sealed, self._name(customer).encode())

    async def shred(self, customer: str, *, connection: AsyncConnection | None = None) -> int:
        """Forget the customer's key, so that nothing sealed for them opens again; return how many keys there were."""
        statement = delete(customer_keys).where(customer_keys.c.customer == self._name(customer))
        if connection is not None:
            return int((await connection.execute(statement)).rowcount)
        async with writing(self._engine) as own:
            return int((await own.execute(statement)).rowcount)

    def pseudonym(self, customer: str) -> str:
        """Return what stands for a customer where the id itself may not: the same for each, and no way back."""
        return "gone-" + self._name(customer)[:32]

    async def _cipher_or_new(self, customer: str, connection: AsyncConnection | None) -> Cipher:
        found = await self._find(customer, connection)
        if found is not None:
            return found
        name = self._name(customer)
        new = {"customer": name, "wrapped": self._wrapping.seal(os.urandom(_KEY_BYTES), name.encode())}
        if connection is not None:
            await connection.execute(_NEW_KEY, new)
        else:
            async with writing(self._engine) as own:
                await own.execute(_NEW_KEY, new)
        # Read again: if somebody else made the key meanwhile, theirs counts.
        found = await self._find(customer, connection)
        if found is None:
            raise SealBrokenError
        return found

    async def _find(self, customer: str, connection: AsyncConnection | None) -> Cipher | None:
        # Never cached: a key shredded by one process must be gone for all of them.
        name = self._name(customer)
        statement = select(customer_keys.c.wrapped).where(customer_keys.c.customer == name)
        if connection is not None:
            wrapped = (await connection.execute(statement)).scalar_one_or_none()
        else:
            async with reading(self._engine) as own:
                wrapped = (await own.execute(statement)).scalar_one_or_none()
        return None if wrapped is None else Cipher(self._wrapping.open(wrapped, name.encode()))

    def _name(self, customer: str) -> str:
        return hmac.new(self._naming, customer.encode(), "sha256").hexdigest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose).derive(key)
