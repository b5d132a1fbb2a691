"""The import of patient records with some phone numbers, set-wise because there may be a million."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.bulk_write import new_row
from core.db import Work
from core.errors import InvalidInput
from core.imports import (
    Batch,
    Column,
    From,
    ImportKind,
    Layout,
    Match,
    Outcome,
    Refers,
    address,
    amount,
    day,
    flag,
    list_of_ids,
    one_of,
    reference,
    valid_for,
    whole,
    yes_or_no,
)
from core.iso import time_zone_called
from directory.imports import ADDRESS, ARCHIVED, SPECIALIST, give_resources, organization_of, us_post_code
from directory.models import Practice, check_time_zone
from directory.states import ResourceKind
from patients.imports.numbers import WrittenNumber, numbers_in
from patients.models import Patient, PatientSource, PatientWord, PhoneNumber
from patients.searching import LONGEST_WORD
from patients.services import delete_patient
from patients.standing import hold_record
from patients.states import PhoneType

SOURCE = Refers(model=PatientSource, keys=("name",))


def _by_email(organization_id: int, names: Collection[str]) -> dict[str, int | None]:
    """Patients by e-mail address, ignoring case: Ana@Example.org."""
    addresses = {name: name.lower() for name in names if "@" in name}
    words = PatientWord.objects.filter(
        organization=organization_id,
        word__in={address[:LONGEST_WORD] for address in addresses.values()},
        patient__archived_at=None,
    )
    found: dict[str, int | None] = {}
    for email, pk in words.values_list("patient__email", "patient"):
        found[email.lower()] = None if found.get(email.lower(), pk) != pk else pk
    return {name: found[address] for name, address in addresses.items() if address in found}


PATIENT = Refers(model=Patient, keys=("email", "old_reference_id"), also=_by_email)

GENDERS = {"male": "male", "female": "female", "other": "other", "m": "male", "f": "female"}
# What other systems write, also where they do not know it.
UNKNOWN = ("unknown", "u", "not specified", "unspecified", "prefer not to say", "not stated", "-")
MALE = "man boy herr mann männlich maennlich homme masculin h uomo maschio maschile hombre masculino bărbat barbat"
FEMALE = "woman girl w frau weiblich femme féminin feminin donna femmina femminile mujer femenino femeie"
OTHER_WORDS = (
    dict.fromkeys(MALE.split(), "male")
    | dict.fromkeys(FEMALE.split(), "female")
    | {"divers": "other", "d": "other"}
    | dict.fromkeys(UNKNOWN, "")
)


# How Cliniko writes what somebody agreed to.
CONSENT = {"accepted": "yes", "declined": "no", "rejected": "no", "no response": "", "not asked": ""}

# What they are told of, and how.
ANNOUNCED = (
    "email_enabled", "receives_confirmation_emails", "document_signature_email", "email_reminders", "sms_reminders",
)  # fmt: skip


def _price_list() -> Any:
    return Patient._meta.get_field("price_list").related_model


def save_patients(work: Work, batch: Batch) -> None:
    """Save patients; their phone numbers in the file come first, those that they have already come after them."""
    organization_id = batch.scope.organization_id
    matches = batch.match(Patient, lambda values: new_row(Patient, {"organization_id": organization_id, **values}))
    matches = [match for match in matches if _is_born(work, batch, match)]
    for match in matches:
        match.obj.fold_name()
    give_resources(work, matches, ResourceKind.PATIENT)
    renamed = [match.obj for match in matches if match.outcome is not Outcome.CREATED and match.obj.is_renamed()]
    stored = batch.store(work, matches)
    PatientWord.write([match.obj for match in stored if match.outcome is Outcome.CREATED], are_new=True)
    PatientWord.write(renamed)
    _set_phones(work, batch, [match for match in stored if _told_phones(match)])


def _is_born(work: Work, batch: Batch, match: Match[Patient]) -> bool:
    if match.row.values.get("date_of_birth") is not None:
        try:
            match.obj.guard(at=work.at)
        except InvalidInput as error:
            for name, why in error.fields.items():
                batch.refuse(match.row, name, why)
            return False
    return True


# The columns of numbers in the order in which a patient then has them, each with its kind ("" = as it is, or mobile).
PHONES = {
    "phone": "",
    "mobile_phone": PhoneType.MOBILE,
    "home_phone": PhoneType.HOME,
    "work_phone": PhoneType.WORK,
    "phone_2": "",
    "phone_3": "",
    "fax": PhoneType.FAX,
}


def _told_phones(match: Match[Patient]) -> list[tuple[str, WrittenNumber]]:
    """Yield (column, number) for each number of the row; a number that it has twice counts once."""
    told = match.row.values
    if PHONES.keys().isdisjoint(told):
        return []
    first: dict[str, tuple[str, WrittenNumber]] = {}
    for name in PHONES:
        for one in told.get(name) or ():
            first.setdefault(one.number, (name, one))
    return list(first.values())


def _set_phones(work: Work, batch: Batch, matches: Collection[Match[Patient]]) -> None:
    """Make the row's numbers the first ones of the patient, in the order of PHONES, before those already there."""
    if not matches:
        return
    hold_record(*(match.obj for match in matches if match.outcome is not Outcome.CREATED))
    rows = PhoneNumber.objects.filter(patient__in=[match.obj.pk for match in matches])
    present = {(phone.patient_id, phone.position): phone for phone in rows}
    country = Practice.objects.country_of(next(iter(matches)).obj.organization_id)
    new: list[PhoneNumber] = []
    changed: list[PhoneNumber] = []
    for match in matches:
        for position, (column, (number, label, kind)) in enumerate(_told_phones(match)):
            phone = present.get((match.obj.pk, position))
            (changed if phone else new).append(phone := phone or PhoneNumber(position=position))
            phone.patient = match.obj
            if (phone.number, phone.label if label else "") != (number, label):
                phone.prefix, phone.number, phone.label = "", number, label
                phone.phone_type = kind or PHONES[column] or phone.phone_type
                phone.normalize(match.obj.country_code or country)
                match.touch()
            if not phone.e164:
                says = _t("“%(number)s” is kept as it is: it could not be understood as one telephone number.")
                batch.remark(match.row, column, says % {"number": phone.number})
    work.create_many(new)
    work.save_many(changed)


