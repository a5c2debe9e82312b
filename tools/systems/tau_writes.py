"""What the retail domain of τ-bench does to its records, with every rule that its own tools hold."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tools.systems.base import CustomerId, RejectedError
from tools.systems.writes import (
    Address,
    CancelOrder,
    CancelReason,
    ChangeOrderItems,
    ChangePaymentMethod,
    CreateReturn,
    ExchangeItems,
    Swap,
    UpdateProfile,
    UpdateShippingAddress,
    Write,
    Written,
)

Record = dict[str, Any]
PENDING = "pending"
ITEMS_CHANGED = "pending (item modified)"
_REASONS = {
    CancelReason.NO_LONGER_NEEDED: "no longer needed",
    CancelReason.ORDERED_BY_MISTAKE: "ordered by mistake",
}


class TauWrites:
    """Writes to one copy of the database, each once under its key."""

    def __init__(self, db: dict[str, dict[str, Record]], products: dict[str, str]) -> None:
        self._db = db
        self._products = products
        self._journal: dict[str, tuple[CustomerId, Write, Written]] = {}

    async def write(self, customer: CustomerId, asked: Write, *, idempotency_key: str) -> Written:
        """Do it once per key, whose first result is returned again, or raise `RejectedError`."""
        if standing := self._journal.get(idempotency_key):
            if standing[:2] != (customer, asked):
                raise RejectedError("key_reused")
            return standing[2]
        effect = _EFFECTS.get(type(asked))
        if effect is None:
            raise RejectedError("not_offered")
        if customer not in self._db["users"]:
            raise RejectedError("unknown_customer")
        brought = effect(self, customer, asked)
        receipt = f"T-{len(self._journal) + 1}"
        at = datetime.now(UTC)
        written = Written(receipt=receipt, kind=asked.kind, amount=brought.pop("amount", 0), at=at, details=brought)
        self._journal[idempotency_key] = (customer, asked, written)
        return written

    async def find(self, customer: CustomerId, idempotency_key: str) -> Written | None:
        """Return what was done for this customer under this key."""
        standing = self._journal.get(idempotency_key)
        return standing[2] if standing and standing[0] == customer else None

    def order(self, customer: CustomerId, order: str, *statuses: str) -> Record:
        """Return the customer's order in one of these states, or reject."""
        record = self._db["orders"].get(order)
        if record is None or record["user_id"] != customer:
            raise RejectedError("unknown_order")
        if record["status"] not in statuses:
            raise RejectedError("wrong_status")
        return record

    def method(self, customer: CustomerId, method: str) -> Record:
        """Return the customer's payment method, or reject."""
        found: Record | None = self._db["users"][customer]["payment_methods"].get(method)
        if found is None:
            raise RejectedError("unknown_payment_method")
        return found

    def user(self, customer: CustomerId) -> Record:
        """Return the customer's record."""
        return self._db["users"][customer]

    def swapped(self, order: Record, swaps: tuple[Swap, ...]) -> list[tuple[Record, Record]]:
        """Return each line with the form it becomes, or reject."""
        items = lines(order, [swap.line for swap in swaps])
        found = []
        for item, swap in zip(items, swaps, strict=True):
            if self._products.get(swap.sku) != item["product_id"]:
                raise RejectedError("other_product")
            form = self._db["products"][item["product_id"]]["variants"][swap.sku]
            if not form["available"]:
                raise RejectedError("not_available")
            found.append((item, form))
        return found


def lines(order: Record, wanted: list[str]) -> list[Record]:
    """Return the order's items by their place, each named once, or reject."""
    items = {str(n): item for n, item in enumerate(order["items"], 1)}
    if len(set(wanted)) != len(wanted) or not set(wanted) <= set(items):
        raise RejectedError("unknown_item")
    return [items[line] for line in wanted]


def _minor(price: float) -> int:
    return round(price * 100)


def _difference(found: list[tuple[Record, Record]], asked: int) -> int:
    difference = sum(_minor(form["price"]) - _minor(item["price"]) for item, form in found)
    if difference != asked:
        raise RejectedError("amount_changed")
    return difference


def _refuse_uncovered(method: Record, amount: int) -> None:
    if method["source"] == "gift_card" and _minor(method["balance"]) < amount:
        raise RejectedError("balance_too_low")


def _move(method: Record, amount: int) -> None:
    """Take an amount of minor units off a gift card; the other methods have no balance here."""
    if method["source"] == "gift_card":
        method["balance"] = (_minor(method["balance"]) - amount) / 100


def _entry(kind: str, amount: int, method: str) -> Record:
    return {"transaction_type": kind, "amount": amount / 100, "payment_method_id": method}


