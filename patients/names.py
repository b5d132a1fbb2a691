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


UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue", "ø": "oe", "å": "aa"})
PARTICLES = ("o", "d", "l", "mc", "mac", "de", "di", "van", "von")


def spellings(word: str) -> set[str]:
    """The folded beginnings under which a typed word of a name may be kept.

    Whoever types Juergen finds Jürgen and the other way round; oneil finds O'Neil.
    """
    plain = fold(word)
    found = {plain, fold(word.translate(UMLAUTS))}
    for pair, letter in (("ae", "a"), ("oe", "o"), ("ue", "u")):
        found |= {one.replace(pair, letter) for one in found}
    found |= {
        f"{particle} {plain.removeprefix(particle)}"
        for particle in PARTICLES
        if plain.startswith(particle) and len(plain) > len(particle) + 1
    }
    return found - {""}
