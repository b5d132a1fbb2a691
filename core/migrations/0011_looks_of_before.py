from django.core.management.color import no_style
from django.db import migrations

# The first row of a look gives it its number, so that looks and rows stay in the order of time.
LOOKS = """
INSERT INTO core_look (id, at, user_id, credential, door, page, request_id, organization_id)
SELECT MIN(id), at, user_id, credential, door, page, request_id, organization_id FROM core_patientread WHERE true
GROUP BY at, user_id, credential, door, page, request_id, organization_id
ON CONFLICT DO NOTHING
"""
ROWS = """
INSERT INTO core_patientlook (id, look_id, patient_id, at)
SELECT id, MIN(id) OVER (PARTITION BY at, user_id, credential, door, page, request_id, organization_id), patient_id, at
FROM core_patientread WHERE true
ON CONFLICT DO NOTHING
"""
BACK = """
INSERT INTO core_patientread (id, at, user_id, credential, door, page, request_id, organization_id, patient_id)
SELECT r.id, l.at, l.user_id, l.credential, l.door, l.page, l.request_id, l.organization_id, r.patient_id
FROM core_patientlook r JOIN core_look l ON l.id = r.look_id WHERE true
ON CONFLICT DO NOTHING
"""


def move(apps, schema_editor):
    """Write the looks of before into the new tables, each table in one statement. Those that are there already stay."""
    write(apps, schema_editor, [LOOKS, ROWS], "Look", "PatientLook")


def move_back(apps, schema_editor):
    """Write all looks into the table of before."""
    write(apps, schema_editor, [BACK], "PatientRead")


def write(apps, schema_editor, statements, *names):
    connection = schema_editor.connection
    models = [apps.get_model("core", name) for name in names]
    with connection.cursor() as cursor:
        for statement in [*statements, *connection.ops.sequence_reset_sql(no_style(), models)]:
            cursor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0010_looks_and_their_patients'),
    ]

    operations = [migrations.RunPython(move, move_back)]
