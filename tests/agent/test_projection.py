"""What a surface sees of an event: the allow-list, and nothing that is not on it."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from agent.channels.html import to_html
from agent.channels.projection import for_customer, for_staff
from agent.events import (
    EVENTS,
    STAFF_EVENTS,
    AgentSaid,
    Choice,
    CustomerSaid,
    Event,
    Offer,
    OperatorSaid,
    Source,
    StaffEvent,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
#: For each kind of the customer's: the fields it has, and which fields of the event their values may come from.
ALLOWED: dict[str, tuple[str, set[str], set[str]]] = {
    "conversation_started": ("started", set(), set()),
    "customer_said": ("customer_said", {"text", "client_id"}, {"text", "client_id"}),
    "customer_chose": ("customer_chose", {"label"}, {"label"}),
    "customer_attached": ("attached", {"name"}, {"name"}),
    "progressed": ("progress", {"text"}, {"text"}),
    "agent_said": (
        "agent_said",
        {"turn", "n", "html", "choices", "sources"},
        {"text", "choices.id", "choices.label", "sources.id", "sources.title", "sources.url"},
    ),
    "offered": (
        "offer",
        {"offer", "title", "facts", "accept", "decline"},
        {"offer.id", "offer.title", "offer.facts", "offer.accept.id", "offer.accept.label", "offer.decline.id"}
        | {"offer.decline.label"},
    ),
    "offer_settled": ("offer_settled", {"offer", "result"}, {"offer", "result"}),
    "receipt_issued": (
        "receipt",
        {"offer", "receipt", "title", "facts"},
        {"offer", "receipt", "title", "facts"},
    ),
    "code_requested": (
        "code_requested",
        {"destination", "digits", "minutes", "resend"},
        {"destination", "resend.id", "resend.label"},
    ),
    "handed_off": ("handed_off", {"summary", "reason"}, {"summary", "reason"}),
    "operator_joined": ("operator_joined", {"name", "initials"}, {"name"}),
    "operator_said": ("operator_said", {"name", "initials", "html"}, {"name", "text"}),
    "operator_released": ("operator_released", {"name"}, {"name"}),
    "turn_finished": ("turn_finished", {"turn"}, set()),
}
STAFF_ONLY = {
    "customer_attached": {"upload", "media"},
    "note_added": {"operator", "text"},
    "step_traced": {"room", "line"},
    "approval_changed": {"approval", "state"},
}


def kinds(union: Any) -> list[type[BaseModel]]:
    return list(get_args(get_args(union)[0]))


def mark(name: str) -> str:
    """Return a value that tells which field it was in."""
    return f"«{name}»"


def filled(kind: type[BaseModel], prefix: str = "") -> Any:
    """Return an event of a kind in which every field tells its name."""
    values: dict[str, Any] = {"seq": 1, "at": NOW, "kind": getattr(kind.model_fields.get("kind"), "default", None)}
    for name, field in kind.model_fields.items():
        if name not in values:
            values[name] = _value(prefix + name, field.annotation)
    return kind.model_construct(**{name: value for name, value in values.items() if name in kind.model_fields})


def _value(path: str, annotation: Any) -> Any:
    parts: dict[Any, type[BaseModel]] = {Choice: Choice, Offer: Offer}
    if annotation in parts:
        return filled(parts[annotation], f"{path}.")
    lists: dict[Any, type[BaseModel]] = {tuple[Choice, ...]: Choice, tuple[Source, ...]: Source}
    if annotation in lists:
        return (filled(lists[annotation], f"{path}."),)
    if annotation in (int, bool):
        return 1
    if path.endswith("facts"):
        return ((mark(path), mark(path)),)
    if "tuple[str" in str(annotation):
        return (mark(path),)
    return {mark(path): mark(path)} if "dict" in str(annotation) else mark(path)


def shown(view: object) -> set[str]:
    """Return the fields whose values a view shows."""
    return {part.partition("»")[0] for part in str(view).split("«")[1:]}


ALL = [*kinds(Event), *kinds(StaffEvent)]


def test_every_kind_is_covered() -> None:
    """The list below is the whole closed list: a new kind is a customer's only when it is put on the allow-list."""
    names = {kind.model_fields["kind"].default for kind in ALL}
    assert len(names) == len(ALL) == len(EVENTS.json_schema()["oneOf"]) + len(STAFF_EVENTS.json_schema()["oneOf"])
    assert set(ALLOWED) < names


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: str(kind.__name__))
def test_a_customer_sees_allowed_kinds_and_fields_only(kind: type[BaseModel]) -> None:
    """Whatever an event holds, exactly the listed fields of listed kinds leave, with values from listed places."""
    event = filled(kind)
    view = for_customer(event)
    if event.kind not in ALLOWED:
        assert view is None
        return
    name, fields, places = ALLOWED[event.kind]
    assert view is not None
    assert (view["kind"], set(view)) == (name, fields | {"kind", "seq", "at"})
    assert shown({key: value for key, value in view.items() if key != "initials"}) == places


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: str(kind.__name__))
def test_staff_see_no_arguments_addresses_or_payloads(kind: type[BaseModel]) -> None:
    """What the desk adds to the customer's view is notes, steps and approvals; real values it reads live, audited."""
    event = filled(kind)
    view = for_staff(event)
    beyond = {key: value for key, value in (view or {}).items() if key != "initials"}
    assert shown(beyond) <= ALLOWED.get(event.kind, ("", set(), set()))[2] | STAFF_ONLY.get(event.kind, set())


