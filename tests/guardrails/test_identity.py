"""Tokens: one kind is never accepted as another, and nothing but a good one is accepted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from guardrails.identity import InvalidTokenError, Level, Principal, SessionClaims, TokenFault, Tokens, WeakSecretError

SITE, SESSION = b"s" * 32, b"t" * 32
SIGNED_IN = Principal("cus-0001", Level.SIGNED_IN)


@pytest.fixture
def tokens() -> Tokens:
    """The tokens of a test company."""
    return Tokens(SITE, SESSION)


def soon(seconds: float = 300) -> datetime:
    """Return the moment that is so many seconds away."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def signed(key: Any = SITE, algorithm: str = "HS256", **changed: Any) -> str:
    """Return a site token with claims changed, or left out by None."""
    good = {"sub": "cus-0001", "aud": "firstcontact", "iat": soon(0), "exp": soon()}
    claims = {name: value for name, value in {**good, **changed}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


def test_the_site_vouches_for_its_customer(tokens: Tokens) -> None:
    """A good site token signs the customer in."""
    assert tokens.verify_site_identity(tokens.mint_site_identity("cus-0001")) == SIGNED_IN


@pytest.mark.parametrize(
    ("mint", "fault"),
    [
        (lambda: signed(None, "none"), TokenFault.FORGED),
        (lambda: signed(b"x" * 64), TokenFault.FORGED),
        (lambda: signed(b"s" * 64, "HS512"), TokenFault.FORGED),
        (lambda: signed()[:-3] + "AAA", TokenFault.FORGED),
        (lambda: signed(aud="another"), TokenFault.FOREIGN),
        (lambda: signed(aud=["firstcontact"]), TokenFault.FOREIGN),
        (lambda: signed(exp=soon(-60)), TokenFault.EXPIRED),
        (lambda: signed(iat=soon(-3700)), TokenFault.EXPIRED),
        (lambda: signed(iat=soon(60)), TokenFault.EXPIRED),
        (lambda: signed(iat=-1e15), TokenFault.EXPIRED),
        (lambda: signed(aud=None), TokenFault.MALFORMED),
        (lambda: signed(exp=None), TokenFault.MALFORMED),
        (lambda: signed(iat=None), TokenFault.MALFORMED),
        (lambda: signed(sub=None), TokenFault.MALFORMED),
        (lambda: signed(sub=""), TokenFault.MALFORMED),
        (lambda: signed(sub="x" * 121), TokenFault.MALFORMED),
        (lambda: signed(sub=7), TokenFault.MALFORMED),
        (lambda: "", TokenFault.MALFORMED),
        (lambda: "a.b.c", TokenFault.MALFORMED),
        (lambda: "\ud800.b.c", TokenFault.MALFORMED),
    ],
)
def test_a_bad_site_token_is_refused(tokens: Tokens, mint: Callable[[], str], fault: TokenFault) -> None:
    """Every other token is refused, with the reason."""
    with pytest.raises(InvalidTokenError) as refused:
        tokens.verify_site_identity(mint())
    assert refused.value.code is fault


def test_clocks_may_differ_a_little(tokens: Tokens) -> None:
    """A token that ended 20 seconds ago still counts."""
    assert tokens.verify_site_identity(signed(exp=soon(-20))) == SIGNED_IN


@pytest.mark.parametrize("principal", [Principal(None, Level.ANONYMOUS), SIGNED_IN, Principal("c", Level.STEPPED_UP)])
def test_a_session_carries_who_it_is(tokens: Tokens, principal: Principal) -> None:
    """What was minted is read back."""
    token = tokens.mint_session("cnv-1", principal, "vis-1")
    assert tokens.read_session(token) == SessionClaims("cnv-1", principal, "vis-1")


@pytest.mark.parametrize("principal", [Principal(None, Level.STEPPED_UP), Principal("cus-0001", Level.ANONYMOUS)])
def test_a_level_and_a_customer_go_together(tokens: Tokens, principal: Principal) -> None:
    """Nobody has a level without a customer, and no customer is anonymous."""
    with pytest.raises(InvalidTokenError):
        tokens.read_session(tokens.mint_session("cnv-1", principal))


@pytest.mark.parametrize("level", [3, "1", None, 1.5])
def test_an_unknown_level_is_refused(tokens: Tokens, level: object) -> None:
    """Only the three levels exist."""
    claims = {"cnv": "cnv-1", "cus": "c", "lvl": level, "aud": "firstcontact/session", "iat": soon(0), "exp": soon()}
    with pytest.raises(InvalidTokenError):
        tokens.read_session(jwt.encode(claims, SESSION))


def test_resume_and_desk_are_read_back(tokens: Tokens) -> None:
    """What was minted is read back."""
    assert tokens.read_resume(tokens.mint_resume("vis-1", "cnv-1")) == ("vis-1", "cnv-1")
    claims = tokens.read_desk(tokens.mint_desk("opr-1", "lead", "c" * 32))
    assert (claims.operator, claims.role, claims.csrf) == ("opr-1", "lead", "c" * 32)


def test_no_kind_is_taken_for_another(tokens: Tokens) -> None:
    """Each reader refuses the tokens of every other kind."""
    minted = [
        tokens.mint_session("cnv-1", SIGNED_IN),
        tokens.mint_resume("v", "cnv-1"),
        tokens.mint_desk("o", "r", "c"),
    ]
    readers = [tokens.read_session, tokens.read_resume, tokens.read_desk]
    for place, token in enumerate(minted):
        for read in [*readers[:place], *readers[place + 1 :]]:
            with pytest.raises(InvalidTokenError) as refused:
                read(token)
            assert refused.value.code is TokenFault.FOREIGN
        with pytest.raises(InvalidTokenError):
            tokens.verify_site_identity(token)


def test_an_old_session_is_refused(tokens: Tokens) -> None:
    """A session ends."""
    with pytest.raises(InvalidTokenError) as refused:
        tokens.read_session(tokens.mint_session("cnv-1", SIGNED_IN, minutes=-1))
    assert refused.value.code is TokenFault.EXPIRED


@pytest.mark.parametrize(("site", "session"), [("s" * 31, SESSION), (SITE, "t" * 31), (SITE, SITE)])
def test_weak_secrets_are_refused(site: str | bytes, session: str | bytes) -> None:
    """A short secret, or one for both purposes, does not start."""
    with pytest.raises(WeakSecretError):
        Tokens(site, session)
