"""Between two meanings that are about as likely the customer is asked, and not otherwise."""

import pytest

from agent.understand.embedded import close
from agent.understand.head import Scores


def scores(**shares: float) -> Scores:
    """Scores with these shares, best first."""
    return Scores(shares=shares, nearness=0.5, out_of_scope=0.1)


@pytest.mark.parametrize(
    ("found", "types"),
    [
        (scores(refund_request=0.40, order_status=0.35), ("refund", "order_status")),
        (scores(order_status=0.45, refund_request=0.40), ("order_status", "refund")),
        (scores(refund_request=0.80, order_status=0.15), ()),
        (scores(refund_request=0.20, order_status=0.18), ()),
        (scores(order_status=0.40, shipping_delay_or_missing_package=0.38), ()),
        (scores(order_status=0.40, greeting=0.38), ()),
    ],
)
def test_two_close_meanings_are_offered_as_ticket_types(found: Scores, types: tuple[str, ...]) -> None:
    """Close, clear of the rest, and of two ticket types: only then is it a question."""
    assert close(found, "about order 1043") == types
