"""Marks: how we find our own tickets and notes again in somebody else's helpdesk."""

import hashlib
import re

from tools.helpdesk.base import Note, Ticket

_MARK = re.compile(r"fc-[0-9a-f]{12}")
_LINE = re.compile(r"\s*\[fc-[0-9a-f]{12}\]\s*$")


def mark(key: str) -> str:
    """Return the mark of a case or a note: short, searchable, and telling nothing."""
    return f"fc-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def marked(note: Note) -> str:
    """Return a note's body with its mark as the last line."""
    return f"{note.body}\n\n[{mark(note.key)}]"


def subject(ticket: Ticket) -> str:
    """Return a ticket's subject with the case's mark."""
    return f"{ticket.subject or ticket.ticket_type} [{mark(ticket.case)}]"


def opening_line(ticket: Ticket) -> str:
    """Return the line that opens a ticket where the vendor wants one, marked so that it is known as ours."""
    return f"{ticket.subject or ticket.ticket_type}\n\n[{mark(ticket.case)}]"


def unmarked(text: str) -> str:
    """Return a subject or body without its mark, as people read it."""
    return _LINE.sub("", text)


def marks_in(*texts: str) -> frozenset[str]:
    """Return all marks that stand in the texts."""
    return frozenset(found for text in texts for found in _MARK.findall(text))
