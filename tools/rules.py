"""What each policy must say for the actions that read it; one model a policy, shared by its actions."""

from tools.limits import Caps
from tools.systems.writes import CancelReason


class OrderRules(Caps):
    """POL-ORDERS."""

    lost_after_days: int | None = None
    cancel_reasons: tuple[CancelReason, ...] = tuple(CancelReason)
    #: After its items were changed an order can no longer be cancelled.
    changed_is_final: bool = False


class ReturnRules(Caps):
    """POL-RETURNS; without a window things can come back at any time."""

    label_days: int | None = None
    return_window_days: int | None = None


class MembershipRules(Caps):
    """POL-MEMBERSHIP."""

    monthly: int  # minor units
    period_days: int
    pause_periods: int


class CreditRules(Caps):
    """POL-CREDIT."""

    #: Above this no credit is given at all.
    credit_max: int


class AccountRules(Caps):
    """POL-ACCOUNT."""
