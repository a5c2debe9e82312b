"""How long each store keeps what it holds: every default in one place."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class Retention(BaseModel):
    """Limits of the stores in days, but for `silent_minutes`; what is still open stays until it is closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: After this long without a word a conversation is archived; it goes on if the customer comes back.
    silent_minutes: int = Field(default=60, ge=1)
    #: A request that waits for the customer's answer ends as `no_reply`.
    no_reply_days: int = Field(default=1, ge=1)
    #: Conversations that wait for a person, or that one holds, beyond their session; their ticket stays open.
    handoff_days: int = Field(default=30, ge=1)
    #: Closed conversations, redacted. POL-PRIVACY promises it to customers.
    archive_days: int = Field(default=90, ge=1)
    #: What customers attached.
    upload_days: int = Field(default=30, ge=1)
    #: Approvals, decided or not: one that nobody decides runs out.
    approval_days: int = Field(default=30, ge=1)
    #: Deliveries: a payload goes when it has arrived, the row keeps a repeat from being sent.
    outbox_days: int = Field(default=30, ge=1)
    #: Sealed arguments and outputs of settled actions; ids, amounts and receipts stay as books.
    ledger_days: int = Field(default=90, ge=1)
    #: Resolved tickets of the embedded helpdesk, with their notes.
    ticket_days: int = Field(default=365, ge=1)
    #: The demo's mailbox.
    mailbox_days: int = Field(default=1, ge=1)
    #: Log files, counted from their last line.
    log_days: int = Field(default=14, ge=1)

    def limits(self) -> dict[str, timedelta]:
        """Return every store's limit under the name in its field: `archive` for `archive_days`."""
        days = {name: value for name, value in self.model_dump().items() if name.endswith("_days")}
        return {name.removesuffix("_days"): timedelta(days=value) for name, value in days.items()}
