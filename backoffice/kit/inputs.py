"""Form inputs: days and times, lists of texts, checkboxes."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core.days import check_day


class DayTimeInput(forms.DateTimeInput):
    """The browser's own date-and-time input; works by keyboard and on a tablet."""

    input_type = "datetime-local"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__({**UnfoldAdminTextInputWidget().attrs, **(attrs or {})}, format="%Y-%m-%dT%H:%M")


class DayInput(forms.DateInput):
    """The browser's own date input."""

    input_type = "date"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__({**UnfoldAdminTextInputWidget().attrs, **(attrs or {})}, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day."""

    widget = DayInput
    default_validators = [check_day]


class DayTimeField(forms.DateTimeField):
    """A day and a time."""

    widget = DayTimeInput
    default_validators = [check_day]


class WallTimeField(DayTimeField):
    """A day and a time without a zone."""

    def to_python(self, value: Any) -> Any:
        # In UTC no time is skipped or shown twice, so that nothing is refused before the practice is known.
        with timezone.override(UTC):
            read = super().to_python(value)
        return read.replace(tzinfo=None) if read is not None else None


class TimeInput(forms.TimeInput):
    """The browser's own time input."""

    input_type = "time"

    def __init__(self, attrs: Any = None) -> None:
        super().__init__({**UnfoldAdminTextInputWidget().attrs, **(attrs or {})}, format="%H:%M")


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(one) for one in value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)


class Checks(UnfoldAdminCheckboxSelectMultipleWidget):
    """Checkboxes side by side."""

    template_name = "backoffice/kit/checks.html"

    class Media:
        css = {"all": ["backoffice/scheduling.css"]}


def reason_field(help_text: Any = "", *, required: bool = True) -> forms.CharField:
    """Return a field of several lines that asks for a reason."""
    return forms.CharField(
        label=_("Reason"),
        max_length=2000,
        required=required,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=help_text,
    )
