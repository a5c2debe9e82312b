"""Money and dates as the customer reads them (babel: CLDR's own formats)."""

from datetime import datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision


def money(amount: int, currency: str, locale: str = "en-US") -> str:
    """Return an amount of minor units as the locale writes it: "$42.00"."""
    places: int = get_currency_precision(currency)
    return str(format_currency(Decimal(amount).scaleb(-places), currency, locale=locale.replace("-", "_")))


def day(moment: datetime, locale: str = "en-US") -> str:
    """Return a day as "Fri, Nov 27"."""
    return str(format_date(moment, "EEE, MMM d", locale=locale.replace("-", "_")))
