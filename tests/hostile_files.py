"""Some sixty files that somebody sends to do harm, or by accident: each is refused, or kept as what it is.

The name says what is odd about it; `KEPT` are those that are what they are allowed to be, whatever they are called.
"""

import io
import struct
import zipfile
import zlib

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(32)
GIF = b"GIF89a" + bytes(32)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(32)
SCRIPT = b"<script>alert(document.cookie)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
TEXT = b"Patient feels better.\n"


def packed(members, *, compress=zipfile.ZIP_DEFLATED):
    """A ZIP file with these members."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", compress) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return kept.getvalue()


def bomb(megabytes=20):
    """A document whose text unpacks to a thousand times its size."""
    return packed({"word/document.xml": bytes(megabytes * 1024 * 1024)})


def many_names(count=110_000):
    """A ZIP file, written by hand, whose directory names more files than a document ever has."""
    entry = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0
    )  # fmt: skip
    directory = b"".join(entry + b"%05x" % number for number in range(count))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 30, 0)
    return b"PK\x03\x04" + bytes(26) + directory + end


def png_of_huge_size():
    """A picture of 100 KB that says it has 2**31 by 2**31 points."""
    head = struct.pack(">2L5B", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + chunk + struct.pack(">L", zlib.crc32(chunk)) + bytes(100_000)


ODT = "application/vnd.oasis.opendocument.text"
WORD = packed({"_rels/.rels": "", "word/document.xml": "<w/>"})

# What is odd: name, content. All of these are of a kind that is allowed.
KEPT = {
    "plain": ("report.pdf", PDF),
    "no ending": ("report", PDF),
    "double ending": ("report.pdf.exe", PDF),
    "another ending": ("picture.html", PNG),
    "a script's ending": ("a.js", TEXT),
    "a PDF that is a page too": ("a.html", PDF + b"<html>" + SCRIPT),
    "a PDF that is a ZIP file too": ("a.pdf", PDF + packed({"x.html": SCRIPT})),
    "a GIF that is a script too": ("a.gif", b"GIF89a/*" + bytes(16) + b"*/=1;alert(1)//"),
    "a JPEG with a script in its remark": ("a.jpg", JPEG + SCRIPT),
    "a PNG of impossible size": ("a.png", png_of_huge_size()),
    "text that is a formula": ("a.csv", b"=cmd|' /C calc'!A0\n"),
    "text that is a command": ("a.txt", b"#!/bin/sh\nrm -rf /\n"),
    "text with colours for a terminal": ("a.txt", b"\x1b[31mred\n"),
    "right to left": ("invoice\u202efdp.exe", PDF),
    "isolates": ("\u2067report\u2069.pdf", PDF),
    "climbs up": ("../../../../etc/passwd", PDF),
    "climbs up, Windows": ("..\\..\\windows\\system32\\drivers.pdf", PDF),
    "an absolute path": ("/etc/cron.d/evil", TEXT),
    "a drive": ("C:\\autoexec.txt", TEXT),
    "only dots": ("...", PDF),
    "only an ending": (".pdf", PDF),
    "only spaces": ("   .pdf", PDF),
    "quotes": ('a"; filename="evil.html', PDF),
    "line breaks": ("a\r\nContent-Type: text/html\r\n\r\n<script>.pdf", PDF),
    "a name that Windows keeps for itself": ("CON.pdf", PDF),
    "a name in another script": ("Ștefan 報告 📄.pdf", PDF),
    "markup": ("<img src=x onerror=alert(1)>.pdf", PDF),
    "a template": ("{{ settings.SECRET_KEY }}.pdf", PDF),
    "an order to a database": ("'; DROP TABLE patients_document; --.pdf", PDF),
    "percent signs": ("%00%2e%2e%2f.pdf", PDF),
    "4,000 characters": ("x" * 4000 + ".pdf", PDF),
    "4,000 characters without an ending": ("ș" * 4000, PDF),
    "a word document": ("a.docx", WORD),
    "a text of another office": ("a.odt", packed({"mimetype": ODT, "content.xml": "<x/>"})),
    "a bomb that stays packed": ("a.docx", bomb()),
    "9 MB of text": ("a.txt", b"a line of text\n" * 629_000),
    "a single letter": ("a.txt", b"a"),
}

# These are refused, whatever they are called.
REFUSED = {
    "nothing at all": ("a.pdf", b""),
    "a page": ("a.pdf", b"<!DOCTYPE html>" + SCRIPT),
    "a page after blanks": ("a.txt", b" \r\n\t" + SCRIPT),
    "a page after a mark": ("a.txt", b"\xef\xbb\xbf" + SCRIPT),
    "a page in UTF-16": ("a.txt", "<html>".encode("utf-16")),
    "a page in UTF-7": ("a.txt", b"\xff+ADw-script+AD4-"),
    "a drawing": ("a.png", SVG),
    "a packed drawing": ("a.svgz", zlib.compress(SVG)),
    "XML that includes a file": ("a.xml", b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'),
    "a program": ("a.pdf", b"MZ" + bytes(64)),
    "a program for Linux": ("a.pdf", b"\x7fELF" + bytes(64)),
    "a class": ("a.pdf", b"\xca\xfe\xba\xbe" + bytes(64)),
    "macros": ("a.docx", packed({"word/document.xml": "<w/>", "word/vbaProject.bin": "code"})),
    "macros in a spreadsheet": ("a.xlsx", packed({"xl/workbook.xml": "<w/>", "xl/vbaProject.bin": "code"})),
    "a ZIP file": ("a.zip", packed({"a.txt": "text"})),
    "a ZIP file that climbs up": ("a.zip", packed({"../../a.txt": "text"})),
    "macros in a text of another office": ("a.odt", packed({"mimetype": ODT, "Basic/Standard/Module1.xml": "code"})),
    "a ZIP file that claims to be a page": ("a.odt", packed({"mimetype": "text/html"})),
    "a ZIP file that claims to be a PDF": ("a.pdf", packed({"mimetype": "application/pdf", "x.html": SCRIPT})),
    "a ZIP file that claims to be plain text": ("a.txt", packed({"mimetype": "text/plain", "x.hta": SCRIPT})),
    "a ZIP file that claims to be a text and more": ("a.odt", packed({"mimetype": ODT + "-template"})),
    "a ZIP file that breaks off": ("a.docx", WORD[:-10]),
    "a ZIP file with 110,000 names": ("a.docx", many_names()),
    "an empty ZIP file": ("a.docx", b"PK\x05\x06" + bytes(18)),
    "a PDF that begins late": ("a.pdf", b"\x00" * 2000 + PDF),
    "bytes": ("a.txt", bytes(range(256)) * 64),
    "a NUL in text": ("a.txt", b"text\x00text"),
    "10 MB and one byte": ("a.txt", b"x" * (10 * 1024 * 1024 + 1)),
}
