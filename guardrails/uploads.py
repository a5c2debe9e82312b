"""What a customer may attach: pictures, made anew without metadata, and short PDFs; looked at in a process of its own.

The child has no secrets in its environment, little memory and a few seconds, so that a hostile file harms nobody else.
"""

import asyncio
import io
import json
import os
import sys
import warnings
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from guardrails.verdict import Denied

MOST_BYTES = 5 * 1024 * 1024
#: A picture is in memory three times over while it is made anew, four bytes a pixel.
MOST_PIXELS = 16_000_000
MOST_PAGES = 30
_SECONDS = 15
_AT_ONCE = 2
_WAIT_SECONDS = 5
_MEMORY_BYTES = 1024 * 1024 * 1024
_ROOT = Path(__file__).parents[1]


class UploadCode(StrEnum):
    """Why a file is not taken."""

    UNKNOWN_KIND = "unknown_kind"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    UNREADABLE = "unreadable"
    #: Others are being looked at; the file itself may be fine.
    BUSY = "busy"


class Media(StrEnum):
    """What is taken, named as its media type."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"
    GIF = "image/gif"
    PDF = "application/pdf"


@dataclass(frozen=True)
class Clean:
    """A file that may be kept: written anew from what was read of it."""

    media: Media
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Looks:
    """How many files of this process are looked at together, and how long another waits for its place."""

    places: asyncio.Semaphore
    seconds: float


_LOOKS = Looks(places=asyncio.Semaphore(_AT_ONCE), seconds=_WAIT_SECONDS)


def kind_of(content: bytes) -> Media | None:
    """Tell a file's kind by its first bytes; what its name or sender says of it does not count."""
    match content[:4]:
        case b"\x89PNG" if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return Media.PNG
        case b"RIFF" if content[8:12] == b"WEBP":
            return Media.WEBP
        case b"GIF8" if content[4:6] in (b"7a", b"9a"):
            return Media.GIF
        case b"%PDF":
            return Media.PDF
    return Media.JPEG if content.startswith(b"\xff\xd8\xff") else None


async def cleaned(content: bytes, looks: Looks = _LOOKS) -> Clean | Denied:
    """Return the file as it may be kept, or why it is not taken; all of a process share `looks`."""
    if len(content) > MOST_BYTES:
        return Denied(UploadCode.TOO_LARGE)
    if kind_of(content) is None:
        return Denied(UploadCode.UNKNOWN_KIND)
    try:
        async with asyncio.timeout(looks.seconds):
            await looks.places.acquire()
    except TimeoutError:
        return Denied(UploadCode.BUSY)
    try:
        return await _looked_at(content)
    finally:
        looks.places.release()


async def _looked_at(content: bytes) -> Clean | Denied:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "guardrails.uploads",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=_ROOT,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            answer, _ = await child.communicate(content)
    except TimeoutError:
        return Denied(UploadCode.UNREADABLE)
    finally:
        # Also where the caller has gone: a place is free only once its child is.
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _answered(answer) if child.returncode == 0 else Denied(UploadCode.UNREADABLE)


def _answered(answer: bytes) -> Clean | Denied:
    head, _, content = answer.partition(b"\n")
    said = json.loads(head)
    return Denied(UploadCode(said["code"])) if "code" in said else Clean(Media(said["media"]), content)


# From here on: the child.


def _remade(content: bytes) -> Clean | Denied:
    media = kind_of(content)
    if media is None:
        return Denied(UploadCode.UNKNOWN_KIND)
    return _pages(content) if media is Media.PDF else _picture(content, media)


def _picture(content: bytes, media: Media) -> Clean | Denied:
    """Paint the picture anew: only its pixels come along, the first ones of an animation."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - only the child needs it

    form = media.value.removeprefix("image/").upper()
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return Denied(UploadCode.TOO_LARGE)
            upright = ImageOps.exif_transpose(opened)
            has_alpha = "A" in upright.getbands() or "transparency" in upright.info
            mode = "RGBA" if has_alpha and media is not Media.JPEG else "RGB"
            painted = Image.new(mode, upright.size)
            painted.paste(upright.convert(mode))
    except Image.DecompressionBombError:
        return Denied(UploadCode.TOO_LARGE)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return Denied(UploadCode.UNREADABLE)
    kept = Media.PNG if media is Media.GIF else media
    written = io.BytesIO()
    painted.save(written, format=kept.value.removeprefix("image/").upper())
    return Clean(kept, written.getvalue())


#: What makes a page's look; everything else of it can carry files, scripts and words about people.
_PAGE = {"/Type", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate"}
#: What may hang on a picture or a drawing inside a page as it does on the page.
_HANGING = ("/AF", "/Metadata", "/PieceInfo", "/AA", "/OPI", "/Annots")


def _pages(content: bytes) -> Clean | Denied:
    """Copy the pages: what hangs on the document (scripts, files, metadata) or on a page's edges stays behind."""
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415 - only the child needs it
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            return Denied(UploadCode.UNREADABLE)
        if len(reader.pages) > MOST_PAGES:
            return Denied(UploadCode.TOO_MANY_PAGES)
        writer = PdfWriter()
        for page in reader.pages:
            for edge in set(page) - _PAGE - {"/Parent"}:
                del page[edge]
            writer.add_page(page, _HANGING)
        writer.metadata = None
        written = io.BytesIO()
        writer.write(written)
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Denied(UploadCode.UNREADABLE)
    return Clean(Media.PDF, written.getvalue()) if len(reader.pages) else Denied(UploadCode.UNREADABLE)


def _limit_myself() -> None:
    import resource  # noqa: PLC0415 - not on every system

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    """Read a file from stdin, and write a line of JSON and the file made anew to stdout."""
    _limit_myself()
    warnings.simplefilter("ignore")
    found = _remade(sys.stdin.buffer.read(MOST_BYTES + 1))
    head = {"code": found.code} if isinstance(found, Denied) else {"media": found.media.value}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    if isinstance(found, Clean):
        sys.stdout.buffer.write(found.content)


if __name__ == "__main__":
    main()
