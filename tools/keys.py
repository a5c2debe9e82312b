"""Keys that bind a consent, an outcome and an effect to exact arguments."""

import hashlib
import json
from typing import Any


def call_key(action: str, args: dict[str, Any]) -> str:
    """Return the same short key for the same action and arguments, and another one for any change."""
    canonical = json.dumps([action, args], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:20]


def idempotency_key(case: str, key: str) -> str:
    """Return the key under which a call's effect happens at most once within a case."""
    return hashlib.sha256(f"{case}\n{key}".encode()).hexdigest()[:32]