def _cancel(at: TauWrites, customer: CustomerId, asked: CancelOrder) -> Record:
    order = at.order(customer, asked.order_id, PENDING)
    if asked.reason not in _REASONS:
        raise RejectedError("reason_not_accepted")
    paid = list(order["payment_history"])
    for payment in paid:
        _move(at.method(customer, payment["payment_method_id"]), -_minor(payment["amount"]))
        order["payment_history"].append(_entry("refund", _minor(payment["amount"]), payment["payment_method_id"]))
    order |= {"status": "cancelled", "cancel_reason": _REASONS[asked.reason]}
    amount = sum(_minor(payment["amount"]) for payment in paid)
    return {"amount": amount, "payment_method": paid[0]["payment_method_id"] if paid else ""}


def _change_items(at: TauWrites, customer: CustomerId, asked: ChangeOrderItems) -> Record:
    order = at.order(customer, asked.order_id, PENDING)
    found = at.swapped(order, asked.swaps)
    if any(item["item_id"] == form["item_id"] for item, form in found):
        raise RejectedError("same_item")
    difference = _difference(found, asked.difference)
    method = at.method(customer, asked.payment_method)
    _refuse_uncovered(method, difference)
    kind = "payment" if difference > 0 else "refund"
    order["payment_history"].append(_entry(kind, abs(difference), asked.payment_method))
    _move(method, difference)
    # The domain's system puts the last form's price and options on every changed line. Its records are its own: this
    # adapter keeps them as it does, and the door verifies by the item that each line is now.
    last = found[-1][1]
    for item, form in found:
        item |= {"item_id": form["item_id"], "price": last["price"], "options": last["options"]}
    order["status"] = ITEMS_CHANGED
    return {"amount": abs(difference), "difference": difference}


def _change_payment(at: TauWrites, customer: CustomerId, asked: ChangePaymentMethod) -> Record:
    order = at.order(customer, asked.order_id, PENDING, ITEMS_CHANGED)
    method = at.method(customer, asked.payment_method)
    history = order["payment_history"]
    if len(history) != 1 or history[0]["transaction_type"] != "payment":
        raise RejectedError("not_one_payment")
    old, amount = history[0]["payment_method_id"], _minor(history[0]["amount"])
    if old == asked.payment_method:
        raise RejectedError("same_method")
    _refuse_uncovered(method, amount)
    history += [_entry("payment", amount, asked.payment_method), _entry("refund", amount, old)]
    _move(method, amount)
    _move(at.method(customer, old), -amount)
    return {"amount": amount, "label": asked.payment_method}


def _change_address(at: TauWrites, customer: CustomerId, asked: UpdateShippingAddress) -> Record:
    at.order(customer, asked.order_id, PENDING, ITEMS_CHANGED)["address"] = _address(asked.address)
    return {}


def _return(at: TauWrites, customer: CustomerId, asked: CreateReturn) -> Record:
    order = at.order(customer, asked.order_id, "delivered")
    method = at.method(customer, asked.payment_method)
    original = order["payment_history"][0]["payment_method_id"]
    if method["source"] != "gift_card" and asked.payment_method != original:
        raise RejectedError("wrong_payment_method")
    items = lines(order, list(asked.lines))
    order |= {
        "status": "return requested",
        "return_items": sorted(item["item_id"] for item in items),
        "return_payment_method_id": asked.payment_method,
    }
    value = sum(_minor(item["price"]) for item in items)
    return {"amount": value, "label": asked.payment_method, "return_code": f"RET-{asked.order_id}"}


def _exchange(at: TauWrites, customer: CustomerId, asked: ExchangeItems) -> Record:
    order = at.order(customer, asked.order_id, "delivered")
    found = at.swapped(order, asked.swaps)
    difference = _difference(found, asked.difference)
    _refuse_uncovered(at.method(customer, asked.payment_method), difference)
    order |= {
        "status": "exchange requested",
        "exchange_items": sorted(item["item_id"] for item, _ in found),
        "exchange_new_items": sorted(form["item_id"] for _, form in found),
        "exchange_payment_method_id": asked.payment_method,
        "exchange_price_difference": difference / 100,
    }
    return {"amount": abs(difference), "difference": difference, "return_code": f"RET-{asked.order_id}"}


def _profile(at: TauWrites, customer: CustomerId, asked: UpdateProfile) -> Record:
    if asked.address is None or asked.model_fields_set != {"address"}:
        raise RejectedError("not_offered")
    at.user(customer)["address"] = _address(asked.address)
    return {"changed": ["address"]}


def _address(given: Address) -> Record:
    return {
        "address1": given.line1,
        "address2": given.line2,
        "city": given.city,
        "country": given.country,
        "state": given.region,
        "zip": given.postal_code,
    }


_EFFECTS: Mapping[type[Write], Callable[[TauWrites, CustomerId, Any], Record]] = {
    CancelOrder: _cancel,
    ChangeOrderItems: _change_items,
    ChangePaymentMethod: _change_payment,
    UpdateShippingAddress: _change_address,
    CreateReturn: _return,
    ExchangeItems: _exchange,
    UpdateProfile: _profile,
}
