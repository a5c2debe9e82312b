"""Tokens: one kind is never accepted as another, and nothing but a good one is accepted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from guardrails.identity import InvalidTokenError, Level, Principal, SessionClaims, TokenFault, Tokens, WeakSecretError

SITE, SESSION = b"s" * 32, b"t" * 32
NOW = datetime.now(UTC)
GOOD = {"sub": "cus-0001", "aud": "firstcontact", "iat": NOW, "exp": NOW + timedelta(minutes=5)}
SIGNED_IN = Principal("cus-0001", Level.SIGNED_IN)


@pytest.fixture
def tokens() -> Tokens:
    """The tokens of a test company."""
    return Tokens(SITE, SESSION)


def signed(key: bytes | None = SITE, algorithm: str = "HS256", **changed: Any) -> str:
    """Return a site token with claims changed, or left out by None."""
    claims = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


def test_the_site_vouches_for_its_customer(tokens: Tokens) -> None:
    """A good site token signs the customer in."""
    assert tokens.verify_site_identity(tokens.mint_site_identity("cus-0001")) == SIGNED_IN


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        (signed(None, "none"), TokenFault.FORGED),
        (signed(b"x" * 64), TokenFault.FORGED),
        (signed(b"s" * 64, "HS512"), TokenFault.FORGED),
        (signed()[:-3] + "AAA", TokenFault.FORGED),
        (signed(aud="another"), TokenFault.FOREIGN),
        (signed(aud=["firstcontact"]), TokenFault.FOREIGN),
        (signed(exp=NOW - timedelta(seconds=60)), TokenFault.EXPIRED),
        (signed(iat=NOW - timedelta(seconds=3700)), TokenFault.EXPIRED),
        (signed(iat=NOW + timedelta(seconds=60)), TokenFault.EXPIRED),
        (signed(iat=-1e15), TokenFault.EXPIRED),
        (signed(aud=None), TokenFault.MALFORMED),
        (signed(exp=None), TokenFault.MALFORMED),
        (signed(iat=None), TokenFault.MALFORMED),
        (signed(sub=None), TokenFault.MALFORMED),
        (signed(sub=""), TokenFault.MALFORMED),
        (signed(sub="x" * 121), TokenFault.MALFORMED),
        (signed(sub=7), TokenFault.MALFORMED),
        ("", TokenFault.MALFORMED),
        ("a.b.c", TokenFault.MALFORMED),
        ("\ud800.b.c", TokenFault.MALFORMED),
    ],
)
def test_a_bad_site_token_is_refused(tokens: Tokens, token: str, fault: TokenFault) -> None:
    """Every other token is refused, with the reason."""
    with pytest.raises(InvalidTokenError) as refused:
        tokens.verify_site_identity(token)
    assert refused.value.code is fault


def test_clocks_may_differ_a_little(tokens: Tokens) -> None:
    """A token that ended 20 seconds ago still counts."""
    assert tokens.verify_site_identity(signed(exp=NOW - timedelta(seconds=20))) == SIGNED_IN


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
    claims = {"cnv": "cnv-1", "cus": "c", "lvl": level, "aud": "firstcontact/session", "iat": NOW, "exp": GOOD["exp"]}
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