CODES = ["123456", " 123 456 ", "123-456", "1 2 3 4 5 6", "my code is 123456", "code: 123 456.", "it's 123-456 thanks"]


@pytest.mark.parametrize("project", [for_customer, for_staff])
@pytest.mark.parametrize("words", CODES)
def test_a_one_time_code_is_never_shown_again(project: Any, words: str) -> None:
    """However a code is written that the agent would take, it is masked wherever it is read."""
    text = project(CustomerSaid(text=words, client_id="c", at=NOW))["text"]
    assert "••••••" in text
    assert not any(character.isdigit() for character in text)


@pytest.mark.parametrize("words", ["where is order 1051?", "1043", "call me on Monday at 10", "order 1043 and 1051"])
def test_words_without_a_code_stay_as_they_are(words: str) -> None:
    """Order numbers survive."""
    view = for_customer(CustomerSaid(text=words, client_id="c", at=NOW))
    assert view is not None
    assert view["text"] == words


UNSAFE = [
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](vbscript:a)",
    "[x](&#106;avascript:alert(1))", "[x](data:text/html;base64,AAAA)", "<javascript:alert(1)>",
    "![x](http://evil.example/a.png)", '![x](http://evil.example/a.png "t")', "<img src=x onerror=y>",
    "<a href='javascript:x'>y</a>", "<iframe src=//evil.example></iframe>", "<style>*{}</style>", "<svg/onload=a>",
    "[x][1]\n\n[1]: javascript:alert(1)", "`<script>`", "    <script>alert(1)</script>",
]  # fmt: skip


@pytest.mark.parametrize("words", UNSAFE)
def test_words_become_safe_html(words: str) -> None:
    """No script, frame, style, remote image or scripted link of the agent's or an operator's words reaches a page."""
    said: list[Event] = [AgentSaid(turn=1, n=0, text=words), OperatorSaid(operator="o", name="Sam", text=words)]
    for view in map(for_customer, said):
        assert view is not None
        tags = {part.split(">")[0].split(" ")[0].strip("/") for part in view["html"].split("<")[1:]}
        assert tags <= {"p", "br", "strong", "em", "ul", "ol", "li", "a", "code"}
        assert not [bad for bad in ('href="j', 'href="d', 'href="v', "href='", "src=") if f" {bad}" in _tags_of(view)]


def _tags_of(view: dict[str, Any]) -> str:
    return " ".join(part.split(">")[0] for part in view["html"].split("<")[1:])


def test_plain_markdown_stays_readable() -> None:
    """Bold, lists and links with a real address are shown."""
    html = to_html("**Done.**\n\n- one\n- [two](https://larkspur.example/x)")
    assert "<strong>Done.</strong>" in html
    assert "<li>one</li>" in html
    assert 'href="https://larkspur.example/x"' in html
    assert "noopener" in html
