"""The closed list of what a message can mean."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StartFlow:
    ticket_type: str


@dataclass(frozen=True)
class SetSlot:
    name: str
    value: str


@dataclass(frozen=True)
class Affirm:
    #: The offer whose button was pressed; words name none.
    offer: str | None = None


@dataclass(frozen=True)
class Deny:
    offer: str | None = None


@dataclass(frozen=True)
class CancelFlow:
    pass


@dataclass(frozen=True)
class AskKnowledge:
    query: str


@dataclass(frozen=True)
class GiveEmail:
    address: str


@dataclass(frozen=True)
class GiveCode:
    code: str


@dataclass(frozen=True)
class ResendCode:
    pass


@dataclass(frozen=True)
class AskPerson:
    pass


@dataclass(frozen=True)
class AskWhetherHuman:
    """ "Are you a robot?" """


@dataclass(frozen=True)
class Greet:
    pass


@dataclass(frozen=True)
class Thank:
    pass


@dataclass(frozen=True)
class OutOfScope:
    """Nothing this agent knows how to take up."""


@dataclass(frozen=True)
class ChooseOther:
    """ "No, the other one": another of the options at hand, where only one other is left."""


@dataclass(frozen=True)
class Repeat:
    """ "Say that again" """


@dataclass(frozen=True)
class Clarify:
    """Two or more meanings are about as likely: ticket types to offer as buttons, the likeliest first."""

    ticket_types: tuple[str, ...]


Command = (
    StartFlow
    | SetSlot
    | Affirm
    | Deny
    | CancelFlow
    | AskKnowledge
    | GiveEmail
    | GiveCode
    | ResendCode
    | AskPerson
    | AskWhetherHuman
    | Greet
    | Thank
    | OutOfScope
    | ChooseOther
    | Repeat
    | Clarify
)
