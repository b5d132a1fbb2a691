"""The index of names tells who is neither archived nor merged: made anew, some two seconds for a million patients."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0013_filters_and_sorts_of_the_contracts'),
    ]

    operations = [
        # Dropping it first would lock everybody out of the table until the end.
        migrations.RenameIndex(model_name='patient', old_name='patient_search_name', new_name='patient_search_name_before'),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(
                fields=['organization', 'search_name', 'id', 'archived_at', 'merged_into'], name='patient_search_name'
            ),
        ),
    ]
