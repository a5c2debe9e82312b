"""The adapter of the retail domain: its rules, held on a made-up shop of two customers."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.quality.tau.run import changed, results
from agent.testing import SOAK
from tools.systems.base import CustomerId, OrderId, RejectedError
from tools.systems.tau_retail import tau_systems
from tools.systems.writes import AddTags, UpdateProfile, kinds

ROOT = Path(__file__).parents[3]
PLACE = {"address1": "1 Fern Road", "address2": "", "city": "Salem", "country": "USA", "state": "OR", "zip": "97301"}


def item(sku: str, price: float, color: str) -> dict[str, Any]:
    return {"name": "Lamp", "product_id": "p1", "item_id": sku, "price": price, "options": {"color": color}}


def order(key: str, status: str, *items: dict[str, Any], by: str = "paypal_1", user: str = "ann") -> dict[str, Any]:
    total = round(sum(one["price"] for one in items), 2)
    paid = {"transaction_type": "payment", "amount": total, "payment_method_id": by}
    return {
        "order_id": key, "user_id": user, "address": PLACE, "items": list(items), "status": status,
        "fulfillments": [], "payment_history": [paid],
    }  # fmt: skip


def user(name: str, *orders: str, gift: float = 5.1) -> dict[str, Any]:
    methods = {
        "paypal_1": {"source": "paypal", "id": "paypal_1"},
        "gift_card_1": {"source": "gift_card", "id": "gift_card_1", "balance": gift},
        "credit_card_1": {"source": "credit_card", "id": "credit_card_1", "brand": "visa", "last_four": "4242"},
    }
    names = {"first_name": name.title(), "last_name": "Lee"}
    return {
        "user_id": name, "name": names, "address": PLACE, "email": f"{name}@example.com",
        "payment_methods": methods, "orders": list(orders),
    }  # fmt: skip


def shop() -> dict[str, dict[str, dict[str, Any]]]:
    forms = {
        "i1": ("blue", 20.1, True),
        "i2": ("red", 25.3, True),
        "i3": ("grey", 19.0, False),
        "i4": ("tan", 18.05, True),
    }
    variants = {
        key: {"item_id": key, "options": {"color": color}, "available": left, "price": price}
        for key, (color, price, left) in forms.items()
    }
    blue, red = item("i1", 20.1, "blue"), item("i2", 25.3, "red")
    made = (
        order("#1", "pending", copy.deepcopy(blue), copy.deepcopy(blue)),
        order("#2", "delivered", copy.deepcopy(blue), copy.deepcopy(red)),
        order("#3", "processed", copy.deepcopy(blue)),
        order("#4", "pending", copy.deepcopy(blue), by="gift_card_1", user="bob"),
    )
    return {
        "products": {"p1": {"name": "Lamp", "product_id": "p1", "variants": variants}},
        "users": {"ann": user("ann", "#1", "#2", "#3"), "bob": user("bob", "#4")},
        "orders": {one["order_id"]: one for one in made},
    }


def write(name: str, **kwargs: Any) -> dict[str, Any]:
    return {"name": name, "kwargs": kwargs}


ADDRESS = PLACE | {"address1": "2 Oak Way"}
CANCEL = write("cancel_pending_order", order_id="#1", reason="no longer needed")
SWAP = {"item_ids": ["i1", "i1"], "new_item_ids": ["i2", "i4"], "payment_method_id": "paypal_1"}
#: What is asked, by whom, and the code it is refused by; none for what is done.
ROWS: list[tuple[str, str, dict[str, Any], str | None]] = [
    ("cancel", "ann", CANCEL, None),
    (
        "cancel what is sent",
        "ann",
        write("cancel_pending_order", order_id="#3", reason="no longer needed"),
        "order_shipped",
    ),
    (
        "a reason of one's own",
        "ann",
        write("cancel_pending_order", order_id="#1", reason="too late"),
        "invalid_arguments",
    ),
    ("somebody else's", "bob", CANCEL, "order_not_found"),
    ("items", "ann", write("modify_pending_order_items", order_id="#1", **SWAP), None),
    (
        "no more of it",
        "ann",
        write(
            "modify_pending_order_items", order_id="#1", **SWAP | {"item_ids": ["i1"] * 3, "new_item_ids": ["i2"] * 3}
        ),
        "item_not_found",
    ),
    (
        "uneven",
        "ann",
        write("modify_pending_order_items", order_id="#1", **SWAP | {"new_item_ids": ["i2"]}),
        "other_product",
    ),
    (
        "the same",
        "ann",
        write("modify_pending_order_items", order_id="#1", **SWAP | {"new_item_ids": ["i1", "i2"]}),
        "same_item",
    ),
    (
        "sold out",
        "ann",
        write("modify_pending_order_items", order_id="#1", **SWAP | {"new_item_ids": ["i3", "i2"]}),
        "not_available",
    ),
    (
        "gift card too small",
        "ann",
        write(
            "modify_pending_order_items",
            order_id="#1",
            **SWAP | {"new_item_ids": ["i2", "i2"], "payment_method_id": "gift_card_1"},
        ),
        "balance_too_low",
    ),
    (
        "no such method",
        "ann",
        write("modify_pending_order_items", order_id="#1", **SWAP | {"payment_method_id": "paypal_2"}),
        "payment_method_not_found",
    ),
    ("payment", "ann", write("modify_pending_order_payment", order_id="#1", payment_method_id="credit_card_1"), None),
    (
        "the same payment",
        "ann",
        write("modify_pending_order_payment", order_id="#1", payment_method_id="paypal_1"),
        "same_payment_method",
    ),
    (
        "gift card too small for all",
        "ann",
        write("modify_pending_order_payment", order_id="#1", payment_method_id="gift_card_1"),
        "balance_too_low",
    ),
    ("order address", "ann", write("modify_pending_order_address", order_id="#1", **ADDRESS), None),
    ("own address", "ann", write("modify_user_address", user_id="ann", **ADDRESS), None),
    (
        "return",
        "ann",
        write("return_delivered_order_items", order_id="#2", item_ids=["i2"], payment_method_id="gift_card_1"),
        None,
    ),
    (
        "return elsewhere",
        "ann",
        write("return_delivered_order_items", order_id="#2", item_ids=["i2"], payment_method_id="credit_card_1"),
        "other_payment_method",
    ),
    (
        "return what is pending",
        "ann",
        write("return_delivered_order_items", order_id="#1", item_ids=["i1"], payment_method_id="paypal_1"),
        "order_pending",
    ),
    (
        "exchange",
        "ann",
        write(
            "exchange_delivered_order_items",
            order_id="#2",
            item_ids=["i1"],
            new_item_ids=["i4"],
            payment_method_id="paypal_1",
        ),
        None,
    ),
    (
        "exchange for the same",
        "ann",
        write(
            "exchange_delivered_order_items",
            order_id="#2",
            item_ids=["i1"],
            new_item_ids=["i1"],
            payment_method_id="paypal_1",
        ),
        None,
    ),
]


async def played(by: str, *asked: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what was refused, and what differs from nothing having changed."""
    task = {"id": "t", "user_id": by, "write_actions": list(asked)}
    found = [one async for one in results(json.dumps(shop()), [task], {})]
    return found[0].refused, found[0].differences


