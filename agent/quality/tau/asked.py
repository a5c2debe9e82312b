"""A write of a τ-bench task as a call of ours: the action, and its arguments as a flow would fill them."""

from itertools import zip_longest
from typing import Any

from tools.action import Action
from tools.actions.cancel_order import CANCEL_ORDER
from tools.actions.change_order_items import CHANGE_ORDER_ITEMS
from tools.actions.change_payment_method import CHANGE_PAYMENT_METHOD
from tools.actions.create_return import CREATE_RETURN
from tools.actions.exchange_items import EXCHANGE_ITEMS
from tools.actions.update_profile import UPDATE_PROFILE
from tools.actions.update_shipping_address import UPDATE_SHIPPING_ADDRESS

ACTIONS: dict[str, Action] = {
    "cancel_pending_order": CANCEL_ORDER,
    "exchange_delivered_order_items": EXCHANGE_ITEMS,
    "modify_pending_order_address": UPDATE_SHIPPING_ADDRESS,
    "modify_pending_order_items": CHANGE_ORDER_ITEMS,
    "modify_pending_order_payment": CHANGE_PAYMENT_METHOD,
    "modify_user_address": UPDATE_PROFILE,
    "return_delivered_order_items": CREATE_RETURN,
}
#: Writes nothing: a hand-off is not an action on a system of record.
HANDOFF = "transfer_to_human_agents"
#: A line or form that no order and no product has.
NOWHERE = "none"


def arguments(name: str, given: dict[str, Any], order: dict[str, Any], forms: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the arguments; `order` and `forms` are what the door's reads of the order brought, or empty."""
    match name:
        case "cancel_pending_order":
            return {"order_id": given["order_id"], "reason": given["reason"].replace(" ", "_")}
        case "modify_pending_order_address":
            return {"order_id": given["order_id"], "address": _address(given)}
        case "modify_user_address":
            return {"address": _address(given)}
        case "modify_pending_order_payment":
            return {"order_id": given["order_id"], "payment_method": given["payment_method_id"]}
        case "return_delivered_order_items":
            lines = _lines(given["item_ids"], order)
            return {"order_id": given["order_id"], "lines": lines, "payment_method": given["payment_method_id"]}
        case _:
            return _swap(given, order, forms)


def _swap(given: dict[str, Any], order: dict[str, Any], forms: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = zip_longest(_lines(given["item_ids"], order), given["new_item_ids"], fillvalue=NOWHERE)
    swaps = [{"line": line, "sku": sku} for line, sku in pairs]
    costs = {(form["line"], form["sku"]): form["difference"] for form in forms}
    return {
        "order_id": given["order_id"],
        "swaps": swaps,
        "payment_method": given["payment_method_id"],
        "difference": sum(costs.get((swap["line"], swap["sku"]), 0) for swap in swaps),
    }


def _lines(items: list[str], order: dict[str, Any]) -> list[str]:
    """Return the order line of each item; the same item twice is two lines, if the order has two."""
    left = [(line["sku"], line["id"]) for line in order.get("items", ())]
    found = []
    for item in items:
        line = next((one for one in left if one[0] == item), None)
        if line:
            left.remove(line)
        found.append(line[1] if line else NOWHERE)
    return found


def _address(given: dict[str, Any]) -> dict[str, str]:
    return {
        "line1": given["address1"],
        "line2": given["address2"],
        "city": given["city"],
        "region": given["state"],
        "postal_code": given["zip"],
        "country": given["country"],
    }
