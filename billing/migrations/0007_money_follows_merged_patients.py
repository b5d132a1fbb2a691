import core.append_only
from django.db import migrations

RULES = (('bill', 'bill_append_only'), ('receipt', 'receipt_append_only'), ('transaction', 'transaction_append_only'))


def _exchange(apps, schema_editor, *, before, after):
    # Only the triggers: Django would make each table anew on SQLite, twice.
    for model_name, name in RULES:
        model = apps.get_model('billing', model_name)
        old, new = (core.append_only.AppendOnly(name=name, follows=follows) for follows in (before, after))
        schema_editor.execute(old.remove_sql(model, schema_editor))
        schema_editor.execute(new.create_sql(model, schema_editor))


def follow(apps, schema_editor):
    _exchange(apps, schema_editor, before='', after='patient')


def stay(apps, schema_editor):
    _exchange(apps, schema_editor, before='patient', after='')


class Migration(migrations.Migration):
    """A patient's bills, receipts and payments follow the record into another, and change in nothing else."""

    dependencies = [
        ('billing', '0006_lists_of_care_plans'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(follow, stay)],
            state_operations=[
                operation
                for model_name, name in RULES
                for operation in (
                    migrations.RemoveConstraint(model_name=model_name, name=name),
                    migrations.AddConstraint(
                        model_name=model_name,
                        constraint=core.append_only.AppendOnly(follows='patient', name=name),
                    ),
                )
            ],
        ),
    ]
