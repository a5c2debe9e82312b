"""Caps that a policy sets for its actions, and the limits of the ledger they become."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.action import Facts, Limit, Scope

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


class Caps(BaseModel):
    """Internal rules that any policy may set; what is left out has no cap. Amounts are minor units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Above this an operator approves.
    approval_over: int | None = None
    ticket_count: int | None = None
    ticket_amount: int | None = None
    #: For one customer in 24 hours.
    daily_count: int | None = None
    daily_amount: int | None = None
    #: For all customers together in 24 hours.
    company_daily_amount: int | None = None
    #: For one customer in `velocity_minutes`.
    velocity_count: int | None = None
    velocity_minutes: int = 60


def capped(facts: Facts, _given: Any) -> tuple[Limit, ...]:
    """Return the limits of the policy in force; an action without a policy has none."""
    caps: Caps | None = facts.rules
    if caps is None:
        return ()
    day, while_ago = facts.now - timedelta(days=1), facts.now - timedelta(minutes=caps.velocity_minutes)
    limits = (
        Limit(code="ticket_count", scope=Scope.TICKET, since=_ALWAYS, max_count=caps.ticket_count),
        Limit(code="ticket_amount", scope=Scope.TICKET, since=_ALWAYS, max_amount=caps.ticket_amount),
        Limit(code="velocity", since=while_ago, max_count=caps.velocity_count),
        Limit(code="daily_count", since=day, max_count=caps.daily_count),
        Limit(code="daily_amount", since=day, max_amount=caps.daily_amount),
        Limit(code="company_daily_amount", scope=Scope.COMPANY, since=day, max_amount=caps.company_daily_amount),
    )
    return tuple(limit for limit in limits if limit.max_count is not None or limit.max_amount is not None)
