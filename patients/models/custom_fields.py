"""Custom fields that a clinic defines, and their values for a patient or a care plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from core.days import check_day
from core.errors import Conflict, InvalidInput, Text
from core.models import ClinicModel
from directory.models import Organization
from patients.models.patient import Patient
from patients.querysets import CustomFieldQuerySet, CustomFieldValueQuerySet
from patients.states import FieldObject, FieldType

check_technical_name = RegexValidator(r"^[a-zA-Z][a-zA-Z0-9_]*\Z", _("Letters, digits and _ only, a letter first."))

# As many digits as Decimal computes with: more of them would be rounded away without a word.
LONGEST_NUMBER = 28
MOST_CHOICES, LONGEST_CHOICE = 200, 255

# Values are stored as a field of that type holds them, so these never change.
IMMUTABLE = ("object_type", "technical_name", "type")


class CustomField(ClinicModel):
    """A field that the clinic defined; its technical name and type never change."""

    organization = models.ForeignKey(Organization, models.PROTECT, verbose_name=_("organization"), related_name="+")
    object_type = models.CharField(_("describes"), max_length=16, choices=FieldObject)
    label = models.CharField(_("label"), max_length=255)
    technical_name = models.CharField(_("technical name"), max_length=64, validators=[check_technical_name])
    type = models.CharField(_("holds"), max_length=32, choices=FieldType)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    sequence_number = models.PositiveSmallIntegerField(_("position"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "object_type", "technical_name"],
                name="custom_field_unique_name",
                violation_error_message=_("There is already one with this technical name."),
            ),
            known("custom_field", "object_type", FieldObject),
            known("custom_field", "type", FieldType),
            models.CheckConstraint(
                condition=(Q(type=FieldType.DROPDOWN) & ~Q(choices=[])) | (~Q(type=FieldType.DROPDOWN) & Q(choices=[])),
                name="custom_field_choices_iff_dropdown",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def guard(self) -> None:
        """Refuse to change the kind of object, the technical name or the type, and refuse invalid choices."""
        problems: dict[str, Text] = {name: _t("never changes") for name in IMMUTABLE if name in self.changes()}
        if why := self._unfit_choices():
            problems["choices"] = why
        if problems:
            raise InvalidInput(problems)

    def _unfit_choices(self) -> Text:
        if not isinstance(self.choices, list) or not all(isinstance(one, str) and one.strip() for one in self.choices):
            return _t("must be a list of texts")
        if bool(self.choices) != (self.type == FieldType.DROPDOWN):
            return _t("are for a choice, and it needs some")
        if len(self.choices) > MOST_CHOICES or any(len(one) > LONGEST_CHOICE for one in self.choices):
            limits = {"count": MOST_CHOICES, "length": LONGEST_CHOICE}
            return _t("At most %(count)s choices of up to %(length)s characters.") % limits
        return _t("must differ from each other") if len(set(self.choices)) < len(self.choices) else ""

    def require_live(self) -> None:
        """Raise Conflict if the field is archived and takes no new values."""
        if self.archived_at is not None:
            raise Conflict(_t("The field “%(field)s” has been archived.") % {"field": self.label}, code="archived")

    def canonical(self, value: Any) -> str:
        """Return `value` as this field stores it: a number without padding, a date as ISO 8601, true or false.

        None and "" say nothing. Raises InvalidInput for `value` when it is not of the field's type.
        """
        if value is None or value == "":
            return ""
        try:
            return CANONICAL[FieldType(self.type)](value, self.choices)
        except (ArithmeticError, LookupError, TypeError, ValueError, ValidationError):
            raise InvalidInput({"value": self._expected()}) from None

    def python(self, text: str) -> str | bool | date | Decimal | None:
        """Convert a stored value for forms and computations; None for an empty one."""
        if text == "":
            return None
        match FieldType(self.type):
            case FieldType.NUMBER:
                return Decimal(text)
            case FieldType.DATE:
                return date.fromisoformat(text)
            case FieldType.SINGLE_CHECKBOX:
                return text == "true"
            case _:
                return text

    def _expected(self) -> Text:
        match FieldType(self.type):
            case FieldType.NUMBER:
                return _t("is not a number of at most %(digits)s digits") % {"digits": LONGEST_NUMBER}
            case FieldType.DATE:
                return _t("is not a day, such as 2026-02-17")
            case FieldType.SINGLE_CHECKBOX:
                return _t("is neither true nor false")
            case FieldType.DROPDOWN:
                return _t("is not one of the choices: %(choices)s") % {"choices": ", ".join(self.choices)[:500]}
            case _:
                return _t("is not a text of one line")


def _text(value: Any, _choices: list[str]) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise TypeError(value)
    text = str(value).strip()
    if len(text.splitlines()) > 1:
        raise ValueError(value)
    return text


def _number(value: Any, _choices: list[str]) -> str:
    text = str(value).strip()
    if isinstance(value, bool) or "_" in text:
        raise TypeError(value)
    number = Decimal(text or 0)
    if not number.is_finite() or max(len(number.as_tuple().digits), abs(number.adjusted())) > LONGEST_NUMBER:
        raise ValueError(value)
    return text and (f"{number.normalize():f}" if number else "0")


def _date(value: Any, _choices: list[str]) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        check_day(value)
        return value.isoformat()
    text = str(value).strip()
    day = date.fromisoformat(text) if text else None
    if day is not None and day.isoformat() != text:
        raise ValueError(value)
    return _date(day, []) if day is not None else ""


def _checkbox(value: Any, _choices: list[str]) -> str:
    return {"true": "true", "1": "true", "false": "false", "0": "false", "": ""}[str(value).strip().lower()]


def _choice(value: Any, choices: list[str]) -> str:
    if value not in choices:
        raise ValueError(value)
    return str(value)


CANONICAL: dict[FieldType, Callable[[Any, list[str]], str]] = {
    FieldType.SINGLE_LINE_TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.SINGLE_CHECKBOX: _checkbox,
    FieldType.DROPDOWN: _choice,
}


class CustomFieldValue(ClinicModel):
    """The value of a custom field for one patient or one care plan, as canonical text of the field's type."""

    field = models.ForeignKey(CustomField, models.PROTECT, related_name="values", verbose_name=_("field"))
    patient = models.ForeignKey(
        Patient, models.CASCADE, null=True, blank=True, related_name="custom_values", verbose_name=_("patient")
    )
    care_plan = models.ForeignKey(
        "billing.CarePlan",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="custom_values",
        verbose_name=_("care plan"),
    )
    value = models.CharField(_("value"), max_length=500)

    objects = CustomFieldValueQuerySet.as_manager()

    class Meta:
        verbose_name = _("custom value")
        verbose_name_plural = _("custom values")
        constraints = [
            models.UniqueConstraint(fields=["field", "patient"], name="custom_value_unique"),
            models.UniqueConstraint(fields=["field", "care_plan"], name="custom_value_unique_care_plan"),
            models.CheckConstraint(
                condition=Q(patient__isnull=False, care_plan__isnull=True)
                | Q(patient__isnull=True, care_plan__isnull=False),
                name="custom_value_one_owner",
            ),
            models.CheckConstraint(condition=~Q(value=""), name="custom_value_says_something"),
        ]
        indexes = [models.Index(fields=["field", "value"], name="custom_value_value")]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"
