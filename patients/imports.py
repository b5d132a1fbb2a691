"""What of the patients can be imported: their records, each with a first phone number."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Batch,
    Column,
    From,
    ImportKind,
    Layout,
    Match,
    day,
    one_of,
    text_up_to,
    valid_for,
    yes_or_no,
)
from directory.imports import ADDRESS, ARCHIVED, give_resources, organization_of, us_post_code
from directory.models import check_time_zone
from directory.services import country_of
from directory.states import ResourceKind
from patients.models import Patient, PhoneNumber

GENDERS = {"male": "male", "female": "female", "other": "other", "m": "male", "f": "female"}


def save_patients(work: Work, batch: Batch) -> None:
    """Patients of the organization; a phone number becomes their first, those behind it stay."""
    organization_id = batch.scope.organization_id
    matches = batch.match(Patient, lambda values: Patient(organization_id=organization_id, **values))
    matches = [match for match in matches if _is_born(work, batch, match)]
    for match in matches:
        match.obj.fold_name()
    give_resources(work, matches, ResourceKind.PATIENT)
    with_phone = [match for match in batch.store(work, matches) if match.row.values.get("phone")]
    _set_first_phones(work, batch, with_phone)


def _is_born(work: Work, batch: Batch, match: Match[Patient]) -> bool:
    if match.row.values.get("date_of_birth") is not None:
        try:
            match.obj.guard(at=work.at)
        except InvalidInput as error:
            for name, why in error.fields.items():
                batch.refuse(match.row, name, why)
            return False
    return True


def _set_first_phones(work: Work, batch: Batch, matches: Collection[Match[Patient]]) -> None:
    if not matches:
        return
    first = PhoneNumber.objects.filter(patient__in=[match.obj.pk for match in matches], position=0)
    present = {phone.patient_id: phone for phone in first}
    country = country_of(next(iter(matches)).obj.organization_id)
    new: list[PhoneNumber] = []
    changed: list[PhoneNumber] = []
    for match in matches:
        phone = present.get(match.obj.pk)
        (changed if phone else new).append(phone := phone or PhoneNumber())
        phone.patient = match.obj
        if phone.number != match.row.values["phone"]:
            phone.prefix, phone.number = "", match.row.values["phone"]
            phone.normalize(match.obj.country_code or country)
            match.touch()
        if not phone.e164:
            says = _t("“%(number)s” is kept as it is: it could not be understood as one telephone number.")
            batch.remark(match.row, "phone", says % {"number": phone.number})
    work.create_many(new)
    work.save_many(changed)


def _with_commas(text: str) -> str:
    """A place whose commas the vendor has taken out: two spaces each."""
    return text.replace("  ", ", ")


PATIENTS = ImportKind(
    name="patients",
    help=_("The records of an organization's patients."),
    verb="patients.import_patients",
    may="patients.create_patient",
    columns=(
        Column(name="first_name", help=""),
        Column(name="last_name", help="", required=True),
        Column(name="preferred_first_name", help=""),
        Column(name="title", help=""),
        Column(name="gender", help=_("male, female, other, M or F."), parse=one_of(GENDERS)),
        Column(name="date_of_birth", help=_("As 1980-12-31."), parse=day, blank=None),
        Column(name="place_of_birth", help=""),
        Column(name="email", help=""),
        Column(name="phone", help=_("Their first number."), parse=text_up_to(32), stored=False),
        *ADDRESS,
        Column(name="address_3", help=_("Third line of the address.")),
        Column(
            name="time_zone", help=_("IANA name, where it is not the practice's."), parse=valid_for(check_time_zone)
        ),
        Column(name="occupation", help=""),
        Column(name="identity_number", help=_("National identity or insurance number.")),
        Column(name="italian_fiscal_code", help=""),
        Column(name="old_reference_id", help=_("Their number in an older system.")),
        Column(name="emergency_contact", help=""),
        Column(name="notes", help=""),
        Column(name="appointment_notes", help=""),
        Column(name="accepted_privacy_policy", help=_("yes or no."), parse=yes_or_no, blank=None),
        Column(name="accepted_email_marketing", help=_("yes or no."), parse=yes_or_no, blank=None),
        Column(name="accepted_sms_marketing", help=_("yes or no."), parse=yes_or_no, blank=None),
        ARCHIVED,
    ),
    place=organization_of,
    save=save_patients,
    model=Patient,
    layouts={
        "synthea": Layout(
            name="synthea",
            help="patients.csv",
            columns={
                "external_id": From("Id"),
                "title": From("PREFIX"),
                "first_name": From("FIRST"),
                "last_name": From("LAST"),
                "gender": From("GENDER"),
                "date_of_birth": From("BIRTHDATE"),
                "place_of_birth": From("BIRTHPLACE", convert=_with_commas),
                "address_1": From("ADDRESS"),
                "address_3": From("COUNTY"),
                "city": From("CITY"),
                "state": From("STATE"),
                "post_code": From("ZIP", convert=us_post_code),
                # The national number, else a document that names the person.
                "identity_number": From("SSN", "PASSPORT", "DRIVERS"),
                # The record of someone who died is put away from that day on.
                "archived_at": From("DEATHDATE"),
            },
            defaults={"country_code": "US"},
            unread=frozenset(
                {"SUFFIX", "MAIDEN", "MARITAL", "RACE", "ETHNICITY", "LAT", "LON"}
                | {"HEALTHCARE_EXPENSES", "HEALTHCARE_COVERAGE"}
            ),
        )
    },
)

IMPORTS = [PATIENTS]
