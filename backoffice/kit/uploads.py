"""The step form that asks for a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget

from backoffice.kit.steps import StepForm


class UploadForm(StepForm):
    """Asks for a file."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("PDF, picture, text, office document or MP4 video."),
    )

    def values(self) -> dict[str, Any]:
        """The verbs call it an upload, and name the column when they refuse it."""
        return {"upload" if name == "file" else name: value for name, value in self.cleaned_data.items()}