def _with_commas(text: str) -> str:
    """Restore commas in a place's name, which the vendor replaced by two spaces each."""
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
        Column(
            name="gender",
            help=_("male, female, other, M or F."),
            parse=one_of(GENDERS, also=OTHER_WORDS),
        ),
        Column(name="date_of_birth", help=_("As 1980-12-31."), parse=day, blank=None, dated=True, past=True),
        Column(name="place_of_birth", help=""),
        Column(name="email", help="", parse=address),
        *(
            Column(name=name, help=help_, parse=numbers_in, blank=None, stored=False, exported=False)
            for name, help_ in (
                ("phone", _("Their first number.")),
                ("mobile_phone", ""),
                ("home_phone", ""),
                ("work_phone", ""),
                ("phone_2", _("One more number.")),
                ("phone_3", _("One more number.")),
                ("fax", ""),
            )
        ),
        *ADDRESS,
        Column(name="address_3", help=_("Third line of the address.")),
        Column(
            name="time_zone",
            help=_("IANA name or its city, where it is not the practice's."),
            parse=valid_for(check_time_zone, rewrite=time_zone_called),
        ),
        Column(name="occupation", help=""),
        Column(name="identity_number", help=_("National identity or insurance number.")),
        Column(name="italian_fiscal_code", help=""),
        Column(name="old_reference_id", help=_("Their number in an older system.")),
        Column(name="emergency_contact", help=""),
        Column(name="notes", help=""),
        Column(name="appointment_notes", help=""),
        Column(name="avatar_url", help=_("The address of a picture.")),
        *(flag(name, blank=True) for name in ANNOUNCED),
        Column(name="gender_identity", help=""),
        Column(
            name="pronouns",
            help=_("Separated by semicolons."),
            parse=lambda text: list(list_of_ids(text)),
            blank=None,
            write=lambda patient: ";".join(patient.pronouns or ()),
        ),
        Column(name="medicare", help=_("Medicare number.")),
        Column(name="medicare_reference_number", help=""),
        Column(name="dva_card_number", help=""),
        Column(name="yearly_numbering_year", help=_("With the number: unique."), parse=whole, blank=None),
        Column(name="yearly_numbering_number", help="", parse=whole, blank=None),
        reference("source", SOURCE, _("How they heard of us, by external id or name."), stored=True),
        Column(name="default_discount", help=_("In percent."), parse=amount, blank=0),
        reference("price_list", Refers(model=_price_list, keys=("name",)), _("By external id or name."), stored=True),
        reference("primary_specialist", SPECIALIST, _("By external id or full name."), stored=True),
        Column(name="invoice_default_to", help=_("Who the invoice is made out to.")),
        Column(name="invoice_email", help="", parse=address),
        Column(name="invoice_extra_information", help=""),
        Column(name="accepted_privacy_policy", help=_("yes or no."), parse=yes_or_no, blank=None),
        Column(name="accepted_email_marketing", help=_("yes or no."), parse=yes_or_no, blank=None),
        Column(name="accepted_sms_marketing", help=_("yes or no."), parse=yes_or_no, blank=None),
        ARCHIVED,
    ),
    place=organization_of,
    save=save_patients,
    undo=delete_patient,
    rows=lambda organization_id: Patient.objects.filter(organization_id=organization_id),
    model=Patient,
    layouts={
        "cliniko": Layout(
            name="cliniko",
            help=_("the patients' export"),
            columns={
                "external_id": From("Patient ID", "Id", "ID"),
                "title": From("Title"),
                "first_name": From("First name"),
                "last_name": From("Last name"),
                "preferred_first_name": From("Preferred first name", "Preferred name"),
                "date_of_birth": From("Date of birth", "DOB"),
                "gender": From("Sex", "Gender", "Gender identity"),
                "email": From("Email", "Email address"),
                "mobile_phone": From("Mobile phone", "Mobile", "Phone number (mobile)"),
                "home_phone": From("Home phone", "Home", "Phone number (home)"),
                "work_phone": From("Work phone", "Work", "Phone number (work)"),
                "phone": From("Phone numbers", "Phone number", "Phone"),
                "address_1": From("Address 1", "Address line 1"),
                "address_2": From("Address 2", "Address line 2"),
                "address_3": From("Address 3", "Address line 3"),
                "city": From("City", "Suburb", "Suburb/City"),
                "state": From("State"),
                "post_code": From("Post code", "Postcode"),
                "country_code": From("Country", "Country code"),
                "time_zone": From("Time zone"),
                "pronouns": From("Pronouns"),
                "medicare": From("Medicare", "Medicare number"),
                "medicare_reference_number": From("Medicare reference number", "Medicare reference"),
                "dva_card_number": From("DVA card number", "DVA number"),
                "invoice_default_to": From("Invoice to", "Invoice default to"),
                "invoice_email": From("Email invoice to", "Invoice email"),
                "invoice_extra_information": From("Invoice extra information", "Extra information for invoices"),
                "accepted_email_marketing": From("Accepted email marketing"),
                "accepted_sms_marketing": From("Accepted SMS marketing"),
                "accepted_privacy_policy": From("Accepted privacy policy", "Privacy policy accepted"),
                "occupation": From("Occupation"),
                "emergency_contact": From("Emergency contact"),
                "old_reference_id": From("Old reference id", "Old reference ID"),
                "notes": From("Notes"),
                "appointment_notes": From("Appointment notes"),
                "archived_at": From("Archived at", "Deleted at"),
            },
            words={
                "gender": {"unknown": "", "not applicable": "", "nonbinary": "other", "non-binary": "other"},
                "accepted_privacy_policy": CONSENT,
                "accepted_email_marketing": CONSENT,
                "accepted_sms_marketing": CONSENT,
            },
        ),
        "alfadocs": Layout(
            name="alfadocs",
            help=_("the patients' export"),
            columns={
                "external_id": From("id", "patient id", "id paziente", "n. paziente"),
                "first_name": From("name", "firstName", "nome", "first name"),
                "last_name": From("surname", "lastName", "cognome", "last name"),
                "date_of_birth": From("dateOfBirth", "dateBirth", "data di nascita", "date of birth"),
                "place_of_birth": From("placeOfBirth", "luogo di nascita", "place of birth"),
                "gender": From("gender", "sesso", "sex"),
                "email": From("email", "e-mail"),
                "mobile_phone": From("cellulare", "mobile", "mobilePhone"),
                "home_phone": From("telefono", "phone", "telefono casa"),
                "work_phone": From("telefono lavoro", "work phone"),
                "address_1": From("street", "indirizzo", "address"),
                "city": From("city", "città", "citta"),
                "state": From("province", "provincia"),
                "post_code": From("postcode", "cap", "zip"),
                "italian_fiscal_code": From("italianFiscalCode", "codice fiscale", "fiscal code"),
                "occupation": From("job", "professione"),
                "notes": From("notes", "note"),
            },
            defaults={"country_code": "IT"},
            date_formats=("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"),
        ),
        "woocommerce": Layout(
            name="woocommerce",
            help=_("the customers of an export of orders"),
            columns={
                # A customer is an e-mail address: who buys as a guest has no number.
                "external_id": From(
                    "Email (Billing)", "Customer Email", "billing_email", "customer_email", "Email", convert=str.lower
                ),
                "email": From("Email (Billing)", "Customer Email", "billing_email", "customer_email", "Email"),
                "first_name": From("First Name (Billing)", "billing_first_name"),
                "last_name": From("Last Name (Billing)", "billing_last_name"),
                "phone": From("Phone (Billing)", "billing_phone"),
                "address_1": From("Address 1&2 (Billing)", "Address 1 (Billing)", "billing_address_1"),
                "address_2": From("Address 2 (Billing)", "billing_address_2"),
                "city": From("City (Billing)", "billing_city"),
                "state": From("State Code (Billing)", "State Name (Billing)", "billing_state"),
                "post_code": From("Postcode (Billing)", "billing_postcode"),
                "country_code": From("Country Code (Billing)", "billing_country"),
            },
            repeats=True,
        ),
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
                # The record of someone who died is archived from that day on.
                "archived_at": From("DEATHDATE"),
            },
            defaults={"country_code": "US"},
            unread=frozenset(
                {"SUFFIX", "MAIDEN", "MARITAL", "RACE", "ETHNICITY", "LAT", "LON"}
                | {"HEALTHCARE_EXPENSES", "HEALTHCARE_COVERAGE"}
            ),
        ),
    },
)
