"""The endings of names of three words or more, by which a compound name is found; for a million of them some minutes."""

from django.db import migrations
from django.db.models import Q

from patients.names import words_of_name
from patients.searching import LONGEST_WORD

CHUNK = 2_000


def fill(apps, schema_editor):
    patients = apps.get_model("patients", "Patient").objects.filter(search_name__contains=" ").order_by("pk")
    word = apps.get_model("patients", "PatientWord")
    last = 0
    while chunk := list(patients.filter(pk__gt=last).values_list("pk", "organization_id", "search_name")[:CHUNK]):
        word.objects.bulk_create(
            (
                word(organization_id=organization_id, patient_id=pk, word=ending)
                for pk, organization_id, search_name in chunk
                for ending in sorted({one[:LONGEST_WORD] for one in words_of_name(search_name) if " " in one})
            ),
            ignore_conflicts=True,
        )
        last = chunk[-1][0]


def empty(apps, schema_editor):
    # An identity may have spaces, too.
    words = apps.get_model("patients", "PatientWord").objects
    words.filter(~Q(word__startswith="="), word__contains=" ").delete()


class Migration(migrations.Migration):

    dependencies = [
        ("patients", "0011_patients_of_several_organizations"),
    ]

    operations = [migrations.RunPython(fill, empty)]
