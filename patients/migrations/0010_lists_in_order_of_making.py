"""Cases, and archived patients, in the order in which they were made. A second on a million cases."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0009_lists_of_documents_and_alerts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='patientcase',
            index=models.Index(fields=['created_at', 'id'], name='patient_case_created'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['organization', 'created_at', 'id'], name='patient_archived_created'),
        ),
    ]
