"""What a ticket type does not declare it never gets to see."""

from collections.abc import Awaitable, Callable

import pytest

from agent.flow import Do, Look
from agent.flows import flows
from agent.testing import Chat
from tools.actions.get_order import OrderView
from tools.actions.list_orders import Output as Orders
from tools.fields import field_names, partial, trimmed

Open = Callable[[str | None], Awaitable[Chat]]
READ = {"id": "1043", "total": 4200, "items": [{"id": "1", "name": "mug"}, {"id": "2", "name": "lamp"}]}


@pytest.mark.parametrize(
    ("reads", "left"),
    [
        (None, READ),
        ({"id"}, {"id": "1043"}),
        ({"items.name"}, {"items": [{"name": "mug"}, {"name": "lamp"}]}),
        ({"items"}, {"items": [{}, {}]}),
        ({"none"}, {}),
    ],
)
def test_only_what_is_named_is_left(reads: set[str] | None, left: object) -> None:
    """Field by field, inside of lists too."""
    assert trimmed(READ, frozenset(reads) if reads is not None else None) == left


def test_a_field_that_is_not_there_cannot_be_asked_for() -> None:
    """Not even as its default."""
    read = partial(OrderView, {"id": "1043", "carrier": "UPS"})
    assert (read.id, read.carrier) == ("1043", "UPS")
    for name in ("payment_method", "left_to_refund", "tracking"):
        with pytest.raises(AttributeError):
            getattr(read, name)


def test_lists_of_models_are_partial_too() -> None:
    """The nested rows as well."""
    read = partial(Orders, {"orders": [{"id": "1043"}]})
    assert read.orders[0].id == "1043"
    with pytest.raises(AttributeError):
        assert read.orders[0].total


async def test_the_rest_never_leaves_the_door(chat: Open) -> None:
    """The trail of an order's status names no way of paying."""
    maya = await chat("cus-0001")
    assert "1051" in await maya.says("where is order 1051?")
    calls = [row.fields for row in await maya.parts.audit.rows(maya.id) if row.fields.get("action") == "get_order"]
    assert {"status", "carrier"} <= set(calls[0]["read"])  # type: ignore[arg-type]  # a tuple of names
    assert not {"payment_method", "left_to_refund", "total"} & set(calls[0]["read"])  # type: ignore[arg-type]


def test_what_a_ticket_type_declares_exists() -> None:
    """Each name is a field of an action that the ticket type may call."""
    for flow in flows().values():
        actions = {step.action.name: step.action for step in flow.steps if isinstance(step, Look | Do)}
        for action, names in flow.reads.items():
            assert names <= _declared(actions[action].output.model_json_schema())


def _declared(schema: dict[str, object]) -> set[str]:
    """Return the dotted names of a schema's fields."""

    def sample(node: dict[str, object]) -> object:
        if "$ref" in node:
            return sample(schema["$defs"][str(node["$ref"]).rpartition("/")[2]])  # type: ignore[index]
        if "properties" in node:
            return {name: sample(one) for name, one in node["properties"].items()}  # type: ignore[attr-defined]
        return [sample(node["items"])] if "items" in node else None  # type: ignore[arg-type]

    return set(field_names(sample(schema)))  # type: ignore[arg-type]
