"""The kinds of the directory that can be imported: practices, rooms, specialties, specialists, users and roles."""

from directory.imports.named import COLOR, COLORS, NAME, configured_kind
from directory.imports.people import (
    ADDRESS,
    ARCHIVED,
    PRACTICE,
    PRACTICES,
    SPECIALIST,
    SPECIALISTS,
    USER,
    first_word,
    give_resources,
    organization_of,
    organization_or_new,
    other_words,
    us_post_code,
)
from directory.imports.setup import (
    IN_PRACTICE,
    MEMBERSHIPS,
    ROOM,
    ROOMS,
    SPECIALTIES,
    SPECIALTY,
    USERS,
    by_practice_clock,
    practice_of,
    set_away,
)

IMPORTS = [PRACTICES, ROOMS, COLORS, SPECIALTIES, SPECIALISTS, USERS, MEMBERSHIPS]

__all__ = [
    "ADDRESS",
    "ARCHIVED",
    "COLOR",
    "IMPORTS",
    "IN_PRACTICE",
    "NAME",
    "PRACTICE",
    "ROOM",
    "SPECIALIST",
    "SPECIALTY",
    "USER",
    "by_practice_clock",
    "configured_kind",
    "first_word",
    "give_resources",
    "organization_of",
    "organization_or_new",
    "other_words",
    "practice_of",
    "set_away",
    "us_post_code",
]