@pytest.mark.parametrize(("_what", "by", "asked", "code"), ROWS, ids=[row[0] for row in ROWS])
async def test_the_domain_lets_pass_and_refuses_as_its_policy_says(
    _what: str, by: str, asked: dict[str, Any], code: str | None
) -> None:
    """What is refused changes no record; what passes changes one."""
    refused, differences = await played(by, asked)
    assert refused == ((f"{asked['name']}: {code}",) if code else ())
    assert any(one.startswith(("orders", "users")) for one in differences) == (code is None)


async def test_after_its_items_were_changed_an_order_is_final_but_for_its_address() -> None:
    """Neither cancelled nor changed again; the benchmark's own tools still move the parcel."""
    change = write("modify_pending_order_items", order_id="#1", **SWAP)
    pay = write("modify_pending_order_payment", order_id="#1", payment_method_id="credit_card_1")
    move = write("modify_pending_order_address", order_id="#1", **ADDRESS)
    refused, differences = await played("ann", change, CANCEL, change, pay, move)
    assert [one.partition(": ")[2] for one in refused] == [
        "items_already_changed", "items_already_changed", "not_one_payment",
    ]  # fmt: skip
    assert any("2 Oak Way" in one for one in differences)


async def test_money_is_exact_to_the_cent() -> None:
    """A gift card pays and gets back whole cents, and the float that is written is the one that was read."""
    db = shop()
    systems = tau_systems(db)
    bob = CustomerId("bob")
    asked = kinds()["cancel_order"].model_validate({"order_id": "#4", "reason": "ordered_by_mistake"})
    written = await systems.writes.write(bob, asked, idempotency_key="k1")
    assert (written.amount, db["users"]["bob"]["payment_methods"]["gift_card_1"]["balance"]) == (2010, 25.2)
    assert await systems.writes.write(bob, asked, idempotency_key="k1") == written
    assert await systems.writes.find(bob, "k1") == written
    assert await systems.writes.find(CustomerId("ann"), "k1") is None
    for other in (asked.model_copy(update={"order_id": "#1"}),):
        with pytest.raises(RejectedError, match="key_reused"):
            await systems.writes.write(bob, other, idempotency_key="k1")


