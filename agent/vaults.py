"""Each conversation's vault, kept beside its log: encrypted, and gone when the log is."""

import json
from typing import Any

from agent.store import Store
from guardrails.pii.vault import Vault
from guardrails.sealing import Cipher


class Vaults:
    """Keeps placeholders the same for as long as a conversation lasts, in whichever process its turns are taken."""

    def __init__(self, store: Store, cipher: Cipher, *, retention_seconds: int) -> None:
        self._store = store
        self._cipher = cipher
        self._ttl = retention_seconds

    async def load(self, conversation: str) -> Vault:
        """Return the conversation's vault; an empty one where none is kept."""
        kept: Any = await self._store.redis.getex(self._store.key(conversation, "vault"), ex=self._ttl)
        return Vault(json.loads(self._cipher.open(kept, _context(conversation)))) if kept else Vault()

    async def keep(self, conversation: str, vault: Vault) -> None:
        """Keep it; the turn's lease sees to it that nobody else does at the same time."""
        sealed = self._cipher.seal(json.dumps(vault.values).encode(), _context(conversation))
        await self._store.redis.set(self._store.key(conversation, "vault"), sealed, ex=self._ttl)


def _context(conversation: str) -> bytes:
    return f"vault/{conversation}".encode()
