"""HTTP to a helpdesk: what each kind of failure means for a delivery."""

import base64
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from tools.helpdesk.errors import DelayedError, DeliveryError, NotSentError, RefusedError

_SECONDS = 15.0
_LONGEST_WAIT = 3600.0


def basic(name: str, secret: str) -> dict[str, str]:
    """Return the header of basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


class Wire:
    """A connection to one helpdesk."""

    def __init__(self, url: str, headers: dict[str, str], transport: httpx.AsyncBaseTransport | None) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, headers={"Accept": "application/json", **headers}, transport=transport, timeout=_SECONDS
        )

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request and return a success, or raise what its failure means."""
        try:
            response = await self._client.request(method, path, **request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as failure:
            raise NotSentError(type(failure).__name__) from failure
        except httpx.TransportError as failure:
            raise DeliveryError(type(failure).__name__) from failure
        if not response.is_success:
            raise _meaning(response)
        return response

    async def json(self, method: str, path: str, **request: Any) -> Any:
        """Send a request and return what the answer says."""
        response = await self.send(method, path, **request)
        try:
            return response.json()
        except ValueError as broken:
            raise DeliveryError("unreadable_answer") from broken

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _meaning(response: httpx.Response) -> DeliveryError:
    """Say what a refusal means; the vendor's words may hold the customer's, so only the status is kept."""
    status, why = response.status_code, f"http_{response.status_code}"
    if status == 429:
        return DelayedError(why, _retry_after(response))
    if status in (401, 403):
        # A wrong token is put right in the settings; until then nothing is lost.
        return NotSentError(why)
    if 400 <= status < 500 and status not in (408, 409, 423, 425):
        return RefusedError(why)
    return DeliveryError(why)


def _retry_after(response: httpx.Response) -> float:
    """Return the seconds of a Retry-After header, which may also name a time."""
    given = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(given) if given[:1].isdigit() else _until(given)
    except (ValueError, TypeError):
        seconds = 30.0
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _until(moment: str) -> float:
    return (parsedate_to_datetime(moment) - datetime.now(UTC)).total_seconds()
