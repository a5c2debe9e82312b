"""What may be attached: known by its first bytes, made anew, and never more than the limits."""

import asyncio
import io
import struct
import zlib

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject

from guardrails.uploads import MOST_BYTES, MOST_PAGES, Clean, Looks, Media, UploadCode, cleaned
from guardrails.verdict import Denied

SECRET = "Maya Whitfield, 18 Alder Lane"


def picture(form: str, size: tuple[int, int] = (40, 20), color: str = "red") -> bytes:
    """Return a picture that tells in its metadata who made it, turned on its side where its kind can say so."""
    made, written, exif = Image.new("RGB", size, color), io.BytesIO(), Image.Exif()
    exif[0x010E], exif[0x0112] = SECRET, 6
    more = {"exif": exif} if form != "GIF" else {}
    comment = {"comment": SECRET.encode()} if form in ("JPEG", "GIF") else {}
    made.save(written, form, **more, **comment)
    return written.getvalue()


def document(pages: int = 2, *, script: bool = False, password: str = "") -> bytes:
    writer, written = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    writer.add_metadata({"/Author": SECRET})
    if script:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app")}
        )
        writer.root_object[NameObject("/OpenAction")] = action
        writer.add_attachment("evil.exe", b"MZ" + SECRET.encode())
        writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})
    if password:
        writer.encrypt(password)
    writer.write(written)
    return written.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_picture_keeps_its_pixels_and_nothing_else(form: str) -> None:
    """Upright, of the same look, and without a word of metadata."""
    sent = picture(form)
    assert SECRET.encode() in sent
    kept = await cleaned(sent)
    assert isinstance(kept, Clean)
    seen = Image.open(io.BytesIO(kept.content))
    turned = form != "GIF"
    assert (seen.size, dict(seen.getexif())) == ((20, 40) if turned else (40, 20), {})
    red = seen.convert("RGB").getpixel((5, 5))
    assert isinstance(red, tuple)
    assert (red[0] > 240, red[1] < 15) == (True, True)
    assert b"Whitfield" not in kept.content


async def test_a_see_through_picture_stays_see_through() -> None:
    """Transparency survives."""
    written = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(written, "PNG")
    kept = await cleaned(written.getvalue())
    assert isinstance(kept, Clean)
    assert Image.open(io.BytesIO(kept.content)).getpixel((0, 0)) == (0, 0, 0, 0)


async def test_a_document_keeps_its_pages_and_nothing_else() -> None:
    """No script, no file inside, no author."""
    sent = document(3, script=True)
    assert b"JavaScript" in sent
    kept = await cleaned(sent)
    assert isinstance(kept, Clean)
    assert (kept.media, len(PdfReader(io.BytesIO(kept.content)).pages)) == (Media.PDF, 3)
    assert not [word for word in (b"Whitfield", b"/JS", b"JavaScript", b"evil", b"/AA") if word in kept.content]


async def test_nothing_hides_in_a_page_or_in_what_it_shows() -> None:
    """Of a page its look is kept; files, metadata and private parts of it, or of a drawing in it, are not."""
    writer, written = PdfWriter(), io.BytesIO()
    page = writer.add_blank_page(200, 100)
    page[NameObject("/Rotate")] = NumberObject(90)
    drawing = StreamObject()
    for part in ("/AF", "/Metadata", "/PieceInfo", "/Private"):
        hidden = StreamObject()
        hidden.set_data(SECRET.encode())
        page[NameObject(part)] = writer._add_object(hidden)
        if part != "/Private":
            drawing[NameObject(part)] = writer._add_object(hidden)
    drawings = DictionaryObject({NameObject("/X"): writer._add_object(drawing)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): drawings})
    writer.write(written)
    kept = await cleaned(written.getvalue())
    assert isinstance(kept, Clean)
    (seen,) = PdfReader(io.BytesIO(kept.content)).pages
    assert (seen.mediabox.width, seen.rotation, "/X" in seen["/Resources"]["/XObject"]) == (200, 90, True)  # type: ignore[index]
    assert b"Whitfield" not in kept.content


async def test_few_files_are_looked_at_together() -> None:
    """Who finds every place taken waits a moment, then is asked to come again; a place that is free again is taken."""
    looks = Looks(places=asyncio.Semaphore(1), seconds=0.05)
    async with looks.places:
        assert await cleaned(picture("PNG"), looks) == Denied(UploadCode.BUSY)
    assert isinstance(await cleaned(picture("PNG"), looks), Clean)
    assert await cleaned(b"%PDF-1.7\n" + bytes(500), looks) == Denied(UploadCode.UNREADABLE)
    assert isinstance(await cleaned(picture("PNG"), looks), Clean)


def wide() -> bytes:
    """Return a picture of a few kilobytes that is worth gigabytes to eight customers at once."""
    written = io.BytesIO()
    Image.new("1", (6300, 6300)).save(written, "PNG")
    return written.getvalue()


def huge() -> bytes:
    """Return a picture of a few hundred bytes that unpacks to gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")


REFUSED = [
    ("text", b"hello", UploadCode.UNKNOWN_KIND),
    ("nothing", b"", UploadCode.UNKNOWN_KIND),
    ("page", b"<html><script>alert(1)</script>", UploadCode.UNKNOWN_KIND),
    ("drawing", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", UploadCode.UNKNOWN_KIND),
    ("program", b"MZ" + bytes(100), UploadCode.UNKNOWN_KIND),
    ("large", picture("PNG") + bytes(MOST_BYTES), UploadCode.TOO_LARGE),
    ("bomb", huge(), UploadCode.TOO_LARGE),
    ("wide", wide(), UploadCode.TOO_LARGE),
    ("cut picture", picture("PNG")[:60], UploadCode.UNREADABLE),
    ("cut photo", picture("JPEG")[:40], UploadCode.UNREADABLE),
    ("false photo", b"\xff\xd8\xff" + bytes(500), UploadCode.UNREADABLE),
    ("false document", b"%PDF-1.7\n" + bytes(500), UploadCode.UNREADABLE),
    ("long document", document(MOST_PAGES + 1), UploadCode.TOO_MANY_PAGES),
    ("locked document", document(password="x"), UploadCode.UNREADABLE),
]


@pytest.mark.parametrize(("name", "sent", "code"), REFUSED, ids=[one[0] for one in REFUSED])
async def test_what_is_not_taken_is_refused_by_its_code(name: str, sent: bytes, code: UploadCode) -> None:
    """By its bytes, its size and its pages, whatever it calls itself."""
    assert await cleaned(sent) == Denied(code), name


async def test_what_hangs_behind_a_picture_stays_behind() -> None:
    """A file that is two things at once is one afterwards."""
    kept = await cleaned(picture("PNG") + b"<script>alert(1)</script>" + document())
    assert isinstance(kept, Clean)
    assert not [word for word in (b"script", b"%PDF") if word in kept.content]
