from django.db import migrations, models
from django.db.models.functions import Reverse

import core.plain_text


def reverse_digits(apps, schema_editor):
    numbers = apps.get_model("patients", "PhoneNumber").objects
    numbers.exclude(digits="").update(digits_reversed=Reverse("digits"))


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0001_schema'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='patient',
            name='patient_search_name',
        ),
        migrations.AlterField(
            model_name='patient',
            name='search_name',
            field=core.plain_text.PlainTextField(blank=True, editable=False, max_length=600),
        ),
        migrations.AlterField(
            model_name='phonenumber',
            name='digits',
            field=core.plain_text.PlainTextField(blank=True, editable=False, max_length=40),
        ),
        migrations.AlterField(
            model_name='phonenumber',
            name='e164',
            field=core.plain_text.PlainTextField(blank=True, editable=False, max_length=16),
        ),
        migrations.AddField(
            model_name='phonenumber',
            name='digits_reversed',
            field=core.plain_text.PlainTextField(blank=True, db_default='', default='', editable=False, max_length=40),
        ),
        migrations.RunPython(reverse_digits, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['organization', 'search_name', 'id'], name='patient_search_name'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['search_name', 'id'], name='patient_search_name_anywhere'),
        ),
        migrations.AddIndex(
            model_name='phonenumber',
            index=models.Index(fields=['digits_reversed'], name='phone_number_digits_reversed'),
        ),
    ]
