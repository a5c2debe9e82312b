"""What a change of plan costs today."""

from datetime import datetime
from typing import Protocol


class Running(Protocol):
    """A membership as far as its price and days go."""

    @property
    def price(self) -> int: ...
    @property
    def period_days(self) -> int: ...
    @property
    def renews_at(self) -> datetime | None: ...


def due_today(subscription: Running, price: int, now: datetime) -> int:
    """Return a new plan's price less the unused whole days of the running period, in minor units, rounded down."""
    if subscription.renews_at is None:
        return price
    unused = min(max((subscription.renews_at - now).days, 0), subscription.period_days)
    return price - subscription.price * unused // subscription.period_days
