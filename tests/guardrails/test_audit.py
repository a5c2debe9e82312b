"""The audit trail: whatever is done to it afterwards is noticed."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.audit import ROOT_EVERY, Audit, AuditEvent
from guardrails.audit_chain import row_hash
from guardrails.audit_fields import AuditFieldError, Field
from guardrails.database import writing

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def audit(engine: AsyncEngine) -> Audit:
    """A trail of two conversations with four rows each."""
    trail = Audit(engine, lambda: AT)
    for n in range(8):
        await trail.append(f"cnv-{n % 2}", AuditEvent.ACTION, {"action": "issue_refund", "amount": 4200 + n})
    return trail


async def run(engine: AsyncEngine, *statements: str) -> None:
    """Change the trail behind its back."""
    async with writing(engine) as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def test_an_untouched_trail_is_whole(audit: Audit) -> None:
    """Rows are read back in order, and nothing is broken."""
    rows = await audit.rows("cnv-1")
    assert [(row.seq, row.at, row.event, row.fields["amount"]) for row in rows] == [
        (n, AT, AuditEvent.ACTION, 4199 + 2 * n) for n in range(1, 5)
    ]
    assert len(await audit.rows()) == 8
    assert await audit.verify() == []


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET fields = '{}' WHERE conversation = 'cnv-0' AND seq = 2", ["cnv-0/2"]),
        ("UPDATE audit SET event = 'view' WHERE conversation = 'cnv-0' AND seq = 4", ["cnv-0/4"]),
        ("UPDATE audit SET at = '2026-03-02' WHERE conversation = 'cnv-1' AND seq = 1", ["cnv-1/1"]),
        ("DELETE FROM audit WHERE conversation = 'cnv-0' AND seq = 2", ["cnv-0/2"]),
        ("DELETE FROM audit WHERE conversation = 'cnv-0' AND seq = 4", ["cnv-0/4"]),
        (
            "UPDATE audit SET seq = 9 WHERE conversation = 'cnv-0' AND seq = 4",
            [f"cnv-0/{n}" for n in (4, 5, 6, 7, 8, 9)],
        ),
    ],
)
async def test_a_change_is_noticed(audit: Audit, engine: AsyncEngine, statement: str, broken: list[str]) -> None:
    """An altered or deleted row is named."""
    await run(engine, statement)
    assert sorted(await audit.verify()) == broken


async def test_a_row_added_at_the_end_is_noticed(audit: Audit, engine: AsyncEngine) -> None:
    """An inserted row is named even if its hash is right."""
    last = (await audit.rows("cnv-0"))[-1]
    new = {"conversation": "cnv-0", "seq": 5, "prev": last.hash, "at": "x", "event": "view", "fields": "{}"}
    async with writing(engine) as connection:
        columns = text("INSERT INTO audit (conversation, seq, prev, at, event, fields, hash)"
                       " VALUES (:conversation, :seq, :prev, :at, :event, :fields, :hash)")  # fmt: skip
        await connection.execute(columns, {**new, "hash": row_hash(**new)})  # type: ignore[arg-type]
    assert await audit.verify() == ["cnv-0/5"]


async def test_a_shortened_conversation_is_noticed_by_its_root(audit: Audit, engine: AsyncEngine) -> None:
    """Cutting the tail and setting the head back is named by the root row."""
    await audit.anchor()
    third = (await audit.rows("cnv-0"))[2].hash
    await run(
        engine,
        "DELETE FROM audit WHERE conversation = 'cnv-0' AND seq = 4",
        f"UPDATE audit_heads SET seq = 3, hash = '{third}' WHERE conversation = 'cnv-0'",  # noqa: S608 - our own hash
    )
    assert await audit.verify() == ["cnv-0/4"]


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (
            ["DELETE FROM audit WHERE conversation = 'cnv-0'", "DELETE FROM audit_heads WHERE conversation = 'cnv-0'"],
            "cnv-0/4",
        ),
        (["DELETE FROM audit_roots"], "root/1"),
        (["UPDATE audit_roots SET heads = '[]'"], "root/1"),
        (["UPDATE audit_roots SET at = 'x'"], "root/1"),
    ],
)
async def test_a_missing_conversation_or_root_is_noticed(
    audit: Audit, engine: AsyncEngine, statements: list[str], broken: str
) -> None:
    """Neither a whole conversation nor a root row can go unseen."""
    await audit.anchor()
    await run(engine, *statements)
    assert broken in await audit.verify()


async def test_roots_are_written_as_the_trail_grows(audit: Audit, engine: AsyncEngine) -> None:
    """After enough rows a root row stands without being asked for, and a second one follows it."""
    for n in range(2 * ROOT_EVERY):
        await audit.append(f"cnv-{n % 5}", AuditEvent.TURN, {"turn": n})
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM audit_roots"))).scalar_one() == 2
    assert await audit.verify() == []


async def test_appends_at_once_form_one_chain(audit: Audit) -> None:
    """Concurrent appends to one conversation lose nothing."""
    await asyncio.gather(*(audit.append("cnv-7", AuditEvent.VIEW, {"n": n}) for n in range(12)))
    assert [row.seq for row in await audit.rows("cnv-7")] == list(range(1, 13))
    assert await audit.verify() == []


async def test_a_check_meets_no_half_written_row(audit: Audit) -> None:
    """Checking while others append finds nothing broken."""
    appends = [audit.append("cnv-0", AuditEvent.VIEW, {"n": n}) for n in range(10)]
    found = await asyncio.gather(*appends, *(audit.verify() for _ in range(5)))
    assert found[10:] == [[]] * 5


async def test_a_row_goes_with_the_callers_transaction(audit: Audit, engine: AsyncEngine) -> None:
    """When the caller's transaction is undone, so is the row."""

    async def fail() -> None:
        async with writing(engine) as connection:
            await audit.append("cnv-0", AuditEvent.CLAIM, {}, connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert len(await audit.rows("cnv-0")) == 4
    assert await audit.verify() == []


@pytest.mark.parametrize(
    "value",
    ["issue_refund", "R-17", "POL-REFUND", "order:1042", "2026-03-01", "1700000000000-0", "1042", "x" * 120,
     "0123456789", "a3f9" * 16, None, True, -4200],
)  # fmt: skip
async def test_ids_enums_amounts_and_counts_are_kept(audit: Audit, value: Field) -> None:
    """What names nobody is written."""
    await audit.append("cnv-9", AuditEvent.ACTION, {"value": value})
    assert (await audit.rows("cnv-9"))[0].fields == {"value": value}


@pytest.mark.parametrize(
    "value",
    ["ada@example.com", "Ada Lovelace", "18 Alder Lane", "", "x" * 121, "503-555-0137", "+15035550137", "10.100.20.30",
     "4242424242424242", "4242-4242-4242-4242", "Zoë", "a\nb", 1.5, ["a"], {"a": 1}, b"a"],
)  # fmt: skip
async def test_anything_else_is_refused(audit: Audit, value: object) -> None:
    """A text that might be a person's is refused, and the refusal does not repeat it."""
    with pytest.raises(AuditFieldError) as refused:
        await audit.append("cnv-9", AuditEvent.ACTION, {"note": value})  # type: ignore[dict-item]
    assert "note" in str(refused.value)
    assert not (isinstance(value, str) and value and value in str(refused.value))


async def test_a_field_name_cannot_smuggle(audit: Audit) -> None:
    """Names of fields are names."""
    with pytest.raises(AuditFieldError):
        await audit.append("cnv-9", AuditEvent.ACTION, {"ada@example.com": 1})