async def test_what_the_domain_does_not_offer_is_refused() -> None:
    """Its profile is the address, and it has no tags."""
    systems = tau_systems(shop())
    for asked in (AddTags(tags=("x",)), UpdateProfile(name="Ann Lee")):
        with pytest.raises(RejectedError, match="not_offered"):
            await systems.writes.write(CustomerId("ann"), asked, idempotency_key=asked.kind)
    with pytest.raises(RejectedError, match="unknown_customer"):
        await systems.writes.write(CustomerId("eve"), UpdateProfile(name="Eve"), idempotency_key="k")


LINE = [{"line": "1", "sku": "i2"}]
OWN_RULES: list[tuple[str, dict[str, Any], str]] = [
    ("cancel_order", {"order_id": "#4", "reason": "no_longer_needed"}, "unknown_order"),
    ("cancel_order", {"order_id": "#3", "reason": "no_longer_needed"}, "wrong_status"),
    ("cancel_order", {"order_id": "#1", "reason": "too_slow"}, "reason_not_accepted"),
    ("change_payment_method", {"order_id": "#1", "payment_method": "paypal_2"}, "unknown_payment_method"),
    ("change_payment_method", {"order_id": "#1", "payment_method": "paypal_1"}, "same_method"),
    ("change_payment_method", {"order_id": "#1", "payment_method": "gift_card_1"}, "balance_too_low"),
    ("create_return", {"order_id": "#2", "lines": ["1"], "payment_method": "credit_card_1"}, "wrong_payment_method"),
    ("create_return", {"order_id": "#2", "lines": ["1", "1"], "payment_method": "paypal_1"}, "unknown_item"),
    ("exchange_items", {"swaps": [{"line": "1", "sku": "i9"}]}, "other_product"),
    ("exchange_items", {"swaps": [{"line": "1", "sku": "i3"}]}, "not_available"),
    ("exchange_items", {"swaps": LINE, "difference": 5}, "amount_changed"),
    ("change_order_items", {"order_id": "#1", "swaps": [{"line": "1", "sku": "i1"}], "difference": 0}, "same_item"),
]


