"""Names in the form in which people search for them: without accents, case or punctuation, last name first."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

# What becomes of each ASCII character: an import folds a million names.
FOLDED = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}


def fold(text: str) -> str:
    """Return `text` in lower case without accents; what is not a letter or a digit becomes one space.

    Both engines then find “stefan ionita” for “Ștefan Ioniță”: SQLite's own search misses accents.
    """
    if text.isascii():
        return " ".join(text.translate(FOLDED).split())
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def search_name(first_name: str, last_name: str) -> str:
    """Return a patient's name in the form in which it is searched."""
    return fold(f"{last_name} {first_name}")[:600]


UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue", "ø": "oe", "å": "aa"})
PARTICLES = frozenset({"o", "d", "l", "mc", "mac", "de", "di", "van", "von"})


def spellings(word: str) -> set[str]:
    """Return the folded beginnings under which a typed word of a name may be stored.

    Whoever types Juergen finds Jürgen and the other way round.
    """
    found = {fold(word), fold(word.translate(UMLAUTS))}
    for pair, letter in (("ae", "a"), ("oe", "o"), ("ue", "u")):
        found |= {one.replace(pair, letter) for one in found}
    return found - {""}


def words_of_name(folded: str) -> set[str]:
    """Return the words of a folded name; a particle also joined with the next word, so that oneil finds O'Neil.

    And what is left of the name from each word on, if that is several, so that Ana-Maria is found by how these begin.
    The whole name is not among them: the patient has it.
    """
    words = folded.split()
    joined = {first + second for first, second in pairwise(words) if first in PARTICLES}
    return {*words, *joined, *(" ".join(words[number:]) for number in range(1, len(words) - 1))}
