"""Money, dates and lists as the customer reads them (babel: CLDR's own formats)."""

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal

from babel.dates import format_skeleton
from babel.lists import format_list
from babel.numbers import format_currency, get_currency_precision

_locale: ContextVar[str] = ContextVar("locale", default="en-US")


def write_in(locale: str) -> None:
    """Write money and days as this locale does (BCP 47, as en-US), from here on in this task."""
    _locale.set(locale)


def money(amount: int, currency: str, locale: str | None = None) -> str:
    """Return an amount of minor units as the locale writes it: "$42.00"."""
    places: int = get_currency_precision(currency)
    return str(format_currency(Decimal(amount).scaleb(-places), currency, locale=_babel(locale)))


def day(moment: datetime, locale: str | None = None) -> str:
    """Return a day as "Fri, Nov 27"."""
    return str(format_skeleton("MMMEd", moment, locale=_babel(locale)))


def listed(names: Sequence[str], locale: str | None = None) -> str:
    """Return names as a list in words: "a, b and c" as the locale joins them."""
    return str(format_list(list(names), locale=_babel(locale)))


def _babel(locale: str | None) -> str:
    return (locale or _locale.get()).replace("-", "_")
