"""What a turn works with: made once in bootstrap, handed to every turn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.handoff import Records
from agent.phrasing import Phrasing
from agent.rollout import Rollout
from agent.store import Store
from agent.understand.base import Understand
from guardrails.audit import Audit
from guardrails.codes import Codes
from kb.policy import Policies
from kb.search import Index
from tools.approvals import Approvals
from tools.run import Door


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The rooms a turn enters, in no order."""

    store: Store
    door: Door
    understand: Understand
    index: Index
    policies: Policies
    records: Records
    approvals: Approvals
    audit: Audit
    codes: Codes
    rollout: Rollout
    clock: Callable[[], datetime]
    company: str
    #: A lease that is not renewed for this long is anybody's.
    lease_seconds: float
    #: Rewords replies; None where they are said as the texts have them.
    phrasing: Phrasing | None = None
