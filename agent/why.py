"""Why a turn went as it did, for its row in the audit trail: ids, enums and numbers, never a word of anybody."""

import re
from typing import assert_never

from agent.flow import Answer, Ask, Check, Decline, Do, Escalate, Flow, Forget, Look, Resolve, Step, Tell
from agent.understand.base import Understanding
from guardrails.audit_fields import MOST_ATOMS, Field
from kb.search import SearchResult

# A flow may name its test as it likes: the row must be written all the same.
_NOT_ID = re.compile(r"[^A-Za-z0-9_.:+-]")


class Why:
    """Gathers what a turn understood, which passages it found and which steps it took."""

    def __init__(self) -> None:
        self._meanings: list[str] = []
        self._passages: list[str] = []
        self._steps: list[str] = []

    def meant(self, found: Understanding) -> None:
        """Note what a message was taken to mean, and how surely."""
        commands = "+".join(type(command).__name__ for command in found.commands) or "nothing"
        self._meanings.append(f"{found.intent}:{found.confidence:.2f}:{commands}")

    def searched(self, found: SearchResult) -> None:
        """Note the passages of a search with their scores, and the verdict on them."""
        hits = [f"{hit.article}:{hit.effective}:{hit.score:.3f}" for hit in found.hits]
        self._passages += [*hits, f"verdict:{found.verdict.value}:{found.confidence:.2f}"]

    def stepped(self, flow: Flow, place: int, taken: Step) -> None:
        """Note a step with the reason why it was the next one."""
        kind = type(taken).__name__.lower()
        self._steps.append(f"{flow.ticket_type}.{place + 1}.{kind}:{_reason(flow.steps[place])}")

    def fields(self) -> dict[str, Field]:
        """Return the fields of the turn's row."""
        gathered = {"meanings": self._meanings, "passages": self._passages, "steps": self._steps}
        return {
            name: tuple(_NOT_ID.sub("-", line)[:120] for line in lines[:MOST_ATOMS])
            for name, lines in gathered.items()
            if lines
        }


def _reason(step: Step) -> str:
    """Return why a step was not done yet."""
    match step:
        case Ask():
            return f"missing.{step.slot}"
        case Look():
            return f"unread.{step.action.name}"
        case Check():
            return f"failed.{step.test.__name__.strip('_')}"
        case Do():
            return f"undone.{step.action.name}"
        case Resolve() | Decline():
            return step.code
        case Escalate():
            return step.reason
        case Forget():
            return f"forget.{step.slot}"
        case Tell() | Answer():
            return "untold"
        case _:
            assert_never(step)
