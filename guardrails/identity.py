"""Who is writing: signed tokens, one audience a kind, so that no kind is ever accepted as another."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

import jwt

LEAST_SECRET_BYTES = 32
SITE_MAX_AGE = timedelta(hours=1)
LEEWAY = timedelta(seconds=30)
RESUME_LIFE = timedelta(days=30)
DESK_LIFE = timedelta(hours=8)
_LONGEST_ID = 120


class Level(IntEnum):
    """How sure we are who writes."""

    ANONYMOUS = 0
    SIGNED_IN = 1
    STEPPED_UP = 2


@dataclass(frozen=True)
class Principal:
    """The person behind a session; `customer` is None exactly when nobody signed in."""

    customer: str | None
    level: Level


@dataclass(frozen=True)
class SessionClaims:
    """What a widget session token carries."""

    conversation: str
    principal: Principal
    visitor: str | None


@dataclass(frozen=True)
class DeskClaims:
    """What an operator's desk token carries."""

    operator: str
    role: str
    csrf: str


class TokenFault(StrEnum):
    """Why a token was refused."""

    MALFORMED = "malformed"
    FORGED = "forged"
    EXPIRED = "expired"
    FOREIGN = "foreign"


class InvalidTokenError(Exception):
    """The token is not valid here and now."""

    def __init__(self, code: TokenFault) -> None:
        super().__init__(code.value)
        self.code = code


class WeakSecretError(ValueError):
    """A signing secret is shorter than 32 bytes, or one secret serves two purposes."""


class _Audience(StrEnum):
    SITE = "firstcontact"
    SESSION = "firstcontact/session"
    RESUME = "firstcontact/resume"
    DESK = "firstcontact/desk"


class Tokens:
    """Mints and reads every signed token; the site's secret signs nothing but the site's own identity token."""

    def __init__(self, site_secret: str | bytes, session_secret: str | bytes) -> None:
        self._site, self._session = _strong(site_secret), _strong(session_secret)
        if self._site == self._session:
            # The shop's server knows the site secret: with the same one it could mint desk tokens.
            raise WeakSecretError

    def verify_site_identity(self, token: str) -> Principal:
        """Return the customer whom the company's own site vouches for."""
        claims = _read(token, self._site, audience=_Audience.SITE)
        # Compared as numbers: a hostile iat need not be a date that exists.
        if datetime.now(UTC).timestamp() - int(claims["iat"]) > (SITE_MAX_AGE + LEEWAY).total_seconds():
            raise InvalidTokenError(TokenFault.EXPIRED)
        return Principal(_text(claims, "sub"), Level.SIGNED_IN)

    def mint_site_identity(self, customer: str, ttl: timedelta = SITE_MAX_AGE) -> str:
        """Mint what the company's site would: the demo shop and the tests are such a site."""
        return _mint({"sub": customer}, self._site, audience=_Audience.SITE, life=ttl)

    def mint_session(
        self, conversation: str, principal: Principal, visitor: str | None = None, *, minutes: int = 10
    ) -> str:
        """Mint the widget's bearer token for one conversation."""
        claims = {"cnv": conversation, "vis": visitor, "cus": principal.customer, "lvl": int(principal.level)}
        return _mint(claims, self._session, audience=_Audience.SESSION, life=timedelta(minutes=minutes))

    def read_session(self, token: str) -> SessionClaims:
        """Return what a session token carries."""
        claims = _read(token, self._session, audience=_Audience.SESSION)
        principal = Principal(_optional(claims, "cus"), _level(claims.get("lvl")))
        if (principal.customer is None) != (principal.level is Level.ANONYMOUS):
            raise InvalidTokenError(TokenFault.MALFORMED)
        return SessionClaims(_text(claims, "cnv"), principal, _optional(claims, "vis"))

    def mint_resume(self, visitor: str, conversation: str) -> str:
        """Mint what lets an anonymous visitor find the own conversation again."""
        claims = {"vis": visitor, "cnv": conversation}
        return _mint(claims, self._session, audience=_Audience.RESUME, life=RESUME_LIFE)

    def read_resume(self, token: str) -> tuple[str, str]:
        """Return (visitor, conversation)."""
        claims = _read(token, self._session, audience=_Audience.RESUME)
        return _text(claims, "vis"), _text(claims, "cnv")

    def mint_desk(self, operator: str, role: str, csrf: str) -> str:
        """Mint an operator's desk session."""
        claims = {"opr": operator, "rol": role, "csrf": csrf}
        return _mint(claims, self._session, audience=_Audience.DESK, life=DESK_LIFE)

    def read_desk(self, token: str) -> DeskClaims:
        """Return what a desk token carries."""
        claims = _read(token, self._session, audience=_Audience.DESK)
        return DeskClaims(_text(claims, "opr"), _text(claims, "rol"), _text(claims, "csrf"))


def _strong(secret: str | bytes) -> bytes:
    raw = secret.encode() if isinstance(secret, str) else secret
    if len(raw) < LEAST_SECRET_BYTES:
        raise WeakSecretError
    return raw


def _mint(claims: dict[str, Any], key: bytes, *, audience: _Audience, life: timedelta) -> str:
    now = datetime.now(UTC)
    return jwt.encode({**claims, "aud": audience.value, "iat": now, "exp": now + life}, key, algorithm="HS256")


def _read(token: str, key: bytes, *, audience: _Audience) -> dict[str, Any]:
    if not token.isascii():
        raise InvalidTokenError(TokenFault.MALFORMED)
    try:
        # strict_aud: a token made out to several audiences at once is none of ours.
        options: Any = {"require": ["aud", "exp", "iat"], "strict_aud": True}
        return jwt.decode(token, key, ["HS256"], audience=audience.value, leeway=LEEWAY, options=options)
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise InvalidTokenError(TokenFault.EXPIRED) from error
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as error:
        raise InvalidTokenError(TokenFault.FORGED) from error
    except jwt.InvalidAudienceError as error:
        raise InvalidTokenError(TokenFault.FOREIGN) from error
    except jwt.PyJWTError as error:
        raise InvalidTokenError(TokenFault.MALFORMED) from error


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID:
        return value
    raise InvalidTokenError(TokenFault.MALFORMED)


def _optional(claims: dict[str, Any], name: str) -> str | None:
    return None if claims.get(name) is None else _text(claims, name)


def _level(value: object) -> Level:
    if isinstance(value, int) and value in set(Level):
        return Level(value)
    raise InvalidTokenError(TokenFault.MALFORMED)
