"""Whom one can be in the lab: seeded customers at whom something can be tried, and somebody not signed in."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whom one can be in the lab, and what is worth trying as them."""

    name: str
    customer: str | None
    about: str
    starters: tuple[str, ...]


_ALL = ("How long can I return things?", "I want to talk to a person")
PEOPLE = (
    Person(
        name="Maya Whitfield",
        customer="cus-0001",
        about="A parcel on its way (1051), a mug to refund (1043), an order from long ago (1012).",
        starters=(
            "Where is my order 1051?",
            "I want a refund for the blue mug from order 1043, it arrived broken",
            *_ALL,
        ),
    ),
    Person(
        name="Tomás Herrera",
        customer="cus-0002",
        about="VIP. A patio set whose refund needs a person's approval (1060).",
        starters=(
            "Where is order 1060?",
            "I want my money back for the patio set from order 1060, it is damaged",
            *_ALL,
        ),
    ),
    Person(
        name="Bram de Wit",
        customer="cus-0004",
        about="One order, still being packed (1070).",
        starters=("Where is my order?", "I want a refund for order 1070", *_ALL),
    ),
    Person(
        name="Priya Raman",
        customer="cus-0005",
        about="No orders at all.",
        starters=("Where is my order?", "I want a refund", *_ALL),
    ),
    Person(
        name="Noah Lindqvist",
        customer="cus-0006",
        about="A lost parcel (1080) and an order that partly came back (1081).",
        starters=("Where is order 1080?", "I want a refund for order 1080", *_ALL),
    ),
    Person(
        name="Visitor",
        customer=None,
        about="Not signed in. Proves an address by the code in the mailbox.",
        starters=("Where is order 1070?", "I want a refund", *_ALL),
    ),
)
