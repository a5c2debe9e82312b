"""Our own patterns, beside Presidio's: one row each."""

from dataclasses import dataclass

from guardrails.pii.span import Kind


@dataclass(frozen=True)
class Row:
    """A pattern; below a score of 0.4 it counts only after one of its context words."""

    name: str
    kind: Kind
    regex: str
    score: float
    context: tuple[str, ...] = ()


_CARD_WORDS = ("card", "visa", "mastercard", "amex", "credit", "debit", "cc")
_PHONE_WORDS = ("phone", "telephone", "tel", "ph", "call", "mobile", "cell", "reach", "ring", "whatsapp", "sms")
_BIRTH_WORDS = ("born", "birth", "birthday", "dob", "birthdate")
_STREET = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|close|crescent|terrace|way|place|pl|"
    "square|sq|parkway|pkwy|highway|hwy|row|trail|circle|cir|gardens|grove|hill|mews"
)
_LONG_STREET = "street|avenue|road|lane|drive|boulevard|crescent|terrace|parkway|highway|court|ave|blvd|rd"
_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|"
    "PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY"
)
_UNIT = r"(?:,?\s+(?i:apt|apartment|unit|suite|ste|flat|no|#)\.?\s*\w{1,6})?"
_CITY = r"(?:,\s*[A-Z][\w.'’-]+(?:\s[A-Z][\w.'’-]+){0,2})?"
_STATE_ZIP = rf"(?:,?\s+(?:{_STATES})\b(?:\s+\d{{5}}(?:-\d{{4}})?)?)?"
_CAPITAL = r"[A-Z][\w'’.-]*"
_NAME = r"[A-Z](?:\.|[\w'’-]+)"
_MONTH = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"

_DOT = r"\s[(\[]?dot[)\]]?\s"
_SPELLED = (
    rf"(?<![\w.])(?i:[\w.+-]{{1,40}}(?:\s(?:dot|underscore|dash|hyphen)\s\w{{1,40}}){{0,4}}\s[(\[]?at[)\]]?\s"
    rf"\w[\w-]{{0,40}}(?:{_DOT}\w{{2,20}}){{0,2}}{_DOT}(?:com|net|org|info|edu|gov|io|me|co|uk|us|ca|de|fr|it|es|nl|in|ru|pl|at|ch))\b"
)

