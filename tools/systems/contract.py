"""The REST contract behind which a company puts its own systems of record, as a server over any of ours.

Reads and writes take different bearer tokens; a write takes an `Idempotency-Key` header and answers the same again for
the same key. 404: there is no such thing, or it is another customer's. 409: refused, with `{"code": …}`; nothing
happened. 401 and 403: the credential. 5xx, or no answer: nobody can say. `openapi.json` beside this file is what this
server publishes.
"""

import hmac
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

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
from tools.systems.writes import Written, kinds

T = TypeVar("T")
_NO_SUCH = "There is no such thing."


def serve_contract(systems: Systems, *, read_token: str, write_token: str) -> FastAPI:
    """Return the server; each token opens its own half and nothing else."""
    app = FastAPI(title="First Contact: systems of record", version="1", docs_url=None, redoc_url=None)
    reads, writes = [Depends(_bearer(read_token))], [Depends(_bearer(write_token))]
    _read_routes(app, systems, reads)
    _order_routes(app, systems, reads)
    _write_routes(app, systems, writes)

    @app.exception_handler(RejectedError)
    async def rejected(_request: Request, error: RejectedError) -> JSONResponse:
        return JSONResponse({"code": error.code}, status_code=409)

    @app.exception_handler(SystemUnavailableError)
    async def unavailable(_request: Request, _error: SystemUnavailableError) -> JSONResponse:
        return JSONResponse({"code": "unavailable"}, status_code=503)

    return app


def _bearer(token: str) -> Any:
    async def check(authorization: Annotated[str, Header()] = "") -> None:
        if not authorization:
            raise HTTPException(401, "A bearer token is needed.")
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(403, "This token does not open this.")

    return check


def _read_routes(app: FastAPI, systems: Systems, reads: list[Any]) -> None:
    @app.get("/v1/customers/{customer}", dependencies=reads)
    async def get_customer(customer: str) -> Customer:
        return _found(await systems.accounts.customer(CustomerId(customer)))

    @app.post("/v1/customers/search", dependencies=reads)
    async def find_customer(request: Request) -> dict[str, str]:
        """Find by `{"email": …}`, which does not belong into a URL."""
        email = (await request.json()).get("email", "")
        return {"id": _found(await systems.accounts.find_by_email(str(email)))}

    @app.get("/v1/customers/{customer}/payment-methods", dependencies=reads)
    async def payment_methods(customer: str) -> tuple[PaymentMethod, ...]:
        return await systems.accounts.payment_methods(CustomerId(customer))

    @app.get("/v1/customers/{customer}/receipts/{receipt}", dependencies=reads)
    async def receipt(customer: str, receipt: str) -> Written:
        return _found(await systems.accounts.done(CustomerId(customer), receipt))

    @app.get("/v1/customers/{customer}/payments", dependencies=reads)
    async def payments(customer: str) -> tuple[Payment, ...]:
        return await systems.billing.payments(CustomerId(customer))

    @app.get("/v1/customers/{customer}/subscriptions", dependencies=reads)
    async def subscriptions(customer: str) -> tuple[Subscription, ...]:
        return await systems.subscriptions.subscriptions(CustomerId(customer))

    @app.get("/v1/customers/{customer}/events", dependencies=reads)
    async def events(customer: str) -> tuple[ErrorEvent, ...]:
        return await systems.telemetry.events(CustomerId(customer))

    @app.get("/v1/plans", dependencies=reads)
    async def plans() -> tuple[SubscriptionPlan, ...]:
        return await systems.subscriptions.plans()

    @app.get("/v1/incidents", dependencies=reads)
    async def incidents() -> tuple[Incident, ...]:
        return await systems.incidents.incidents()


def _order_routes(app: FastAPI, systems: Systems, reads: list[Any]) -> None:
    @app.get("/v1/customers/{customer}/orders", dependencies=reads)
    async def orders(customer: str) -> tuple[Order, ...]:
        return await systems.orders.orders(CustomerId(customer))

    @app.get("/v1/customers/{customer}/orders/{order}", dependencies=reads)
    async def one_order(customer: str, order: str) -> Order:
        return _found(await systems.orders.order(CustomerId(customer), OrderId(order)))

    @app.get("/v1/customers/{customer}/orders/{order}/refunds", dependencies=reads)
    async def refunds(customer: str, order: str) -> tuple[Refund, ...]:
        return await systems.billing.refunds(CustomerId(customer), OrderId(order))

    @app.get("/v1/forms/{sku}", dependencies=reads)
    async def forms(sku: str) -> tuple[Form, ...]:
        return await systems.orders.forms(sku)


def _write_routes(app: FastAPI, systems: Systems, writes: list[Any]) -> None:
    @app.get("/v1/customers/{customer}/writes/{key}", dependencies=writes)
    async def find(customer: str, key: str) -> Written:
        """Return what was done under an idempotency key."""
        return _found(await systems.writes.find(CustomerId(customer), key))

    for kind, shape in sorted(kinds().items()):
        body = {
            "requestBody": {"required": True, "content": {"application/json": {"schema": shape.model_json_schema()}}}
        }

        def bound(kind: str = kind) -> Any:
            async def write(
                customer: str, request: Request, idempotency_key: Annotated[str, Header(max_length=120)]
            ) -> Written:
                try:
                    asked = kinds()[kind].model_validate_json(await request.body())
                except ValidationError:
                    raise HTTPException(422, "The body does not fit the schema.") from None
                return await systems.writes.write(CustomerId(customer), asked, idempotency_key=idempotency_key)

            return write

        path = f"/v1/customers/{{customer}}/writes/{kind}"
        app.post(path, name=kind, operation_id=kind, dependencies=writes, openapi_extra=body)(bound())


def _found(value: T | None) -> T:
    if value is None:
        raise HTTPException(404, _NO_SUCH)
    return value
