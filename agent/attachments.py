"""What customers attached: apart from everything else, sealed with the customer's or the conversation's key."""

import asyncio
import base64
import os
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, DateTime, Integer, LargeBinary, Row, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import metadata, reading, writing
from guardrails.sealing import Sealer
from guardrails.uploads import Clean, Media
from tools.helpdesk.base import Attachment as File

#: More than this in one conversation is not a request any more.
MOST_IN_A_CONVERSATION = 20
_LONGEST_NAME = 80
_ENDINGS = {Media.PNG: ".png", Media.JPEG: ".jpg", Media.WEBP: ".webp", Media.PDF: ".pdf", Media.GIF: ".gif"}

uploads_table = Table(
    "uploads",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("owner", String(64), nullable=False, index=True, comment="whose key seals it: the customer, else the chat"),
    Column("media", String(40), nullable=False),
    Column("size", Integer, nullable=False),
    # A file's name tells as much of a person as the file.
    Column("name_sealed", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One file as it is kept."""

    id: str
    conversation: str
    name: str
    media: Media
    size: int  # bytes


class Attachments:
    """Keeps files in a folder of their own; their names and owners are in SQL."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer, folder: Path, clock: Callable[[], datetime]) -> None:
        self._engine, self._sealer, self._folder, self._clock = engine, sealer, folder, clock

    async def put(self, conversation: str, owner: str, name: str, file: Clean) -> Attachment:
        """Keep a checked file and return how it is known."""
        made = Attachment(
            id=f"upl-{secrets.token_hex(10)}",
            conversation=conversation,
            name=plain_name(name, file.media),
            media=file.media,
            size=len(file.content),
        )
        sealed = await self._sealer.seal(owner, file.content)
        await asyncio.to_thread(self._write, made.id, sealed)
        values = {
            "id": made.id, "conversation": conversation, "owner": owner, "media": made.media.value,
            "size": made.size, "made_at": self._clock(),
            "name_sealed": await self._sealer.seal(owner, made.name.encode()),
        }  # fmt: skip
        async with writing(self._engine) as sql:
            await sql.execute(insert(uploads_table).values(values))
        return made

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)

    async def of_conversation(self, conversation: str) -> list[Attachment]:
        """Return what was attached in a conversation, oldest first."""
        rows = await self._rows(uploads_table.c.conversation == conversation)
        return [await self._attachment(row) for row in rows]

    async def open(self, conversation: str, upload: str) -> tuple[Attachment, bytes] | None:
        """Return a file of this conversation, or None where it has no such file."""
        rows = await self._rows((uploads_table.c.conversation == conversation) & (uploads_table.c.id == upload))
        path = self._folder / rows[0].id if rows else None
        if path is None or not path.exists():
            return None
        sealed = await asyncio.to_thread(path.read_bytes)
        return await self._attachment(rows[0]), await self._sealer.open(rows[0].owner, sealed)

    async def as_file(self, conversation: str, upload: str) -> File | None:
        """Return a file as it goes with a ticket's note, by a name of ours, or None where it is gone."""
        found = await self.open(conversation, upload)
        if found is None:
            return None
        attachment, content = found
        rows = await self._rows(uploads_table.c.conversation == conversation)
        number = next((n for n, row in enumerate(rows, 1) if row.id == upload), 1)
        return File(
            name=f"attachment-{number}{_ENDINGS[attachment.media]}",
            content_type=attachment.media.value,
            content=base64.b64encode(content),
            upload=upload,
        )

    async def forget(self, before: datetime) -> int:
        """Delete the files from before a moment and return how many."""
        return await self.delete(uploads_table.c.made_at < before)

    async def delete(self, condition: Any) -> int:
        """Delete the files whose rows meet a condition, rows first: a file without its row opens to nobody."""
        names = [row.id for row in await self._rows(condition)]
        async with writing(self._engine) as sql:
            await sql.execute(delete(uploads_table).where(uploads_table.c.id.in_(names)))
        for name in names:
            (self._folder / name).unlink(missing_ok=True)
        return len(names)

    async def _rows(self, condition: Any) -> Sequence[Row[Any]]:
        query = select(uploads_table).where(condition).order_by(uploads_table.c.made_at, uploads_table.c.id)
        async with reading(self._engine) as sql:
            return (await sql.execute(query)).all()

    async def _attachment(self, row: Row[Any]) -> Attachment:
        name = (await self._sealer.open(row.owner, row.name_sealed)).decode()
        return Attachment(id=row.id, conversation=row.conversation, name=name, media=Media(row.media), size=row.size)


def plain_name(given: str, media: Media) -> str:
    """Return a file's name as it may be shown: no path, nothing invisible, and the ending of what it is."""
    last = given.replace("\\", "/").rpartition("/")[2]
    seen = "".join(one for one in last if unicodedata.category(one)[0] not in "CZ" or one == " ")
    stem = seen.rpartition(".")[0] or seen
    return (stem.strip(" .")[:_LONGEST_NAME] or "attachment") + _ENDINGS[media]
