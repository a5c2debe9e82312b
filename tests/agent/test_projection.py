"""What a surface sees of an event: the allow-list, and nothing that is not on it."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from agent.channels.html import to_html
from agent.channels.projection import for_customer, for_staff
from agent.events import AgentSaid, Choice, CodeRequested, CustomerSaid, Event, Offer, Offered, StaffEvent

SECRET = "SECRET-VALUE"
ALLOWED = {
    "started": set(),
    "customer_said": {"text", "client_id"},
    "customer_chose": {"label"},
    "progress": {"text"},
    "agent_said": {"turn", "n", "html", "choices", "sources"},
    "offer": {"offer", "title", "facts", "accept", "decline"},
    "offer_settled": {"offer", "result"},
    "receipt": {"offer", "receipt", "title", "facts"},
    "code_requested": {"destination", "digits", "minutes", "resend"},
    "handed_off": {"summary", "reason"},
    "operator_joined": {"name", "initials"},
    "operator_said": {"name", "initials", "html"},
    "operator_released": {"name"},
    "turn_finished": {"turn"},
}
CHOICE = Choice(id="a", label="A")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def kinds(union: Any) -> list[type[BaseModel]]:
    return list(get_args(get_args(union)[0]))


def filled(kind: type[BaseModel]) -> Any:
    """Return an event of a kind with every free field holding the secret."""
    values: dict[str, Any] = {"seq": 1, "at": NOW}
    for name, field in kind.model_fields.items():
        if name in ("kind", "seq", "at"):
            continue
        values[name] = _value(name, field.annotation)
    return kind.model_construct(**({"kind": kind.model_fields["kind"].default} | values))


def _value(name: str, annotation: Any) -> Any:
    special = {"resend": CHOICE, "choices": (), "sources": (), "summary": (SECRET,), "facts": ((SECRET, SECRET),)}
    offer = Offer(
        id="o", case=SECRET, call_key=SECRET, action=SECRET, args={"amount": SECRET}, on=NOW.date(),
        title="t", facts=(), accept=CHOICE, decline=CHOICE,
    )  # fmt: skip
    if name == "offer" and annotation is Offer:
        return offer
    if annotation in (int, bool):
        return 1
    return special.get(name, {SECRET: SECRET} if "dict" in str(annotation) else SECRET)


@pytest.mark.parametrize("kind", kinds(Event), ids=lambda kind: kind.__name__)
def test_a_customer_sees_allowed_kinds_and_fields_only(kind: type[BaseModel]) -> None:
    """Whatever an event holds, only listed fields of listed kinds leave."""
    view = for_customer(filled(kind))
    if view is not None:
        assert set(view) - {"kind", "seq", "at"} <= ALLOWED[view["kind"]]


@pytest.mark.parametrize("kind", kinds(StaffEvent), ids=lambda kind: kind.__name__)
def test_no_staff_event_has_a_customers_view(kind: type[BaseModel]) -> None:
    """Notes, reasons, packets and approvals are not for customers."""
    assert for_customer(filled(kind)) is None


def test_an_offer_shows_no_arguments() -> None:
    """Keys, arguments and cases stay inside."""
    offered = filled(Offered)
    assert SECRET not in str(for_customer(offered))


def test_a_code_request_shows_the_masked_address_only() -> None:
    """Neither the address nor whether there is an account is shown."""
    request = CodeRequested(destination="m••••@x.example", resend=CHOICE, address=SECRET, customer=SECRET, at=NOW)
    assert SECRET not in str(for_customer(request))
    assert SECRET not in str(for_staff(request))


@pytest.mark.parametrize("words", ["123456", " 123 456 ", "123-456"])
def test_a_one_time_code_is_never_shown_again(words: str) -> None:
    """A code in the log is masked wherever it is read."""
    view = for_customer(CustomerSaid(text=words, client_id="c", at=NOW))
    assert view is not None
    assert view["text"] == "••••••"


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](http://evil.example/a.png)",
        "<img src=x onerror=y>",
    ],
)
def test_words_become_safe_html(words: str) -> None:
    """No script, no javascript link, no remote image reaches a page."""
    html = to_html(words)
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_agent_words_carry_their_buttons() -> None:
    """Choices go out as id and label."""
    view = for_customer(AgentSaid(turn=1, n=0, text="Hi", choices=(CHOICE,), at=NOW))
    assert view is not None
    assert view["choices"] == [{"id": "a", "label": "A"}]