PATTERNS: tuple[Row, ...] = (
    Row("mail address in words", Kind.EMAIL, _SPELLED, 0.6),
    # Groups that begin with 1 are more likely a list of order numbers.
    Row("grouped card", Kind.CARD, r"(?<![\w-])[02-9]\d{3}(?:[ .\-_/]{1,3}\d{4}){3}(?![\w-])", 0.6),
    Row("bare card", Kind.CARD, r"(?<![\w-])(?:[3-6]\d{3}|2[2-7]\d{2})\d{12}(?![\w-])", 0.6),
    Row("named card", Kind.CARD, r"(?<![\w-])\d(?:[ .\-_/]{0,3}\d){12,18}(?![\w-])", 0.2, _CARD_WORDS),
    Row("grouped amex", Kind.CARD, r"(?<![\w-])3[47]\d{2}[ .\-]{0,3}\d{6}[ .\-]{0,3}\d{5}(?![\w-])", 0.6),
    Row(
        "security code",
        Kind.CARD,
        r"(?i:(?<=\bcvv |\bcvc |\bcvv: |\bcvc: |\bcvv is |\bcvc is |\bcode is )\d{3}\b)",
        0.3,
        ("cvv", "cvc", "security"),
    ),
    Row(
        "grouped phone",
        Kind.PHONE,
        r"(?<![\w.-])(?:\+?1[ .\-]?)?(?:\(\d{3}\) ?|\d{3}[ .\-])\d{3}[ .\-]?\d{4}(?![\w-])",
        0.6,
    ),
    Row("international phone", Kind.PHONE, r"(?<![\w+])\+\d(?:[ .()\-/]{0,3}\d){6,14}(?!\w)", 0.6),
    Row("national phone", Kind.PHONE, r"(?<![\w.-])\(?0\d(?:[ .()\-/]{0,2}\d){7,11}(?![\w-])", 0.2, _PHONE_WORDS),
    Row("local phone", Kind.PHONE, r"(?<![\w.-])\d{3}[ .\-]\d{4}(?![\w-])", 0.2, (*_PHONE_WORDS, "number")),
    Row("bare phone", Kind.PHONE, r"(?<![\w.-])(?:1?[2-9]\d{9})(?![\w-])", 0.45),
    Row("named phone", Kind.PHONE, r"(?<![\w.-])\d{10,12}(?![\w-])", 0.2, _PHONE_WORDS),
    Row("iban in one piece", Kind.IBAN, r"\b(?i:[a-z]{2}\d{2}[a-z]{0,4}\d{10,26})\b", 0.6),
    Row("bare ssn", Kind.NATIONAL_ID, r"(?<![\w-])\d{9}(?![\w-])", 0.2, ("ssn", "social")),
    Row("ssn in groups", Kind.NATIONAL_ID, r"(?<![\w-])\d{3}[ -]\d{2}[ -]\d{4}(?![\w-])", 0.85),
    Row(
        "street address",
        Kind.ADDRESS,
        rf"(?<![\w$€£.-])\d{{1,5}}[A-Za-z]?\s+(?:[NSEW]\.?\s+)?(?:{_CAPITAL}\s+){{1,3}}(?i:{_STREET})\b\.?{_UNIT}{_CITY}{_STATE_ZIP}",
        0.6,
    ),
    Row(
        "lower-case street",
        Kind.ADDRESS,
        rf"(?<![\w$€£.-])\d{{1,5}}\s+(?!days?\b|weeks?\b|hours?\b|minutes?\b|more\b|the\b)(?:\d{{1,3}}(?:st|nd|rd|th)|(?i:[a-z'’]{{3,}}))"
        rf"\s+(?i:{_LONG_STREET})\b\.?{_UNIT}",
        0.5,
    ),
    Row(
        "said address",
        Kind.ADDRESS,
        r"(?<=(?i:\baddress|\baddress is|\baddress to|\baddress:|\blive at|\bship it to|\bship to|\bmoved to)\s)"
        r"(?!\d+\s(?i:days?|weeks?|months?|hours?|items?|orders?|times)\b)\d{1,6}[A-Za-z]?\s[^.?!\n]{3,60}",
        0.5,
    ),
    Row("state and postcode", Kind.ADDRESS, rf"\b(?:{_STATES}),?\s+\d{{5}}(?:-\d{{4}})?\b", 0.6),
    Row("uk postcode", Kind.ADDRESS, r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2}\b", 0.6),
    Row(
        "said name",
        Kind.PERSON,
        rf"(?<=(?i:\bmy name is|\bmy name's|\bmy name’s|\bi am called|\bi'm called|\bname:|\bthis is)\s)"
        rf"(?!My\b|The\b|Not\b|A\b|An\b|For\b|About\b|Order\b){_NAME}(?:\s(?:{_NAME}|van|von|de|der|la|al|bin)){{0,3}}",
        0.6,
    ),
    Row(
        "said name, lower case",
        Kind.PERSON,
        r"(?<=(?i:\bmy name is|\bmy name's|\bmy name’s)\s)(?!not\b|on\b|in\b|wrong\b|still\b|spelled\b|misspelled\b)"
        r"[a-z][a-z'’-]+(?:\s(?!and\b|i\b|my\b|the\b|from\b|but\b|with\b|order\b|is\b)[a-z][a-z'’-]+)?",
        0.5,
    ),
    Row("birth date, digits", Kind.BIRTHDATE, r"(?<![\w-])\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(?![\w-])", 0.1, _BIRTH_WORDS),
    Row(
        "birth date, words",
        Kind.BIRTHDATE,
        rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})\b",
        0.1,
        _BIRTH_WORDS,
    ),
    Row("signed token", Kind.SECRET, r"\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*", 0.9),
    Row("bearer", Kind.SECRET, r"(?<=(?i:\bbearer)\s)[\w.~+/=-]{16,}", 0.9),
    Row("api key", Kind.SECRET, r"\b(?:sk|pk|rk|ghp|gho|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{16,}\b", 0.9),
    Row(
        "said password",
        Kind.SECRET,
        r"(?<=(?i:\bpassword is|\bpassword:|\bpasscode is|\bpasscode:|\bpin is|\bpin:|\bpassword=|\bpwd=)\s?)"
        r"(?!not\b|wrong\b|in\b|the\b|a\b|no\b|still\b|too\b|being\b)\S{3,}(?:\s(?=\S*\d)\S+){0,2}",
        0.6,
    ),
    Row("named password", Kind.SECRET, r"(?<=(?i:\bpassword|\bpasscode|\bpin)\s)(?=\S*\d)\S{4,}", 0.6),
)
