"""Systems of record behind the REST contract of `openapi.json`: bounded waits, one token to read, one to write."""

import asyncio
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from tools.systems.base import (
    Customer,
    CustomerId,
    ErrorEvent,
    Form,
    Incident,
    Order,
    OrderId,
    Payment,
    PaymentMethod,
    Refund,
    RejectedError,
    Subscription,
    SubscriptionPlan,
    Systems,
    SystemUnavailableError,
)
from tools.systems.writes import Write, Written

T = TypeVar("T")

#: Seconds; a write must answer well within the ledger's claim.
TIMEOUT = httpx.Timeout(2.0, connect=1.0)
#: Seconds before each further try. A write is tried again under the same idempotency key, so it happens once.
BACK_OFF = (0.05, 0.2)
_AGAIN = (429, 502, 503, 504)


@dataclass(frozen=True)
class Line:
    """One credential's connection."""

    client: httpx.AsyncClient
    token: str
    back_off: tuple[float, ...] = BACK_OFF

    async def ask(self, method: str, *path: str, json: Any = None, key: str = "") -> httpx.Response | None:
        """Return the answer, None where there is no such thing, or raise that nobody can say."""
        headers = {"authorization": f"Bearer {self.token}"} | ({"idempotency-key": key} if key else {})
        url = "/v1/" + "/".join(quote(part, safe="") for part in path)
        for pause in (*self.back_off, None):
            answer = await self._once(method, url, json, headers)
            if answer is not None and answer.status_code not in _AGAIN:
                return _checked(answer)
            if pause is not None:
                await asyncio.sleep(pause)
        raise SystemUnavailableError("The system of record did not answer.")

    async def _once(self, method: str, url: str, json: Any, headers: dict[str, str]) -> httpx.Response | None:
        try:
            return await self.client.request(method, url, json=json, headers=headers, timeout=TIMEOUT)
        except httpx.TransportError:
            return None

    async def read(self, shape: Any, *path: str) -> Any:
        """Return what is there, or None."""
        answer = await self.ask("GET", *path)
        return None if answer is None else _parsed(shape, answer)


def _checked(answer: httpx.Response) -> httpx.Response | None:
    if answer.status_code == 404:
        return None
    if answer.status_code == 409:
        raise RejectedError(_parsed(_Refusal, answer)["code"])
    if answer.is_success:
        return answer
    # A refused credential or schema is ours to repair: to the customer it is a system that does not answer.
    raise SystemUnavailableError(f"The system of record answered {answer.status_code}.")


_Refusal = dict[str, str]


def _parsed(shape: Any, answer: httpx.Response) -> Any:
    try:
        return TypeAdapter(shape).validate_json(answer.content)
    except ValidationError as error:
        raise SystemUnavailableError("The system of record answered something else than its contract.") from error


class HttpReads:
    """Every reading protocol at once, with the credential that cannot write."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def customer(self, customer: CustomerId) -> Customer | None:
        """Return the customer, or None if there is none by this id."""
        found: Customer | None = await self._line.read(Customer, "customers", customer)
        return found

    async def find_by_email(self, email: str) -> CustomerId | None:
        """Return the customer with this address, whatever its case."""
        answer = await self._line.ask("POST", "customers", "search", json={"email": email})
        return None if answer is None else CustomerId(_parsed(_Refusal, answer)["id"])

    async def payment_methods(self, customer: CustomerId) -> tuple[PaymentMethod, ...]:
        """Return what the customer may pay with."""
        return await self._many(PaymentMethod, "customers", customer, "payment-methods")

    async def done(self, customer: CustomerId, receipt: str) -> Written | None:
        """Return what was done for the customer under a receipt."""
        found: Written | None = await self._line.read(Written, "customers", customer, "receipts", receipt)
        return found

    async def orders(self, customer: CustomerId) -> tuple[Order, ...]:
        """Return the customer's orders, newest first."""
        return await self._many(Order, "customers", customer, "orders")

    async def order(self, customer: CustomerId, order: OrderId) -> Order | None:
        """Return the order, or None if it does not exist or is another customer's."""
        found: Order | None = await self._line.read(Order, "customers", customer, "orders", order)
        return found

    async def forms(self, sku: str) -> tuple[Form, ...]:
        """Return every form of the product that this one is a form of."""
        return await self._many(Form, "forms", sku)

    async def refunds(self, customer: CustomerId, order: OrderId) -> tuple[Refund, ...]:
        """Return the refunds of the customer's order, oldest first."""
        return await self._many(Refund, "customers", customer, "orders", order, "refunds")

    async def payments(self, customer: CustomerId) -> tuple[Payment, ...]:
        """Return the customer's charges, newest first."""
        return await self._many(Payment, "customers", customer, "payments")

    async def subscriptions(self, customer: CustomerId) -> tuple[Subscription, ...]:
        """Return the customer's subscriptions."""
        return await self._many(Subscription, "customers", customer, "subscriptions")

    async def plans(self) -> tuple[SubscriptionPlan, ...]:
        """Return what can be subscribed to."""
        return await self._many(SubscriptionPlan, "plans")

    async def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents, open ones first."""
        return await self._many(Incident, "incidents")

    async def events(self, customer: CustomerId) -> tuple[ErrorEvent, ...]:
        """Return the customer's latest error events, newest first."""
        return await self._many(ErrorEvent, "customers", customer, "events")

    async def _many(self, shape: type[T], *path: str) -> tuple[T, ...]:
        found: tuple[T, ...] | None = await self._line.read(tuple[shape, ...], *path)  # type: ignore[valid-type]
        return found or ()


class HttpWrites:
    """The writing protocol, with the credential that no reader holds."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def write(self, customer: CustomerId, asked: Write, *, idempotency_key: str) -> Written:
        """Do it once per key, whose first result is returned again, or raise `RejectedError`."""
        path = ("customers", customer, "writes", asked.kind)
        answer = await self._line.ask("POST", *path, json=asked.model_dump(mode="json"), key=idempotency_key)
        if answer is None:
            raise RejectedError("not_offered")
        written: Written = _parsed(Written, answer)
        return written

    async def find(self, customer: CustomerId, idempotency_key: str) -> Written | None:
        """Return what was done for this customer under this key."""
        found: Written | None = await self._line.read(Written, "customers", customer, "writes", idempotency_key)
        return found


def http_systems(client: httpx.AsyncClient, *, read_token: str, write_token: str) -> Systems:
    """Return systems behind the contract at the client's base URL."""
    reads = HttpReads(Line(client, read_token))
    return Systems(
        accounts=reads,
        orders=reads,
        billing=reads,
        subscriptions=reads,
        incidents=reads,
        telemetry=reads,
        writes=HttpWrites(Line(client, write_token)),
    )
