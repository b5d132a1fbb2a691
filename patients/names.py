"""Names as people search for them: without accents, case or punctuation, last name first."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """`text` in lower case without accents; what is not a letter or a digit becomes one space.

    Both engines then find “stefan ionita” for “Ștefan Ioniță”: SQLite's own search misses accents.
    """
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def search_name(first_name: str, last_name: str) -> str:
    """A patient's name as it is searched, kept with the patient."""
    return fold(f"{last_name} {first_name}")[:600]
