"""The step vocabulary of a ticket type, and the one rule of how it advances: the first step that is not done."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from agent.conversation import Case
from agent.reply import Said
from guardrails.identity import Level
from tools.action import Action, Strict
from tools.fields import partial
from tools.keys import call_key

Output = TypeVar("Output", bound=Strict)


@dataclass(frozen=True)
class Option:
    """One value a slot may take, with the label of its button and the words that name it."""

    value: str
    label: str
    names: tuple[str, ...] = ()
    #: What it is like, each in its own words: "blue", "large", "30 cm".
    attributes: tuple[str, ...] = ()
    #: Minor units, for "the cheapest".
    price: int | None = None
    #: It stands for all the others together: "both", "everything".
    everything: bool = False
    #: Offered as a button; one that is not is only understood.
    shown: bool = True


@dataclass(frozen=True, kw_only=True)
class View:
    """A case with what this turn has read: all that a step may look at."""

    case: Case
    now: datetime
    #: Outputs of this turn's reads under their call keys; older reads do not count.
    reads: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: Any = None

    def read(self, action: Action, args: dict[str, Any], model: type[Output]) -> Output:
        """Return what this turn's read of an action brought; a field that the ticket type may not read is not there."""
        return partial(model, self.reads[call_key(action.name, args)])

    def did(self, action: Action) -> dict[str, Any] | None:
        """Return the output of an action that is done in this case."""
        outcomes = self.case.outcomes.values()
        done = (one for one in outcomes if one["action"] == action.name and one["status"] == "done")
        return next((one["output"] for one in done), None)


Args: TypeAlias = Callable[[View], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A slot to fill: from the message if it names an option, else by asking."""

    slot: str
    ask: str  # key of the question's text
    options: Callable[[View], tuple[Option, ...]]
    #: Reads an answer in the customer's own words, where there is nothing to choose from; None is no answer.
    parse: Callable[[str], str | None] | None = None
    #: The option that needs no question, where the account already tells.
    default: Callable[[View], str | None] = lambda _: None
    #: What to do when there is nothing to choose from.
    none: "Step | None" = None
    #: "The other one" may mean another value of this slot; of a reason it may not.
    thing: bool = True
    #: The option that the customer has now, for "the same but larger".
    current: Callable[[View], str | None] = lambda _: None
    when: Callable[[View], bool] = lambda _: True


@dataclass(frozen=True, kw_only=True)
class Look:
    action: Action
    args: Args = lambda _: {}
    progress: str = ""  # key of the line shown while it runs
    #: What to do when the read is refused.
    otherwise: "Step | None" = None


@dataclass(frozen=True, kw_only=True)
class Check:
    test: Callable[[View], bool]
    otherwise: "Step"


@dataclass(frozen=True, kw_only=True)
class Do:
    """A write: offered for confirmation first; once done, the steps before it are done with it."""

    action: Action
    args: Args
    #: What to say when it is done, from the output that the ledger keeps.
    said: Callable[[dict[str, Any]], tuple[Said, ...]]
    #: What to say when the door refuses it, by code; another refusal goes to a person.
    refused: dict[str, str] = field(default_factory=dict)
    progress: str = ""
    when: Callable[[View], bool] = lambda _: True
    #: Arguments in the customer's own words: masked before the action sees them.
    masked: tuple[str, ...] = ()
    #: What a "no" leads to; without it the request is over.
    declined: "Escalate | None" = None


@dataclass(frozen=True, kw_only=True)
class Tell:
    """Say what the reads or the outcome show, each sentence with its evidence."""

    say: Callable[[View], tuple[Said, ...]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Answer from the articles."""


@dataclass(frozen=True, kw_only=True)
class Resolve:
    code: str


@dataclass(frozen=True, kw_only=True)
class Decline:
    """End the case with a reason and a way out: a person is always offered."""

    say: Callable[[View], tuple[Said, ...]]
    code: str


@dataclass(frozen=True, kw_only=True)
class Forget:
    """Say why a slot's value cannot be, and ask for it again."""

    slot: str
    say: Callable[[View], tuple[Said, ...]]


@dataclass(frozen=True, kw_only=True)
class Escalate:
    reason: str


Step = Ask | Look | Check | Do | Tell | Answer | Resolve | Decline | Forget | Escalate


@dataclass(frozen=True, kw_only=True)
class Charter:
    """What a ticket type answers for; identity and allowed actions follow from its steps."""

    scope: str
    success: str
    eligibility: str
    #: What is not done here, whoever asks.
    never: str
    documented: str
    escalates: str


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One ticket type."""

    ticket_type: str
    policy: str | None
    identity: Level
    steps: tuple[Step, ...]
    charter: Charter
    #: Labels of `agent/understand/labels.py` that start it; what customers then say stands in `flows/examples`.
    labels: tuple[str, ...] = ()
    #: Where several ticket types share a label: the words that mean this one; the one without is meant otherwise.
    said: re.Pattern[str] | None = None
    #: Sets slots from the customer's words before any option is known: order numbers, reasons.
    hear: Callable[[str], dict[str, str]] = lambda _: {}
    tags: tuple[str, ...] = ()
    #: Ticket types that take the place of this one when the customer asks for them in the middle of it.
    instead: tuple[str, ...] = ()
    #: By action, the dotted names of the output fields this ticket type may read; one not named here may be read whole.
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def parser(self, slot: str) -> Callable[[str], str | None] | None:
        """Return what reads the answer to a question that is asked in free words."""
        return next((step.parse for step in self.steps if isinstance(step, Ask) and step.slot == slot), None)

    @property
    def resolved(self) -> str:
        """Return the code of a request that was served."""
        return next(step.code for step in self.steps if isinstance(step, Resolve))

    @property
    def writes(self) -> str | None:
        """Return the name of the action that the request is about; None where nothing is changed."""
        return next((step.action.name for step in self.steps if isinstance(step, Do)), None)

    @property
    def allowlist(self) -> frozenset[str]:
        """Return the names of the actions this ticket type may call."""
        return frozenset(step.action.name for step in self.steps if isinstance(step, Look | Do))


def next_step(flow: Flow, view: View, done: frozenset[int] = frozenset()) -> tuple[int, Step] | None:
    """Return the first step that is not done, with its place; `done` are this turn's tellings."""
    acted = [place for place, step in enumerate(flow.steps) if isinstance(step, Do) and view.did(step.action)]
    for place, step in enumerate(flow.steps):
        if place > max(acted, default=-1) and not _is_done(place, step, view, done):
            return place, step.otherwise if isinstance(step, Check) else step
    return None


def _is_done(place: int, step: Step, view: View, done: frozenset[int]) -> bool:
    match step:
        case Ask():
            return step.slot in view.case.slots or not step.when(view)
        case Look():
            return call_key(step.action.name, step.args(view)) in view.reads
        case Check():
            return step.test(view)
        case Tell() | Answer():
            return place in done
        case Do():
            return not step.when(view)
        case Resolve() | Decline() | Forget() | Escalate():
            return False