@pytest.mark.parametrize(("kind", "more", "code"), OWN_RULES)
async def test_the_domain_s_system_keeps_its_rules(kind: str, more: dict[str, Any], code: str) -> None:
    """Whatever a gate let pass, the records change by the domain's own rules only."""
    db = shop()
    swap = {"order_id": "#2", "payment_method": "paypal_1", "difference": 520} if "swaps" in more else {}
    asked = kinds()[kind].model_validate(swap | more)
    with pytest.raises(RejectedError) as rejected:
        await tau_systems(db).writes.write(CustomerId("ann"), asked, idempotency_key="k1")
    assert rejected.value.code == code
    assert db == shop()


async def test_the_adapter_reads_one_customer_at_a_time() -> None:
    """Foreign and unknown look alike; what the domain lacks is empty."""
    systems, ann, eve = tau_systems(shop()), CustomerId("ann"), CustomerId("eve")
    assert await systems.orders.order(ann, OrderId("#4")) is None
    assert [one.id for one in await systems.orders.orders(ann)] == ["#3", "#2", "#1"]
    assert not await systems.orders.orders(eve)
    assert not await systems.accounts.payment_methods(eve)
    assert await systems.accounts.customer(eve) is None
    assert await systems.accounts.find_by_email("ANN@example.com ") == ann
    assert len(await systems.billing.payments(ann)) == 3
    assert await systems.orders.forms("nowhere") == ()
    assert await systems.accounts.done(ann, "T-1") is None
    assert not await systems.billing.refunds(ann, OrderId("#2"))
    assert not await systems.subscriptions.subscriptions(ann)
    assert not await systems.subscriptions.plans()
    assert not await systems.incidents.incidents()
    assert not await systems.telemetry.events(ann)


def test_the_command_fails_unless_every_task_matches(tmp_path: Path) -> None:
    """The last line counts, and the exit code is 0 only when nothing differs."""
    after = shop()
    after["users"]["ann"]["address"] = ADDRESS
    task = {"id": "t", "user_id": "nobody", "write_actions": [write("modify_user_address", user_id="ann", **ADDRESS)]}
    right = {"id": "t", "changed": changed(shop(), after), "errors": []}
    (tmp_path / "tau_retail_db.json").write_text(json.dumps(shop()))
    (tmp_path / "tasks.jsonl").write_text(json.dumps(task))
    for name, line, code in (("right", right, 0), ("wrong", right | {"changed": {}}, 1)):
        (tmp_path / name).write_text(json.dumps(line))
        made = CliRunner().invoke(
            app, ["eval", "tau", "--tasks", str(tmp_path / "tasks.jsonl"), "--expected", str(tmp_path / name), "--json"]
        )
        assert made.exit_code == code
        assert json.loads(made.stdout.splitlines()[-1])["matching"] == 1 - code


def shared() -> Path | None:
    """Return the folder of labelled data beside the checkout, if this machine has it."""
    places = (ROOT.parent / "shared" / "data", ROOT.parents[1] / "shared" / "data")
    return next((place for place in places if (place / "tau_retail_db.json").is_file()), None)


@pytest.mark.skipif(shared() is None, reason="There is no ../shared/data beside this checkout.")
async def test_the_benchmark_s_tasks_end_in_the_benchmark_s_records() -> None:
    """Every eighteenth development task; all of them in `make soak`."""
    folder = shared()
    assert folder
    lines = {
        name: [json.loads(line) for line in (folder / f"tau_retail_{name}_dev.jsonl").read_text("utf-8").splitlines()]
        for name in ("tasks", "expected")
    }
    wanted = {line["id"]: line for line in lines["expected"]}
    tasks = lines["tasks"] if SOAK else lines["tasks"][::18]
    found = [one async for one in results((folder / "tau_retail_db.json").read_text("utf-8"), tasks, wanted)]
    assert [one for one in found if one.differences] == []
    assert len(found) == len(tasks)
