"""What was made anew under its name is no longer needed as it was. At once."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0019_archived_as_made'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='appointment', name='appointment_created_before'),
    ]
