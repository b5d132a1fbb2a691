"""Password fields that are typed twice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from core.errors import DomainError, Unavailable


def password(label: Any) -> forms.CharField:
    """A field that shows nothing of what is typed."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=128,
        required=False,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
    )


class TwicePassword(forms.Form):
    """A password, typed twice."""

    password1 = password(_("Password"))
    password2 = password(_("Password again"))

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        same_twice(self)
        return typed


def same_twice(form: forms.BaseForm) -> None:
    """Say so where the two passwords differ."""
    typed = getattr(form, "cleaned_data", {})
    if "password1" in form.errors:
        return
    if typed.get("password1") != typed.get("password2"):
        form.add_error("password2", _t("The two passwords differ."))


def rename(error: DomainError | Unavailable) -> None:
    """The verb speaks of `password`; the form asks for it twice."""
    fields: dict[str, Any] | None = getattr(error, "fields", None)
    if fields is not None and "password" in fields:
        fields["password1"] = fields.pop("password")
