"""The seed files of the demo company as typed records."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from tools.systems.base import OrderStatus, Tier
from tools.systems.shop import SubscriptionStatus

CURRENCY = "USD"
FOLDER = Path(__file__).parent / "larkspur"
#: Forms that cannot be bought just now.
SOLD_OUT = frozenset({"KITC-01C", "KITC-16B"})

T = TypeVar("T")


class _Seed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Form(_Seed):
    """A product in one of the forms that can be bought."""

    sku: str
    name: str
    variant: str
    category: str
    price: int


class SeedCustomer(_Seed):
    """A person or company that shops at Larkspur, with the card they pay by."""

    id: str
    name: str
    tier: Tier
    email: str
    phone: str
    address: str
    card: str
    locale: str
    gift_card: int | None = None
    paypal: bool = False


class SeedLine(_Seed):
    """An order line, with how many pieces came back."""

    product: str
    variant: str = ""
    quantity: int = 1
    returned: int = 0


class SeedOrder(_Seed):
    """An order with its times in days from the moment of seeding."""

    number: int
    customer: str
    status: OrderStatus
    placed: Decimal
    shipped: Decimal | None = None
    expected: Decimal | None = None
    delivered: Decimal | None = None
    returned: Decimal | None = None
    carrier: str | None = None
    charges: int = 1
    items: tuple[SeedLine, ...]
    notes: str = ""


class SeedErrorEvent(_Seed):
    """What the app or site saw go wrong for a customer, in days from the moment of seeding."""

    customer: str
    at: Decimal
    area: str
    code: str
    version: str
    device: str


class SeedSubscription(_Seed):
    """A membership with its times in days from the moment of seeding."""

    customer: str
    status: SubscriptionStatus
    started: Decimal
    ended: Decimal | None = None


class SeedIncident(_Seed):
    """Something that went wrong for many, with its times in days from the moment of seeding."""

    id: str
    area: str
    title: str
    message: str
    affects: tuple[str, ...]
    started: Decimal
    resolved: Decimal | None = None


class _Product(_Seed):
    name: str
    price: int = 0
    variants: tuple[str, ...] | dict[str, int] = ()

    def prices(self) -> dict[str, int]:
        """Return the price of each variant."""
        if isinstance(self.variants, dict):
            return self.variants
        return dict.fromkeys(self.variants or ("",), self.price)


@cache
def forms() -> tuple[Form, ...]:
    """Return everything in the catalogue."""
    found: list[Form] = []
    for category, products in _read("products.yaml", dict[str, tuple[_Product, ...]]).items():
        for n, product in enumerate(products, 1):
            sku = f"{category[:4].upper().strip()}-{n:02d}"
            for letter, (variant, price) in zip("ABCDEF", product.prices().items(), strict=False):
                found.append(Form(sku=sku + letter, name=product.name, variant=variant, category=category, price=price))
    return tuple(found)


@cache
def customers() -> tuple[SeedCustomer, ...]:
    """Return the customers, the ones that tests name first."""
    return _read("customers.yaml", tuple[SeedCustomer, ...])


@cache
def named_orders() -> tuple[SeedOrder, ...]:
    """Return the orders written by hand; their numbers are reserved."""
    return _read("orders.yaml", tuple[SeedOrder, ...])


@cache
def subscriptions() -> tuple[SeedSubscription, ...]:
    """Return the memberships."""
    return _read("subscriptions.yaml", tuple[SeedSubscription, ...])


@cache
def error_events() -> tuple[SeedErrorEvent, ...]:
    """Return what the shop's app and site saw go wrong."""
    return _read("telemetry.yaml", tuple[SeedErrorEvent, ...])


@cache
def incidents() -> tuple[SeedIncident, ...]:
    """Return the incidents."""
    return _read("incidents.yaml", tuple[SeedIncident, ...])


def _read(name: str, shape: type[T]) -> T:
    written: Any = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return TypeAdapter(shape).validate_python(written)
