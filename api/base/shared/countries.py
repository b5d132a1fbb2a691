"""Countries, which several vendors write in English."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from api.base.input import TextField
from core.iso import countries


def country_name(code: str) -> str | None:
    """The country's name; null where none is known."""
    return countries().get(code) if code else None


class CountryField(TextField):
    """A country's English name, or its ISO 3166 code."""

    default_error_messages = {"country": _("is not a country")}

    def to_internal_value(self, data: Any) -> str:
        """The code."""
        text = super().to_internal_value(data).strip()
        if not text or text.upper() in countries():
            return text.upper()
        codes = {name.casefold(): code for code, name in countries().items()}
        if text.casefold() not in codes:
            self.fail("country")
        return codes[text.casefold()]
