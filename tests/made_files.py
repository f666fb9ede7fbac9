"""Small sound files of the binary formats, made when they are asked for; and what mutilates them."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

SLIDES = [
    "Swarms\nA swarm leaves its hive in May.\nThe old queen goes with it.",
    "Scouts\nScouts look for a hollow tree.\nThey dance where they found one.",
    "Distance\nA swarm settles some forty metres away.\nIt hangs there for three days.",
    "The old queen\nThe old queen goes with it.\nA young one stays behind.",
    "Catching\nA keeper shakes the cluster into a skep.\nThe skep stands in the shade until dusk.",
]


def pdf(*pages: str) -> bytes:
    """Write a PDF, the lines of each page below one another, by hand: objects, cross-reference table, trailer."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, text in enumerate(pages):
        lines = ") Tj T* (".join(text.split("\n"))
        content = f"BT /F1 12 Tf 16 TL 40 700 Td ({lines}) Tj ET" if text else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {5 + 2 * n} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return _numbered(objects, "")


def locked_pdf() -> bytes:
    """Write a PDF that asks for a password: its keys are nonsense, so no password opens it."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [] /Count 0 >>",
        f"<< /Filter /Standard /V 1 /R 2 /P -44 /O <{'ab' * 32}> /U <{'cd' * 32}> >>",
    ]
    return _numbered(objects, f"/Encrypt 3 0 R /ID [<{'01' * 16}> <{'01' * 16}>]")


def _numbered(objects: list[str], trailer: str) -> bytes:
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{at:010d} 00000 n \n" for at in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF\n".encode()


@cache
def docx() -> bytes:
    """Write a Word file with headings, paragraphs, a list and a table with a merged cell."""
    from docx import Document

    document: Any = Document()
    document.add_heading("Sampling", 1)
    document.add_paragraph("Temperature scales the logits before the softmax.")
    document.add_paragraph("A first item", style="List Bullet")
    table = document.add_table(2, 2)
    table.cell(0, 0).text, table.cell(0, 1).text, table.cell(1, 0).text = "Name", "Value", "merged"
    table.cell(1, 0).merge(table.cell(1, 1))
    return _saved(document)


@cache
def pptx() -> bytes:
    """Write a PowerPoint file with a title, bullets, notes and a table."""
    from pptx import Presentation
    from pptx.util import Inches

    deck: Any = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Sampling"
    slide.placeholders[1].text = "Temperature scales the logits.\nTop-p keeps a share."
    slide.notes_slide.notes_text_frame.text = "Say this slowly."
    table = slide.shapes.add_table(1, 2, Inches(1), Inches(1), Inches(3), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    return _saved(deck)


def _saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def notebook(*cells: dict[str, Any]) -> bytes:
    """Write a notebook of the cells that are given, else of one of each kind."""
    shown = {"output_type": "display_data", "data": {"text/html": "<table><tr><td>a<td>b</table>", "image/png": "iVB"}}
    printed = {"output_type": "stream", "text": ["\u001b[31mloss\u001b[0m 0.1\n", " 10%|█   | 1/10\r100%|████|\n"]}
    failed = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["line 1", "ValueError"]}
    usual: tuple[dict[str, Any], ...] = (
        {"cell_type": "markdown", "source": ["# Sampling\n", "\n", "Temperature scales the logits."]},
        {"cell_type": "code", "source": "print(loss)", "outputs": [printed, shown, failed]},
        {"cell_type": "heading", "level": 2, "source": "Old heading"},
    )
    return json.dumps({"cells": list(cells or usual), "nbformat": 4}).encode()


def subtitles() -> bytes:
    """Write a WebVTT file with a voice, a tag and a repeated caption."""
    cues = ["<v Ann>Hello there.", "Hello there. <i>Again</i> &amp; again.", "The end."]
    times = [f"00:00:{n:02d}.000 --> 00:00:{n + 1:02d}.000\n{text}\n" for n, text in enumerate(cues)]
    return ("WEBVTT\n\n" + "\n".join(times)).encode()


MADE: dict[str, Callable[[], bytes]] = {
    ".pdf": lambda: pdf("Temperature scales the logits.", "A second page."),
    ".docx": docx,
    ".pptx": pptx,
    ".ipynb": notebook,
    ".vtt": subtitles,
}


def mutilated(data: bytes, seed: int) -> bytes:
    """Cut, flip, overwrite, repeat or take away some bytes; the same seed does the same."""
    chance = random.Random(seed)
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 40))):
        at = chance.randrange(len(out) + 1)
        size = chance.choice((1, 2, 16, 200))
        match chance.randrange(5):
            case 0 if at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                out[at : at + size] = chance.randbytes(size)
            case 2:
                out[at:at] = out[max(0, at - size) : at]
            case 3:
                del out[at : at + size]
            case _ if chance.random() < 0.3:
                del out[at:]
            case _:
                out[at : at + 4] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"-1", b"9999", b"<", b'"', b"]"))
    return bytes(out)


def mutilated_inside(archive: bytes, seed: int) -> bytes:
    """Mutilate one member of a zip, which stays sound as a zip: so the damage reaches the parsers of XML."""
    chance = random.Random(seed)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        texts = [n for n in names if n.endswith(("document.xml", "slide1.xml", "Slide1.xml", ".rels", "Types].xml"))]
        victim = chance.choice(texts)
        for name in names:
            if name == victim and chance.random() < 0.1:
                continue
            data = old.read(name)
            new.writestr(name, _renamed(data, chance) if name == victim else data)
    return out.getvalue()


def _renamed(xml: bytes, chance: random.Random) -> bytes:
    """Damage XML so that it often stays XML: attributes and elements get other names and values."""
    if chance.random() < 0.4:
        return mutilated(xml, chance.randrange(2**32))
    words = [
        b"w:val",
        b"w:tc",
        b"w:tr",
        b"w:p>",
        b"w:t>",
        b"a:t>",
        b"a:tc",
        b"p:sp>",
        b"r:id",
        b"Target",
        b"Type",
        b"Id=",
    ]
    words += [b"w:pPr", b"w:pStyle", b"p:nvPr", b"p:cNvPr", b"a:p>", b"a:tr", b"a:r>", b"idx=", b"id=", b"rId", b"http"]
    for _ in range(chance.choice((1, 2, 5))):
        word = chance.choice(words)
        xml = xml.replace(
            word, chance.choice([b"x:y", b"w:p>", b"", b"0", word[::-1], chance.choice(words)]), chance.choice((1, -1))
        )
    return xml
