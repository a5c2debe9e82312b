"""What fills the slots of a sentence, and which label each value carries (none: it is nobody's)."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta

from agent.quality.pii_names import Names, lines
from agent.quality.pii_places import Places

_FIRST_DAY = date(1931, 1, 1)
_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

Slot = tuple[Callable[[], str], str | None]


class Values:
    """Draws values; the same seed draws the same ones."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.names = Names(rng)
        self.places = Places(rng, self.names)
        self._brands = lines("brands")
        self._products = {row.split(" ", 1)[0]: row.split(" ", 1)[1] for row in lines("products")}
        self._words = {name: row.split("|") for name, row in (line.split(" ", 1) for line in lines("values"))}
        self.slots = self._slots()

    def _slots(self) -> dict[str, Slot]:
        names, places = self.names, self.places
        personal: dict[str, Slot] = {
            "full": (names.full, "PERSON"), "first": (names.first, "PERSON"), "last": (names.last, "PERSON"),
            "name": (names.name, "PERSON"), "titled": (names.titled, "PERSON"), "roster": (names.roster, "PERSON"),
            "mr": (names.addressed, "PERSON"), "initials": (names.initials, "PERSON"),
            "street": (places.street, "ADDRESS"), "address": (places.address, "ADDRESS"),
            "city": (places.city, "LOCATION"), "state": (places.state, "LOCATION"), "place": (places.place, "LOCATION"),
            "region": (places.region, "LOCATION"), "country": (places.country, "LOCATION"),
            "zip": (places.postcode, "ZIP"),
            "org": (self.organization, "ORGANIZATION"), "date": (self.day, "DATE"), "dob": (self.birth, "BIRTHDATE"),
            "phone": (self.phone, "PHONE"), "saidphone": (self.said_phone, "PHONE"),
            "email": (self.email, "EMAIL"), "spelled": (self.spelled, "EMAIL"),
            "card": (self.card, "CARD"), "saidcard": (self.said_card, "CARD"), "cvv": (lambda: self.digits(3), "CARD"),
            "ssn": (self.ssn, "NATIONAL_ID"), "last4": (self.last_four, "PARTIAL_ID"),
            "iban": (self.iban, "IBAN"), "ip": (self.ip, "IP"),
            "id": (self.identifier, "ACCOUNT"), "digits": (self.long_digits, "ACCOUNT"),
            "account": (self.account, "ACCOUNT"), "code": (self.code, "ACCOUNT"), "login": (self.login, "ACCOUNT"),
            "secret": (self.secret, "SECRET"), "pin": (self.pin, "SECRET"), "hint": (self.hint, "SECRET"),
        }  # fmt: skip
        return personal | self._ordinary_slots()

    def _ordinary_slots(self) -> dict[str, Slot]:
        pick, draw = self._rng.choice, self._rng.randint
        return {
            "n": (lambda: str(draw(1, 60)), None), "amount": (self.amount, None), "product": (self.product, None),
            "brand": (lambda: pick(self._brands), "ORGANIZATION"), "when": (lambda: self._word("when"), None),
            "weekday": (lambda: self._word("weekdays"), None), "month": (lambda: self._word("months"), None),
            "time": (self.time, None), "year": (lambda: str(draw(1990, 2027)), None),
            "title": (self.title, None), "colour": (lambda: self._one("colour"), None),
            "size": (lambda: self._one("size"), None), "promo": (self.promo, None),
            "errorcode": (lambda: pick([str(draw(1, 600)), f"E{draw(1, 99)}", f"0x{draw(1, 99)}"]), None),
            "kbid": (self.article, None), "domain": (self._domain, None),
            "digits4": (lambda: str(draw(1000, 1999)), None),
            "exp": (lambda: f"{draw(1, 12):02d}/{draw(25, 35)}", None),
        }  # fmt: skip

    def digits(self, count: int) -> str:
        """Return so many digits."""
        return "".join(self._rng.choice("0123456789") for _ in range(count))

    def long_digits(self) -> str:
        """Return a long number."""
        return self.digits(self._rng.randint(4, 15))

    def organization(self) -> str:
        """Return a company, made up or known."""
        roll = self._rng.random()
        if roll < 0.3:
            return self._rng.choice(self._brands)
        if roll < 0.5:
            return f"{self.names.invented()}{self._word('firms')}"
        return str(self.names.faker().company())

    def day(self) -> str:
        """Return a recent or coming day, now and then one of long ago: what is old is no birthday for that."""
        if self._rng.random() < 0.2:
            return self.birth()
        return self._written(date(2018, 1, 1) + timedelta(days=self._rng.randrange(3500)))

    def birth(self) -> str:
        """Return a day somebody alive was born on."""
        return self._written(_FIRST_DAY + timedelta(days=self._rng.randrange(28_000)))

    def _written(self, day: date) -> str:
        month = self._words["months"][day.month - 1][: self._rng.choice([3, 3, 20])]
        ending = self._rng.choice(["", "", "", "th", "st", "nd"])
        return self._rng.choice(
            [
                f"{day.month}/{day.day}/{day.year}", f"{day.day:02d}/{day.month:02d}/{day.year}", day.isoformat(),
                f"{month} {day.day}{ending} {day.year}", f"{month} {day.day}{ending}, {day.year}",
                f"{day.day}{ending} {month} {day.year}", f"{day.day}{ending} of {month} {day.year}",
                f"{day.day}.{day.month}.{day.year}", f"{day.day}-{month[:3]}-{day.year}",
                f"{day.month}/{day.day}/{day.year % 100:02d}", f"{day.day:02d} {day.month:02d} {day.year}",
                f"{day.day:02d}-{day.month:02d}-{day.year}", f"{day.day:02d}{day.month:02d}{day.year}",
            ]
        )  # fmt: skip

    def phone(self) -> str:
        """Return a phone number of some land in some grouping."""
        if self._rng.random() < 0.3:
            return str(self.names.faker().phone_number())
        shape = self._word("phones")
        return re.sub("#", lambda _: str(self._rng.randint(0, 9)), shape)

    def said_phone(self) -> str:
        """Return a phone number in words."""
        return self._in_words(self.digits(self._rng.choice([7, 10, 10, 11])))

    def _in_words(self, digits: str) -> str:
        oh = self._rng.random() < 0.4
        words = ["oh" if oh and digit == "0" else self._words["digit_words"][int(digit)] for digit in digits]
        if self._rng.random() < 0.15:
            words = [word if self._rng.random() < 0.8 else f"double {word}" for word in words]
        return self._rng.choice([" ", " ", " ", "-", ", "]).join(words)

    def email(self) -> str:
        """Return a mail address."""
        if self._rng.random() < 0.2:
            return str(self.names.faker().email())
        return f"{self.login()}@{self._domain()}"

    def _domain(self) -> str:
        return self._word("mails") if self._rng.random() < 0.7 else str(self.names.faker().domain_name())

    def spelled(self) -> str:
        """Return a mail address as it is said or disguised."""
        at = self._rng.choice([" at ", " at ", " (at) ", " [at] ", " AT "])
        dot = self._rng.choice([" dot ", " dot ", ".", " [dot] ", " (dot) "])
        first, last = _letters(self.names.first()), _letters(self.names.last())
        joint = self._rng.choice([dot, "", "_", " underscore ", " dash ", "-"]) if dot != "." else ""
        return f"{first}{joint}{last}{self._rng.choice(['', '', self.digits(2)])}{at}{self._domain().replace('.', dot)}"

    def login(self) -> str:
        """Return a user name."""
        one, two, number = _letters(self.names.first()), _letters(self.names.last()), self._rng.randint(1, 999)
        return self._rng.choice(
            [
                f"{one[0]}{two}{number}",
                f"{one}{two[0]}{number}",
                f"{one}_{two}",
                f"{one}.{two}",
                f"{one}{number}",
                f"{two}{one[0]}",
            ]
        )

    def card(self) -> str:
        """Return a card number; not every one with a right check digit, as customers mistype."""
        roll = self._rng.random()
        plain = (
            str(self.names.fakers["en_US"].credit_card_number())
            if roll < 0.4
            else self.digits(self._rng.choice([15, 16, 16, 16, 17]))
        )
        gap = self._rng.choice(["", "", " ", " ", "-", "."])
        return gap.join(plain[place : place + 4] for place in range(0, len(plain), 4))

    def said_card(self) -> str:
        """Return a card number in words, or in pieces with words between."""
        plain = self.digits(16)
        if self._rng.random() < 0.5:
            return self._in_words(plain)
        return self._rng.choice([" then ", ", ", " and ", "... ", " / "]).join(
            plain[place : place + 4] for place in range(0, 16, 4)
        )

    def ssn(self) -> str:
        """Return a social security number, now and then with a digit too many."""
        plain = f"{self._rng.randint(100, 899)}{self.digits(2)}{self.digits(4)}"
        gap = self._rng.choice(["-", "-", " ", ""])
        return f"{plain[:3]}{gap}{plain[3:5]}{gap}{plain[5:]}"

    def last_four(self) -> str:
        """Return the last four digits of something."""
        return self.digits(4)

    def iban(self) -> str:
        """Return an IBAN, in one piece or in fours."""
        plain = str(
            self.names.fakers[self._rng.choice(["de_DE", "en_GB", "fr_FR", "it_IT", "es_ES", "pl_PL", "nl_NL"])].iban()
        )
        if self._rng.random() < 0.5:
            return plain
        return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))

    def ip(self) -> str:
        """Return an internet address of either version."""
        faker = self.names.fakers["en_US"]
        return str(faker.ipv4()) if self._rng.random() < 0.75 else str(faker.ipv6())

    def identifier(self) -> str:
        """Return some company's number for something."""
        pair = "".join(self._rng.choice(_CAPITALS) for _ in range(2))
        digits = self.digits
        return self._rng.choice(
            [
                self.long_digits(), digits(10), f"#{digits(5)}", f"{pair}-{digits(5)}", f"INV{digits(6)}", self.code(),
                f"ORD-{digits(4)}-{digits(3)}", f"{digits(3)}-{digits(7)}-{digits(7)}", f"{pair}{digits(9)}US",
                f"1Z{digits(3)}{pair}{digits(10)}",
            ]
        )  # fmt: skip

    def account(self) -> str:
        """Return an account number."""
        plain = self.digits(self._rng.randint(6, 14))
        roll = self._rng.random()
        if roll < 0.7:
            return plain
        return f"{plain[:4]} {plain[4:]}" if roll < 0.85 else f"{self._word('prefixes')} {plain}"

    def code(self) -> str:
        """Return a short code of letters and digits, in one piece or spelled with gaps."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"
        runs = [
            self.digits(self._rng.randint(1, 4))
            if self._rng.random() < 0.5
            else "".join(self._rng.choice(letters) for _ in range(self._rng.randint(1, 3)))
            for _ in range(self._rng.randint(1, 5))
        ]
        shape = self._rng.choice(
            [[*runs, self.digits(2)], ["".join(self._rng.choice(letters) for _ in range(3)), self.digits(3)]]
        )
        return self._rng.choice(["", " ", "", " ", "-"]).join(shape)

    def secret(self) -> str:
        """Return a password such as people choose."""
        word, other, name = self._word("words"), self._word("words"), _letters(self.names.first())
        drawn = str(self.names.fakers["en_US"].password())
        return self._rng.choice(
            [
                self.pin(), self.pin(), f"{word}{self.digits(3)}", f"{word} {self.digits(3)}",
                f"{name}{self.digits(4)}", f"{name} {self.digits(4)}", f"{name}@{self.digits(3)}",
                f"{word.title()}!{self.digits(2)}", word,
                f"{word}{other}", drawn, f"{self._rng.choice('abcdefghjkr')} {self.digits(4)}",
            ]
        )  # fmt: skip

    def pin(self) -> str:
        """Return a number that is secret."""
        return self.digits(self._rng.randint(3, 8))

    def hint(self) -> str:
        """Return a password hint."""
        return self._word("hints") if self._rng.random() < 0.5 else self._word("words")

    def amount(self) -> str:
        """Return an amount of money."""
        number = self._rng.choice([self._rng.randint(2, 99), self._rng.randint(100, 9999)])
        cents = self._rng.choice(["", "", ".99", ".50", f".{self.digits(2)}"])
        sign = self._rng.choice("$$$£€")
        if self._rng.random() < 0.6:
            return f"{sign}{number:,}{cents}" if self._rng.random() < 0.5 else f"{sign}{number}{cents}"
        return f"{number}{cents} {self._rng.choice([*self._words['money'], sign])}"

    def time(self) -> str:
        """Return a time of day."""
        hour = self._rng.randint(1, 12)
        return self._rng.choice(
            [
                f"{hour}pm",
                f"{hour} am",
                f"{hour}:{self._rng.choice(['00', '15', '30', '45'])} pm",
                f"{hour + 8}:30",
                f"{hour} o'clock",
            ]
        )

    def title(self) -> str:
        """Return a product's name as a shop writes it."""
        words = [self._one("material"), self._one("thing")]
        if self._rng.random() < 0.4:
            words.insert(0, self._one("material"))
        return " ".join(words)

    def product(self) -> str:
        """Return a product in a sentence."""
        return self.title() if self._rng.random() < 0.3 else self._rng.choice(self._products["plain"].split(";"))

    def article(self) -> str:
        """Return an id such as a company gives its articles."""
        words = "-".join(self._one(self._rng.choice(["material", "thing"])) for _ in range(self._rng.randint(1, 2)))
        return f"{self._rng.choice(['KB', 'POL', 'ART', 'FAQ', 'DOC', 'INC'])}-{words.upper()}"

    def promo(self) -> str:
        """Return a promotion code that everybody has."""
        return f"{self._word('promos')}{self._rng.choice(['', '10', '20', '25'])}"

    def _word(self, kind: str) -> str:
        return self._rng.choice(self._words[kind])

    def _one(self, kind: str) -> str:
        return self._rng.choice(self._products[kind].split())


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower()) or "jo"
