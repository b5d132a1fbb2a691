"""What must always be true of patient records, beyond their constraints."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat, Left, Lower, StrIndex, Substr, Trim

from core import files
from core.errors import InvalidInput
from core.invariants import Invariant
from directory.states import ResourceKind
from patients.models import CustomFieldValue, Document, Patient, PatientWord
from patients.names import search_name
from patients.searching import LONGEST_WORD
from patients.services.documents import FOLDER
from patients.states import FieldObject


def _organizations_differ() -> Iterable[int]:
    source = Q(source__isnull=True) | Q(source__organization_id=F("organization_id"))
    specialist = Q(primary_specialist__isnull=True) | Q(primary_specialist__organization_id=F("organization_id"))
    merged = Q(merged_into__isnull=True) | Q(merged_into__organization_id=F("organization_id"))
    return Patient.objects.exclude(source & specialist & merged).values_list("pk", flat=True)


def _resources_differ() -> Iterable[int]:
    return Patient.objects.exclude(resource__kind=ResourceKind.PATIENT).values_list("pk", flat=True)


def _folded_otherwise() -> Iterable[int]:
    """The database compares what is folded by its own lower case; the others, with accents and marks, are read.

    To let PostgreSQL translate the accents takes longer than to read those names: it looks each letter up in a list.
    """
    plain = Trim(Lower(Concat("last_name", Value(" "), "first_name")))
    others = Patient.objects.exclude(search_name__regex=r"^[a-z0-9]+( [a-z0-9]+)*$", search_name=plain)
    rows = others.values_list("pk", "first_name", "last_name", "search_name").iterator()
    return (pk for pk, first_name, last_name, kept in rows if search_name(first_name, last_name) != kept)


def _words_differ() -> Iterable[int]:
    """Patients whose name or address lacks its first word among their words, or whose words belong elsewhere.

    Of a name of three words or more, all that follows the first is one of them, too (`names.words_of_name`); the
    previous release, which may have written it during the upgrade, kept no such words.
    """
    words = PatientWord.objects.filter(patient=OuterRef("pk"))
    end = StrIndex(Concat("search_name", Value(" ")), Value(" "))
    first = Left(Substr("search_name", 1, end - 1), LONGEST_WORD)
    named = Patient.objects.exclude(search_name="").alias(first=first)
    nameless = named.filter(~Exists(words.filter(word=OuterRef("first"))))
    rest = Substr("search_name", end + 1)
    of_several = Patient.objects.alias(ending=Left(rest, LONGEST_WORD), space=StrIndex(rest, Value(" ")))
    without_ending = of_several.filter(~Exists(words.filter(word=OuterRef("ending"))), space__gt=0)
    mailed = Patient.objects.exclude(email="").alias(address=Left(Lower("email"), LONGEST_WORD))
    unaddressed = mailed.filter(~Exists(words.filter(word=OuterRef("address"))))
    astray = PatientWord.objects.exclude(organization=F("patient__organization"))
    yield from nameless.values_list("pk", flat=True)
    yield from without_ending.values_list("pk", flat=True)
    # SQLite lowers no letter with an accent.
    yield from (one.pk for one in unaddressed.iterator() if one.email.isascii())
    yield from astray.values_list("patient", flat=True)


def _values_unfit() -> Iterable[int]:
    related = ("field", "patient", "care_plan__practice")
    for row in CustomFieldValue.objects.select_related(*related).iterator():
        field = row.field
        if row.patient is not None:
            owner = (FieldObject.PATIENT, row.patient.organization_id)
        else:
            owner = (FieldObject.CARE_PLAN, row.care_plan.practice.organization_id)
        fits = (field.object_type, field.organization_id) == owner
        try:
            if not fits or field.canonical(row.value) != row.value or not row.value:
                yield row.pk
        except InvalidInput:
            yield row.pk


def _folders_differ() -> Iterable[int]:
    filed = Document.objects.filter(folder__isnull=False)
    return filed.exclude(folder__patient_id=F("patient_id")).values_list("pk", flat=True)


def _files_missing() -> Iterable[int]:
    there = files.names_in(FOLDER)
    rows = Document.objects.values_list("pk", "file").iterator()
    return (pk for pk, name in rows if name not in there)


FILES = [files.FileColumns(FOLDER, Document)]

INVARIANTS = [
    Invariant(
        "patients.one_organization",
        "a patient's source, specialist and merged record are their organization's",
        _organizations_differ,
    ),
    Invariant("patients.patient_is_patient", "a patient's resource is a patient", _resources_differ),
    Invariant("patients.search_name", "a patient is found by the name they have now", _folded_otherwise),
    Invariant("patients.words", "a patient is found by the words of their record", _words_differ),
    Invariant("patients.values_fit", "a custom value is of its field's type and organization", _values_unfit),
    Invariant("patients.folder_fits", "a document's folder is its patient's", _folders_differ),
    Invariant("patients.document_has_file", "a document's file is in the storage", _files_missing),
]
