"""Patients by first name, e-mail address and gender, and by when they were archived; cases by when they changed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0012_endings_of_names'),
    ]

    operations = [
        # Dropping it first would lock everybody out of the table until the end.
        migrations.RenameIndex(model_name='patient', old_name='patient_email', new_name='patient_email_before'),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['organization', 'email', 'id'], name='patient_email'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['first_name', 'id'], name='patient_first_name'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['gender', 'id'], name='patient_gender'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('preferred_first_name', ''), _negated=True), fields=['organization', 'preferred_first_name'], name='patient_preferred_name'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['archived_at', 'id'], name='patient_archived_at'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['updated_at', 'id'], name='patient_updated_anywhere'),
        ),
        migrations.AddIndex(
            model_name='patientcase',
            index=models.Index(fields=['updated_at', 'id'], name='patient_case_updated'),
        ),
    ]
