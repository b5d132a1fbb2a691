"""One cell that fills two columns, such as a full name: by its words, or at its comma."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What stands before a first name and belongs to it rather than to the last name, without full stops.
TITLES = frozenset(
    (
        "dr", "prof", "mr", "mrs", "ms", "miss", "mx", "herr", "frau", "dott", "dottssa", "dra", "mme", "mlle", "sig",
        "sigra", "sra", "sr",
    )
)  # fmt: skip


def is_title(word: str) -> bool:
    """Whether the word is a title, such as Dr. or Dott.ssa."""
    return word.casefold().replace(".", "") in TITLES


def first_words(text: str) -> str:
    """The first word, with the titles before it; ValidationError where a comma says that the last name comes first."""
    if "," in text:
        raise ValidationError(_("“%(text)s” has a comma; say last_name, first_name with one.") % {"text": text})
    words = text.split(" ")
    titles = next((number for number, word in enumerate(words[:-1]) if not is_title(word)), len(words) - 1)
    return " ".join(words[: titles + 1])


def other_words(text: str) -> str:
    """The words behind the first, whether or not titles stand before it."""
    return text[len(first_words(text)) :].strip()


def first_of_several(text: str) -> str:
    """The first word of several: one that stands alone is the last name."""
    return first_words(text) if other_words(text) else ""


def others_or_all(text: str) -> str:
    """The words behind the first; one that stands alone."""
    return other_words(text) or text


def before_comma(text: str) -> str:
    """What stands before the comma, or a single word; ValidationError for several words without one."""
    if "," not in text and " " in text:
        raise ValidationError(_("“%(text)s” has no comma; write one behind the last name.") % {"text": text})
    return text.partition(",")[0]


def behind_comma(text: str) -> str:
    """What stands behind the comma."""
    return text.partition(",")[2]
