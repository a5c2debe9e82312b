"""What a running server holds beside the turn's parts."""

from dataclasses import dataclass

from agent.attachments import Attachments
from agent.demo import Demo
from agent.parts import Parts
from agent.settings import Settings
from agent.sweeper import Sweeper
from agent.takeover import Takeover
from agent.wakes import Wakes
from guardrails.identity import Tokens
from guardrails.limits import Limits
from tools.helpdesk.outbox import Outbox
from tools.helpdesk.tickets import Tickets


@dataclass(frozen=True, kw_only=True)
class App:
    """Handed to every channel."""

    settings: Settings
    parts: Parts
    tokens: Tokens
    limits: Limits
    sweeper: Sweeper
    wakes: Wakes
    takeover: Takeover
    helpdesk: Tickets
    attachments: Attachments
    outbox: Outbox
    origins: tuple[str, ...]
    #: Only where the demo runs: on this machine alone.
    demo: Demo | None
