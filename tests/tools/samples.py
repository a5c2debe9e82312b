"""One call of every action that the demo company lets through, and the parts to send it with."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from guardrails.identity import Level, Principal
from kb.policy import Policies, PolicySnapshot
from tools import actions
from tools.action import Action, Effect
from tools.call import Call
from tools.keys import call_key

MAYA, TOMAS, BRAM, PRIYA, NOAH = "cus-0001", "cus-0002", "cus-0004", "cus-0005", "cus-0006"
PAUSED = "cus-0011"
MUG: dict[str, Any] = {"order_id": "1043", "item": "1", "amount": 1800, "reason": "damaged"}
ADDRESS = {"line1": "7 Fern Road", "city": "Salem", "region": "OR", "postal_code": "97301"}


@cache
def all_actions() -> dict[str, Action]:
    """Return every action there is, by name."""
    modules = (import_module(f"{actions.__name__}.{one.name}") for one in iter_modules(actions.__path__))
    found = (value for module in modules for value in vars(module).values() if isinstance(value, Action))
    return {action.name: action for action in found}


@dataclass(frozen=True)
class Sample:
    """A write that the seeded shop allows, with the write that must come before it."""

    name: str
    customer: str
    args: dict[str, Any] = field(default_factory=dict)
    before: str = ""

    @property
    def action(self) -> Action:
        return all_actions()[self.name]


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("issue_refund", MAYA, MUG),
        Sample("undo_refund", MAYA, {"order_id": "1043", "receipt": "R-20701"}, before="issue_refund"),
        Sample("issue_credit", MAYA, {"amount": 1000, "reason": "late", "order_id": "1043"}),
        Sample("create_return", MAYA, {"order_id": "1043", "lines": ["1"], "payment_method": "card-0001"}),
        Sample(
            "exchange_items",
            MAYA,
            {
                "order_id": "1043",
                "swaps": [{"line": "1", "sku": "KITC-01B"}],
                "payment_method": "card-0001",
                "difference": 0,
            },
        ),
        Sample("create_replacement", MAYA, {"order_id": "1043", "lines": ["1"]}),
        Sample("cancel_order", BRAM, {"order_id": "1070", "reason": "too_slow"}),
        Sample(
            "change_order_items",
            BRAM,
            {
                "order_id": "1070",
                "swaps": [{"line": "1", "sku": "TRAI-01A"}],
                "payment_method": "gift-0004",
                "difference": -2000,
            },
        ),
        Sample("change_payment_method", BRAM, {"order_id": "1070", "payment_method": "gift-0004"}),
        Sample("update_shipping_address", BRAM, {"order_id": "1070", "address": ADDRESS}),
        Sample("cancel_subscription", MAYA, {"subscription": "plus-0001"}),
        Sample("pause_subscription", MAYA, {"subscription": "plus-0001", "periods": 1}),
        Sample("resume_subscription", PAUSED, {"subscription": "plus-0011"}),
        # 25 of 30 paid days of $7.99 are left.
        Sample("change_plan", MAYA, {"subscription": "plus-0001", "plan": "plus-yearly", "due_today": 7990 - 665}),
        Sample("start_password_reset", MAYA),
        Sample("resend_verification", PRIYA),
        Sample("update_profile", MAYA, {"phone": "+1 503-555-0190", "address": ADDRESS, "marketing": True}),
        Sample("add_tags", MAYA, {"tags": ["mug-broken"]}),
        Sample("freeze_account", MAYA, {"reason": "compromised"}),
        Sample(
            "open_engineering_ticket",
            MAYA,
            {
                "area": "checkout",
                "symptom": "coupon-field-frozen",
                "version": "web 4.18.2",
                "device": "Firefox on Windows",
                "happened_at": "2026-11-23T09:30:00Z",
                "steps": "Open the basket and type a code.",
                "expected": "The code is taken.",
                "actual": "The field does not react.",
            },
        ),
    )
}
WRITES = tuple(name for name, action in all_actions().items() if action.effect is Effect.WRITE)


@cache
def _policies() -> PolicySnapshot:
    return Policies(Path(__file__).parents[2] / "kb" / "policies").snapshot()


def call(sample: Sample, on: datetime, *, confirmed: bool = True, **more: Any) -> Call:
    """Return a sample's call under the shipped policies, changed as the test says."""
    action = sample.action
    loaded = _policies().load(action.policy, action.rules, on.date()) if action.policy and action.rules else None
    made = Call(
        action=action,
        args=sample.args,
        conversation="cnv-sample",
        case="cnv-sample.1",
        principal=Principal(sample.customer, Level.SIGNED_IN),
        allowlist=frozenset({action.name}),
        rules=loaded.rules if loaded else None,
        policy_hash=loaded.content_hash if loaded else None,
        consents=frozenset({call_key(action.name, sample.args)}) if confirmed else frozenset(),
    )
    return replace(made, **more)
