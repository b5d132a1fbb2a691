"""What a spreadsheet makes of a cell that it does not understand."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,3}")
# In English, German, French, Italian and Spanish.
ERRORS = frozenset(
    (
        "#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#BEZUG!", "#NV", "#WERT!", "#ZAHL!",
        "#VALEUR!", "#NOM?", "#RIF!", "#VALORE!", "#¡REF!", "#¡VALOR!",
    )
)  # fmt: skip


def damage(text: str) -> str:
    """Why a cell no longer says what was typed into it; "" where it does."""
    if SHORTENED.fullmatch(text):
        says = _("“%(text)s” is what a spreadsheet made of a long number; format its column as text, with all digits.")
        return says % {"text": text}
    if text in ERRORS or (len(text) > 3 and not text.strip("#")):
        return _("“%(text)s” is an error that a spreadsheet shows; mend it there.") % {"text": text}
    return ""
