"""Patients: people in an organization, how to reach them, and who may act for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.bulk_write import insert_tuples
from core.constraints import PERCENT, known, percent
from core.days import check_born
from core.errors import Conflict, InvalidInput
from core.models import ClinicModel
from core.plain_text import PlainTextField
from directory.models import Organization, Resource, Specialist, check_country, check_time_zone
from directory.named import Named, unique_live_name
from directory.querysets import InOrganizationQuerySet
from patients.names import search_name
from patients.phones import digits_of, meant_number, national_digits
from patients.querysets import OfPatientQuerySet, PatientAccessQuerySet, PatientQuerySet
from patients.searching import LONGEST_WORD, words_of
from patients.states import Gender, PhoneType, Relation


class PatientSource(Named):
    """How patients heard of the clinic."""

    objects = InOrganizationQuerySet["PatientSource"].as_manager()

    class Meta:
        verbose_name = _("patient source")
        verbose_name_plural = _("patient sources")
        constraints = [unique_live_name("patient_source")]


class Patient(ClinicModel):
    """A person in an organization. `save` keeps `search_name` up to date for searching on both engines."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="patients", verbose_name=_("organization")
    )
    resource = models.OneToOneField(Resource, models.PROTECT, editable=False, related_name="patient")
    first_name = models.CharField(_("first name"), max_length=255, blank=True)
    last_name = models.CharField(_("last name"), max_length=255)
    preferred_first_name = models.CharField(_("preferred first name"), max_length=255, blank=True)
    title = models.CharField(_("title"), max_length=50, blank=True)
    search_name = PlainTextField(max_length=600, blank=True, editable=False)
    email = models.EmailField(_("e-mail"), blank=True)
    avatar_url = models.URLField(_("picture"), max_length=500, blank=True)
    email_enabled = models.BooleanField(_("may be e-mailed"), default=True, db_default=True)
    receives_confirmation_emails = models.BooleanField(_("gets confirmations"), default=True, db_default=True)
    document_signature_email = models.BooleanField(_("signs by e-mail"), default=True, db_default=True)
    email_reminders = models.BooleanField(_("e-mail reminders"), default=True, db_default=True)
    sms_reminders = models.BooleanField(_("SMS reminders"), default=True, db_default=True)
    date_of_birth = models.DateField(_("date of birth"), null=True, blank=True)
    place_of_birth = models.CharField(_("place of birth"), max_length=255, blank=True)
    gender = models.CharField(_("gender"), max_length=16, choices=Gender, blank=True)
    gender_identity = models.CharField(_("gender identity"), max_length=100, blank=True)
    pronouns = models.JSONField(_("pronouns"), null=True, blank=True)
    address_1 = models.CharField(_("address"), max_length=255, blank=True)
    address_2 = models.CharField(_("address, second line"), max_length=255, blank=True)
    address_3 = models.CharField(_("address, third line"), max_length=255, blank=True)
    city = models.CharField(_("city"), max_length=255, blank=True)
    state = models.CharField(_("state"), max_length=255, blank=True)
    post_code = models.CharField(_("post code"), max_length=20, blank=True)
    country_code = models.CharField(_("country"), max_length=2, blank=True, validators=[check_country])
    time_zone = models.CharField(_("time zone"), max_length=63, blank=True, validators=[check_time_zone])
    occupation = models.CharField(_("occupation"), max_length=255, blank=True)
    identity_number = models.CharField(_("identity number"), max_length=50, blank=True)
    italian_fiscal_code = models.CharField(_("Italian fiscal code"), max_length=16, blank=True)
    medicare = models.CharField(_("Medicare number"), max_length=20, blank=True)
    medicare_reference_number = models.CharField(_("Medicare reference"), max_length=20, blank=True)
    dva_card_number = models.CharField(_("DVA card"), max_length=20, blank=True)
    old_reference_id = models.CharField(_("old reference"), max_length=255, blank=True)
    yearly_numbering_year = models.PositiveSmallIntegerField(_("numbering year"), null=True, blank=True)
    yearly_numbering_number = models.PositiveIntegerField(_("number in the year"), null=True, blank=True)
    source = models.ForeignKey(
        PatientSource, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("heard of us through")
    )
    default_discount = models.DecimalField(
        _("discount, %"), max_digits=5, decimal_places=2, default=0, db_default=0, validators=PERCENT
    )
    price_list = models.ForeignKey(
        "billing.PriceList", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("price list")
    )
    primary_specialist = models.ForeignKey(
        Specialist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("primary specialist")
    )
    emergency_contact = models.TextField(_("emergency contact"), blank=True)
    notes = models.TextField(_("notes"), blank=True)
    appointment_notes = models.TextField(_("notes for appointments"), blank=True)
    invoice_default_to = models.TextField(_("invoice to"), blank=True)
    invoice_email = models.EmailField(_("invoice e-mail"), blank=True)
    invoice_extra_information = models.TextField(_("extra text on invoices"), blank=True)
    accepted_privacy_policy = models.BooleanField(_("accepted the privacy policy"), null=True, blank=True)
    accepted_email_marketing = models.BooleanField(_("accepts marketing by e-mail"), null=True, blank=True)
    accepted_sms_marketing = models.BooleanField(_("accepts marketing by SMS"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged_from"
    )
    merged_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    anonymized_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PatientQuerySet.as_manager()

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        constraints = [
            known("patient", "gender", Gender, blank=True),
            percent("patient", "default_discount"),
            models.UniqueConstraint(
                fields=["organization", "yearly_numbering_year", "yearly_numbering_number"],
                name="patient_unique_yearly_number",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into=None, merged_at=None)
                | models.Q(merged_into__isnull=False, merged_at__isnull=False),
                name="patient_merged_both_or_neither",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "last_name", "first_name", "id"], name="patient_name"),
            models.Index(
                # In the order of lists; with what tells how many have such a name and are neither archived nor merged.
                fields=["organization", "search_name", "id", "archived_at", "merged_into"],
                name="patient_search_name",
            ),
            models.Index(fields=["search_name", "id"], name="patient_search_name_anywhere"),
            models.Index(
                fields=["search_name", "id"], name="patient_archived", condition=models.Q(archived_at__isnull=False)
            ),
            models.Index(fields=["first_name", "id"], name="patient_first_name"),
            models.Index(fields=["organization", "email", "id"], name="patient_email"),
            models.Index(fields=["gender", "id"], name="patient_gender"),
            models.Index(fields=["organization", "date_of_birth"], name="patient_born"),
            models.Index(fields=["organization", "created_at", "id"], name="patient_created"),
            models.Index(fields=["created_at", "id"], name="patient_created_anywhere"),
            models.Index(fields=["organization", "updated_at", "id"], name="patient_updated"),
            models.Index(fields=["updated_at", "id"], name="patient_updated_anywhere"),
            models.Index(
                fields=["organization", "created_at", "id"],
                name="patient_archived_created",
                condition=models.Q(archived_at__isnull=False),
            ),
            models.Index(
                fields=["created_at", "id"],
                name="patient_archived_anywhere",
                condition=models.Q(archived_at__isnull=False),
            ),
            models.Index(
                fields=["archived_at", "id"],
                name="patient_archived_at",
                condition=models.Q(archived_at__isnull=False),
            ),
        ] + [
            models.Index(fields=["organization", column], name=f"patient_{name}", condition=~models.Q(**{column: ""}))
            for column, name in (
                ("italian_fiscal_code", "fiscal_code"),
                ("identity_number", "identity"),
                ("old_reference_id", "old_reference"),
                ("preferred_first_name", "preferred_name"),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The first and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    def guard(self, *, at: datetime) -> None:
        """Raise InvalidInput for a date of birth in the future."""
        if isinstance(self.date_of_birth, date):
            try:
                check_born(self.date_of_birth, at=at)
            except ValidationError as error:
                raise InvalidInput({"date_of_birth": " ".join(error.messages)}) from None

    def require_live(self) -> None:
        """Raise Conflict if the record is archived or merged into another, and takes no new work."""
        if self.archived_at is not None or self.merged_into_id is not None:
            raise Conflict(_t("The patient's record has been archived."), code="archived")

    def fold_name(self) -> None:
        """Write `search_name`; for code that inserts rows in bulk, without `save`."""
        self.search_name = search_name(self.first_name, self.last_name)

    def words(self) -> set[str]:
        """The words by which the patient is found, from the record as it is now."""
        identities = [getattr(self, name) for name in IDENTITIES]
        return words_of(search_name=self.search_name, email=self.email, identities=identities)

    def is_renamed(self) -> bool:
        """Whether a column by which the patient is found differs from what the database holds."""
        return bool(FOUND_BY & self.changes().keys())

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fold_name()
        written = kwargs.get("update_fields")
        if written is not None and {"first_name", "last_name"} & set(written):
            kwargs["update_fields"] = {*written, "search_name"}
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new or written is None or FOUND_BY & set(written):
            PatientWord.write([self], are_new=is_new)


# What a patient is found by; `save` and the imports write the words anew where one of these changes.
IDENTITIES = ("identity_number", "italian_fiscal_code", "medicare")
FOUND_BY = frozenset({"first_name", "last_name", "email", *IDENTITIES})


class PatientWord(models.Model):
    """A word by which a patient is found (see `patients.searching`); kept by `Patient.save`, without history."""

    id = models.BigAutoField(primary_key=True)
    # The patient's own (see `patients.words` in the invariants), whose reference is checked: once a patient is enough.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    word = PlainTextField(max_length=LONGEST_WORD)

    objects = OfPatientQuerySet["PatientWord"].as_manager()

    class Meta:
        verbose_name = _("word of a patient")
        verbose_name_plural = _("words of patients")
        constraints = [models.UniqueConstraint(fields=["patient", "word"], name="patient_word_unique")]
        indexes = [models.Index(fields=["organization", "word", "patient"], name="patient_word_search")]

    def __str__(self) -> str:
        return self.word

    @classmethod
    def write(cls, patients: Collection[Patient], *, are_new: bool = False) -> None:
        """Update the stored words of these patients to what their records say now, set-wise.

        Call it inside the patients' transaction, also after writing past `Patient.save`. `are_new`: nothing is stored
        yet.
        """
        kept: dict[int, set[str]] = defaultdict(set)
        if not are_new:
            rows = cls.objects.filter(patient__in=[one.pk for one in patients])
            for patient_id, word in rows.values_list("patient_id", "word"):
                kept[patient_id].add(word)
        new = []
        for patient in patients:
            words = patient.words()
            if gone := kept[patient.pk] - words:
                cls.objects.filter(patient=patient.pk, word__in=gone).delete()
            new += [(patient.organization_id, patient.pk, word) for word in sorted(words - kept[patient.pk])]
        insert_tuples(cls, ("organization_id", "patient_id", "word"), new)


class PatientAccess(ClinicModel):
    """A user's right to act for a patient: for themselves, or a mother for two children."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="patient_access", verbose_name=_("user")
    )
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="access", verbose_name=_("patient"))
    relation = models.CharField(
        _("relation"), max_length=16, choices=Relation, default=Relation.SELF, db_default=Relation.SELF
    )

    objects = PatientAccessQuerySet.as_manager()

    class Meta:
        verbose_name = _("access to a patient")
        verbose_name_plural = _("access to patients")
        constraints = [
            models.UniqueConstraint(fields=["user", "patient"], name="patient_access_unique"),
            known("patient_access", "relation", Relation),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.patient}"


class PhoneNumber(ClinicModel):
    """A number as it was typed; `e164` is the full international number if it is a possible one ("" otherwise).

    `digits` is what the search compares: those of the number within its country where it is known, else all that were
    typed; in both cases without the zeros in front. `digits_reversed` finds a number by its last digits.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="phone_numbers", verbose_name=_("patient"))
    prefix = models.CharField(_("prefix"), max_length=6, blank=True)
    number = models.CharField(_("number"), max_length=32)
    label = models.CharField(_("label"), max_length=50, blank=True)
    sms_enabled = models.BooleanField(_("may be texted"), default=False, db_default=False)
    phone_type = models.CharField(
        _("kind"), max_length=8, choices=PhoneType, default=PhoneType.MOBILE, db_default=PhoneType.MOBILE
    )
    e164 = PlainTextField(max_length=16, blank=True, editable=False)
    digits = PlainTextField(max_length=40, blank=True, editable=False)
    digits_reversed = PlainTextField(max_length=40, blank=True, default="", db_default="", editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0, db_default=0)

    objects = OfPatientQuerySet["PhoneNumber"].as_manager()

    class Meta:
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        constraints = [known("phone_number", "phone_type", PhoneType)]
        indexes = [
            models.Index(fields=["e164"], name="phone_number_e164"),
            models.Index(fields=["number"], name="phone_number_number"),
            models.Index(fields=["digits"], name="phone_number_digits"),
            models.Index(fields=["digits_reversed"], name="phone_number_digits_reversed"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.number}".strip()

    def is_same_as(self, other: PhoneNumber) -> bool:
        """Whether both are the same number, compared in full where possible, else as they were typed."""
        if self.e164 and other.e164:
            return self.e164 == other.e164
        return (self.digits or self.number) == (other.digits or other.number)

    def normalize(self, country_code: str) -> None:
        """Compute `e164` and `digits`; a number without a prefix belongs to `country_code` ("" = unknown)."""
        prefix = self.prefix.strip().removeprefix("00")
        whole = f"+{prefix.removeprefix('+')}{self.number}" if prefix else self.number
        meant = meant_number(whole, country_code)
        self.e164 = meant.as_e164 if meant else ""
        self.digits = national_digits(meant) if meant else digits_of(whole)
        self.digits_reversed = self.digits[::-1]


class PatientCase(ClinicModel):
    """An episode of care."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="cases", verbose_name=_("patient"))
    name = models.CharField(_("name"), max_length=255)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = OfPatientQuerySet["PatientCase"].as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes = [
            models.Index(fields=["created_at", "id"], name="patient_case_created"),
            models.Index(fields=["updated_at", "id"], name="patient_case_updated"),
        ]

    def __str__(self) -> str:
        return self.name
