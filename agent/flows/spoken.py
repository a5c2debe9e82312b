"""Values that customers write in their own words: an address, a phone number, a name, a sentence."""

import json
import re

from pydantic import ValidationError

from tools.systems.writes import Address

_ZIP = re.compile(r"\b(?P<code>\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b", re.I)
_REGION = re.compile(r"\b(?P<region>[A-Za-z]{2})$")
_UNIT = re.compile(r",?\s*\b(?P<unit>(?:apt|apartment|unit|suite|ste|flat|#)\.?\s*\w{1,6})\b,?", re.I)
_LEAD = re.compile(
    r"^.*?\b(?:address(?: is| to|:)?|send it to|ship it to|ship to|deliver to|moved to|it'?s|change it to|to)\s+(?=\d)",
    re.I,
)
_BEFORE_NUMBER = re.compile(r"^(?:no|sorry|wait|oops|actually|make it|it is|rather|instead)\b[^\d]{0,30}(?=\d)", re.I)
_PHONE = re.compile(r"\+?\d[\d ().-]{5,28}\d")
_CITY_WORDS = re.compile(
    r"^(?P<line>.*\b(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|way|court|ct|place|pl|"
    r"boulevard|blvd|terrace|square|sq|parkway|row|hill)\b\.?)\s*,?\s+(?P<city>.+)$",
    re.I,
)
_NAME = re.compile(r"[^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*){0,4}")
_NAME_LEAD = re.compile(r"^(?:my (?:new )?name is|it'?s|it should (?:be|say)|change it to|please|to)\s+", re.I)


def hear_address(words: str) -> str | None:
    """Return a postal address as JSON, where the words hold a street, a place and a postal code; else None.

    Forms read: "12 Elm Street, Apt 3, Salem, OR 97301", "12 elm street salem or 97301".
    """
    said = _LEAD.sub("", " ".join(words.split())).strip(" .!")
    said = _BEFORE_NUMBER.sub("", said)
    code = list(_ZIP.finditer(said))
    if not code or not re.match(r"\d", said):
        return None
    before = said[: code[-1].start()].strip(" ,")
    unit = _UNIT.search(before)
    line2 = unit["unit"] if unit else ""
    before = _UNIT.sub(", ", before, count=1).strip(" ,") if unit else before
    region = _REGION.search(before) if re.match(r"\d{5}", code[-1]["code"]) else None
    before = before[: region.start()].strip(" ,") if region else before
    line1, city = _street_and_city(before)
    try:
        found = Address(
            line1=line1, line2=line2, city=city, postal_code=code[-1]["code"].upper(),
            region=region["region"].upper() if region else "",
        )  # fmt: skip
    except ValidationError:
        return None
    return found.model_dump_json()


def _street_and_city(words: str) -> tuple[str, str]:
    if "," in words:
        line, _, city = words.rpartition(",")
        return line.strip(), city.strip()
    if split := _CITY_WORDS.match(words):
        return split["line"].strip(), split["city"].strip()
    return words, ""


def address(value: str) -> dict[str, str]:
    """Return a heard address as the arguments of an action."""
    loaded: dict[str, str] = json.loads(value)
    return loaded


def hear_phone(words: str) -> str | None:
    """Return a phone number as it was written, where there is exactly one."""
    found = _PHONE.findall(words)
    return found[0].strip() if len(found) == 1 else None


def hear_name(words: str) -> str | None:
    """Return what reads like a name of at most five words."""
    said = _NAME_LEAD.sub("", words.strip()).strip(" .!")
    return said if _NAME.fullmatch(said) else None


def hear_words(words: str) -> str | None:
    """Return a sentence as it is, where it says more than a yes or a no."""
    said = words.strip()
    return said[:600] if len(said) > 3 else None
