"""Signed webhooks: constant-time comparison and a tolerance in time; who may repeat a call is decided by its `once`."""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime

#: A call that is older, or from further in the future, is refused.
TOLERANCE_SECONDS = 300
TIMESTAMP, SIGNATURE = "x-firstcontact-timestamp", "x-firstcontact-signature"


def fresh(at: float, now: datetime) -> bool:
    """Answer whether a call was signed about now."""
    return abs(now.timestamp() - at) <= TOLERANCE_SECONDS


def same(given: str, wanted: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a helpdesk that has none of its own: HMAC-SHA256 of “timestamp.body”, in Base64."""
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256")).decode()


def verified(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> str | None:
    """Return the signature of a call that was signed with the secret, or None. Without a secret nobody may call."""
    timestamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not secret or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return None
    if not same(given, sign(secret, timestamp, body)) or not fresh(int(timestamp), now):
        return None
    return given
