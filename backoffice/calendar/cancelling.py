"""The fields in which the desk says why a visit or a whole group is cancelled."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from scheduling.states import CancellationReason


def cancellation_code() -> forms.TypedChoiceField:
    """Return a field that offers the kinds of reasons, none of which need be chosen; its value is a code or None."""
    return forms.TypedChoiceField(
        label=_("Reason"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Not said")), *CancellationReason.choices],
        widget=UnfoldAdminSelectWidget,
    )


def cancellation_details() -> forms.CharField:
    """Return a field for the reason in the desk's own words."""
    return forms.CharField(
        label=_("Details"), max_length=2000, required=False, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )
