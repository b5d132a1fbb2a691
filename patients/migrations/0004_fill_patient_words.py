from django.db import migrations

from patients.searching import words_of

CHUNK = 2_000
IDENTITIES = ("identity_number", "italian_fiscal_code", "medicare")


def fill(apps, schema_editor):
    patients = apps.get_model("patients", "Patient").objects.order_by("pk")
    word = apps.get_model("patients", "PatientWord")
    columns = ("pk", "organization_id", "search_name", "email", *IDENTITIES)
    last = 0
    while chunk := list(patients.filter(pk__gt=last).values_list(*columns)[:CHUNK]):
        word.objects.bulk_create(
            word(organization_id=organization_id, patient_id=pk, word=one)
            for pk, organization_id, search_name, email, *identities in chunk
            for one in sorted(words_of(search_name=search_name, email=email, identities=identities))
        )
        last = chunk[-1][0]


def empty(apps, schema_editor):
    apps.get_model("patients", "PatientWord").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ("patients", "0003_patient_words"),
    ]

    operations = [migrations.RunPython(fill, empty)]
