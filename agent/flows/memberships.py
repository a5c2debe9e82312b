"""What the ticket types about a membership share: which one, and what it is now."""

from collections.abc import Callable

from agent.flow import Ask, Decline, Look, Option, View
from agent.flows.telling import only
from agent.texts import text
from tools.actions.get_subscription import GET_SUBSCRIPTION, PlanView, SubscriptionView
from tools.actions.get_subscription import Output as Memberships
from tools.words import money


def memberships(view: View) -> Memberships:
    """Return the customer's memberships and the plans there are, as this turn has read them."""
    return view.read(GET_SUBSCRIPTION, {}, Memberships)


def membership(view: View) -> SubscriptionView:
    """Return the membership that the case is about."""
    wanted = view.case.slots["subscription"]
    return next(one for one in memberships(view).subscriptions if one.id == wanted)


def membership_args(view: View) -> dict[str, object]:
    """Return the arguments that name the case's membership."""
    return {"subscription": view.case.slots["subscription"]}


def plan_label(plan: PlanView) -> str:
    """Return a plan as a button shows it."""
    return text("plan_label", name=plan.name, price=money(plan.price, plan.currency), days=str(plan.period_days))


def choose_membership(*states: str) -> tuple[Look | Ask, ...]:
    """Return the steps that find the membership in one of these states; with one there is no question."""
    return (
        Look(action=GET_SUBSCRIPTION, progress="looking_membership"),
        Ask(
            slot="subscription",
            ask="ask_membership",
            options=_in(states),
            default=_only(states),
            none=Decline(say=only(f"no_membership_{states[0]}"), code="no_membership"),
        ),
    )


def _in(states: tuple[str, ...]) -> Callable[[View], tuple[Option, ...]]:
    def options(view: View) -> tuple[Option, ...]:
        found = [one for one in memberships(view).subscriptions if one.status in states]
        return tuple(Option(one.id, one.plan_name, names=(one.plan_name,)) for one in found)

    return options


def _only(states: tuple[str, ...]) -> Callable[[View], str | None]:
    def default(view: View) -> str | None:
        found = _in(states)(view)
        return found[0].value if len(found) == 1 else None

    return default
