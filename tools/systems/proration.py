"""What a change of plan costs today."""

from datetime import datetime

from tools.systems.base import Subscription


def due_today(subscription: Subscription, price: int, now: datetime) -> int:
    """Return a new plan's price less the unused whole days of the running period, in minor units, rounded down."""
    if subscription.renews_at is None:
        return price
    unused = min(max((subscription.renews_at - now).days, 0), subscription.period_days)
    return price - subscription.price * unused // subscription.period_days
