"""Forms that show a verb's refusal at the field it names, and refuse to overwrite newer changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanWidget

from backoffice.kit.clock import show_when
from core.errors import DomainError, InvalidInput, Unavailable
from core.models import AuditEntry

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm


class Unconstrained(ModelForm):
    """A mixin that leaves constraints to the database, whose refusals the verbs put in words."""

    def _post_clean(self) -> None:
        # `full_clean` asks them of the instance, and Django has no way to say that it should not.
        self.instance.__dict__["validate_constraints"] = lambda exclude=None: None
        try:
            super()._post_clean()  # type: ignore[misc]
        finally:
            del self.instance.__dict__["validate_constraints"]


@dataclass(frozen=True)
class Refusal:
    """A verb's refusal, with the prefix of the refused form ("" = the page's own)."""

    error: DomainError | Unavailable
    prefix: str = ""


def refusal_of(request: HttpRequest) -> Refusal | None:
    """Return the refusal of this request's first attempt, if there was one."""
    found: Refusal | None = request.__dict__.get("refusal")
    return found


class Refused(Exception):
    """An exception that carries a refusal out of the transaction, so that nothing is written."""

    def __init__(self, error: DomainError | Unavailable, prefix: str) -> None:
        super().__init__(str(error))
        self.refusal = Refusal(error, prefix)


@contextmanager
def raising(prefix: str) -> Iterator[None]:
    """Context manager for calling a verb inside a save: its refusal belongs to the form with this prefix."""
    try:
        yield
    except (DomainError, Unavailable) as error:
        raise Refused(error, prefix) from error


def adopt(obj: models.Model, saved: models.Model) -> None:
    """Copy the stored row's id and columns to the form's own instance, for code that runs afterwards."""
    for field in obj._meta.concrete_fields:
        setattr(obj, field.attname, getattr(saved, field.attname))
    obj._state.adding = False


def say(error: DomainError | Unavailable) -> str:
    """Return the refusal in words."""
    if isinstance(error, Unavailable):
        return _("The database is busy. Nothing was saved; please try again.")
    told = str(error)
    hits = [str(clash["says"]) for clash in getattr(error, "clashes", ()) if str(clash["says"]) not in told]
    return f"{told}: {'; '.join(hits)}" if hits else told


def show_refusal(form: forms.BaseForm, error: DomainError | Unavailable) -> None:
    """Add a verb's refusal to the form: at the field it names, else above all fields."""
    if not isinstance(error, InvalidInput):
        form.add_error(None, say(error))
        return
    for name, why in error.fields.items():
        field = next((n for n in (name, name.removesuffix("_id")) if n in form.fields), None)
        text = str(why)[:1].upper() + str(why)[1:]
        form.add_error(field, text if field or not name else f"{label_of(form, name)}: {text}")


def label_of(form: forms.BaseForm, name: str) -> str:
    """Return the label of a column that the form does not show."""
    model: type[models.Model] | None = getattr(getattr(form, "_meta", None), "model", None)
    for field in model._meta.concrete_fields if model else ():
        if name in (field.name, field.attname):
            return str(field.verbose_name).capitalize()
    return name


def version_of(obj: models.Model) -> str:
    """Return a value that changes whenever a row is saved: `updated_at`, or a digest of its columns."""
    if hasattr(obj, "updated_at"):
        return str(obj.updated_at.isoformat())
    columns = [str(getattr(obj, field.attname)) for field in obj._meta.concrete_fields if field.name not in UNSEEN]
    return hashlib.sha256("\0".join(columns).encode()).hexdigest()


# Signing in does not make a form about a user stale.
UNSEEN = frozenset({"last_login"})


class VerbForm(Unconstrained):
    """The form of a change page. `request` is set on the class that is made for each request."""

    request: ClassVar[HttpRequest]

    version_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present_version = version_of(self.instance) if self.instance.pk else ""
        self.initial["version_seen"] = self.present_version

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        seen = given.pop("version_seen", "")
        if self.present_version and seen != self.present_version:
            raise ValidationError(self.stale(), code="stale")
        refusal = refusal_of(self.request)
        if refusal is not None and refusal.prefix:
            raise ValidationError(_("Nothing was saved; see below."))
        if refusal is not None:
            show_refusal(self, refusal.error)
        return given

    def stale(self) -> str:
        """Return who saved the row meanwhile, and a link to the current version."""
        last = AuditEntry.objects.of(self.instance).select_related("user").first()
        who = str(last.user) if last and last.user else _("Somebody")
        return format_html(
            '{} <a href="" class="bo-link">{}</a>',
            _("%(who)s saved this on %(when)s, after you opened it. Nothing of yours was saved.")
            % {"who": who, "when": show_when(last.at if last else timezone.now())},
            _("Open the current version"),
        )


class AskingForm(VerbForm):
    """A form that states the consequences of saving, and saves only after a confirmation."""

    anyway = forms.BooleanField(label=gettext_lazy("Save anyway"), required=False, widget=forms.HiddenInput)

    def warning(self, given: dict[str, Any]) -> str:
        """Return the consequences to confirm before saving; None if there are none."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        text = "" if self.errors else self.warning(given)
        if text:
            self.fields["anyway"].widget = UnfoldBooleanWidget()
            if not given.get("anyway"):
                self.add_error(None, text)
        return given
