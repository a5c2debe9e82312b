"""What may be asked of the systems of record: one record an effect, with every field that decides it.

A record is the input of the action that asks, the body of the HTTP contract, and what an idempotency key is bound to.
Whose it is stands in none of them. Amounts are minor units of the account's currency.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(min_length=1, max_length=40)]
Line = Annotated[str, Field(min_length=1, max_length=40, description="an order line")]
Lines = Annotated[tuple[Line, ...], Field(min_length=1, max_length=40)]
Words = Annotated[str, Field(min_length=1, max_length=600)]
Short = Annotated[str, Field(min_length=1, max_length=120)]


class Strict(BaseModel):
    """A schema that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Write(Strict):
    """Base of every effect; `kind` names it on the wire."""

    kind: ClassVar[str]


class Written(Strict):
    """What a system of record did: it answers the same again for the same key."""

    receipt: str
    kind: str
    amount: int = 0  # minor units
    currency: str = "USD"
    at: datetime
    #: What the effect brought: ids, labels, amounts, times in ISO 8601.
    details: dict[str, Any] = {}


class RefundReason(StrEnum):
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    CHANGED_MIND = "changed_mind"
    LOST = "lost"


class CancelReason(StrEnum):
    NO_LONGER_NEEDED = "no_longer_needed"
    ORDERED_BY_MISTAKE = "ordered_by_mistake"
    TOO_SLOW = "too_slow"
    FOUND_ELSEWHERE = "found_elsewhere"


class CreditReason(StrEnum):
    LATE = "late"
    POOR_SERVICE = "poor_service"
    DAMAGED = "damaged"
    GOODWILL = "goodwill"


class FreezeReason(StrEnum):
    UNAUTHORISED_CHARGE = "unauthorised_charge"
    COMPROMISED = "compromised"


class Address(Strict):
    """A postal address."""

    line1: Short
    line2: Annotated[str, Field(max_length=120)] = ""
    city: Short
    region: Annotated[str, Field(max_length=60)] = ""
    postal_code: Annotated[str, Field(min_length=1, max_length=20)]
    country: Annotated[str, Field(min_length=2, max_length=60)] = "USA"

    def one_line(self) -> str:
        """Return it as one line; the home country is left out."""
        place = f"{self.city}, {self.region} {self.postal_code}" if self.region else f"{self.city} {self.postal_code}"
        parts = (self.line1, self.line2, place, "" if self.country == "USA" else self.country)
        return ", ".join(part for part in parts if part)


class Swap(Strict):
    """One order line for another form of the same product."""

    line: Line
    sku: Id


Swaps = Annotated[tuple[Swap, ...], Field(min_length=1, max_length=40)]


class RefundOrder(Write):
    """Money back to where it came from; with `partial` the amount may be less than what is left."""

    kind: ClassVar[str] = "issue_refund"
    order_id: Id
    item: Line | None = Field(default=None, description="the order line; none for the whole order")
    amount: int = Field(gt=0, description="minor units")
    reason: RefundReason
    partial: bool = False


class UndoRefund(Write):
    kind: ClassVar[str] = "undo_refund"
    order_id: Id
    receipt: Id


class IssueCredit(Write):
    """Store credit that the customer can spend."""

    kind: ClassVar[str] = "issue_credit"
    amount: int = Field(gt=0, description="minor units")
    reason: CreditReason
    order_id: Id | None = None


class CreateReturn(Write):
    """Lines that come back; the money goes to the payment method when they have arrived."""

    kind: ClassVar[str] = "create_return"
    order_id: Id
    lines: Lines
    payment_method: Id


class ExchangeItems(Write):
    """Lines that come back for other forms of the same product; `difference` is what they cost more, or less."""

    kind: ClassVar[str] = "exchange_items"
    order_id: Id
    swaps: Swaps
    payment_method: Id
    difference: int = Field(description="minor units; below zero the customer gets money")


class CreateReplacement(Write):
    """The same lines sent again without charge."""

    kind: ClassVar[str] = "create_replacement"
    order_id: Id
    lines: Lines


class CancelOrder(Write):
    kind: ClassVar[str] = "cancel_order"
    order_id: Id
    reason: CancelReason


class ChangeOrderItems(Write):
    """Lines of an order not yet sent, in other forms of the same product."""

    kind: ClassVar[str] = "change_order_items"
    order_id: Id
    swaps: Swaps
    payment_method: Id
    difference: int = Field(description="minor units; below zero the customer gets money")


class ChangePaymentMethod(Write):
    kind: ClassVar[str] = "change_payment_method"
    order_id: Id
    payment_method: Id


class UpdateShippingAddress(Write):
    kind: ClassVar[str] = "update_shipping_address"
    order_id: Id
    address: Address


class CancelSubscription(Write):
    kind: ClassVar[str] = "cancel_subscription"
    subscription: Id


class PauseSubscription(Write):
    kind: ClassVar[str] = "pause_subscription"
    subscription: Id
    periods: int = Field(gt=0, le=12)


class ResumeSubscription(Write):
    kind: ClassVar[str] = "resume_subscription"
    subscription: Id


class ChangePlan(Write):
    """`due_today` is the new plan's price less what is left of the old one; below zero it becomes store credit."""

    kind: ClassVar[str] = "change_plan"
    subscription: Id
    plan: Id
    due_today: int = Field(description="minor units")


class StartPasswordReset(Write):
    """A reset link to the account's own address, never to another."""

    kind: ClassVar[str] = "start_password_reset"


class ResendVerification(Write):
    kind: ClassVar[str] = "resend_verification"


class UpdateProfile(Write):
    """What is given changes, the rest stays; the e-mail address is not changed in a chat."""

    kind: ClassVar[str] = "update_profile"
    name: Short | None = None
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ().-]{7,30}$")] | None = None
    address: Address | None = None
    marketing: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> "UpdateProfile":
        if not self.model_dump(exclude_none=True):
            raise ValueError("Nothing is to change.")
        return self


class AddTags(Write):
    kind: ClassVar[str] = "add_tags"
    tags: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,30}$")], ...], Field(min_length=1, max_length=8)]


class OpenIssue(Write):
    """An engineering ticket: every part is required; the same area and symptom is one ticket with many chats."""

    kind: ClassVar[str] = "open_engineering_ticket"
    area: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    symptom: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
    version: Short
    device: Short
    happened_at: datetime
    steps: Words
    expected: Words
    actual: Words
    events: Annotated[tuple[Short, ...], Field(max_length=20)] = ()
    #: The conversation that reports it, from the session.
    link: Id


class FreezeAccount(Write):
    kind: ClassVar[str] = "freeze_account"
    reason: FreezeReason


def kinds() -> dict[str, type[Write]]:
    """Return every effect by its kind."""
    return {write.kind: write for write in Write.__subclasses__()}
