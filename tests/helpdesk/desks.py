"""Every helpdesk adapter, each with the nearest thing to its vendor that can run here."""

from importlib import import_module
from pathlib import Path
from typing import Any

from stub import Stub

from tools.helpdesk.base import Attachment, Note, Requester, Ticket, TicketStatus, Visibility
from tools.helpdesk.choose import vendors

MAYA = Requester(name="Maya Whitfield", email="maya@example.com")
FILE = Attachment(name="mug.txt", content_type="text/plain", content=b"c21hc2hlZA==")
VENDORS = vendors()
#: What stands for those vendors whose product cannot run here; Request Tracker and our own run for real.
STUBBED = tuple(name for name in VENDORS if Path(__file__).with_name(f"{name}_stub.py").exists())


def stub_of(name: str) -> tuple[Stub, dict[str, str]]:
    """Return a vendor's stand-in and the environment that leads to it."""
    module = import_module(f"{name}_stub")
    found: Any = next(
        one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Stub) and one is not Stub
    )
    return found(), module.ENVIRONMENT


def note(key: str, visibility: Visibility, body: str, *files: Attachment) -> Note:
    """Return a note."""
    return Note(key=key, visibility=visibility, body=body, attachments=files)


def ticket(case: str = "cnv-1.2.0", *notes: Note, **more: Any) -> Ticket:
    """Return a ticket of Maya's, changed as the test says."""
    values: dict[str, Any] = {
        "case": case,
        "conversation": "cnv-1",
        "customer": "cus-0001",
        "ticket_type": "refund",
        "status": TicketStatus.OPEN,
        "code": None,
        "tags": ("firstcontact", "refund"),
        "subject": "A refund (order 1043)",
        "category": "billing",
        "requester": MAYA,
        "notes": notes,
    }
    return Ticket(**(values | more))
