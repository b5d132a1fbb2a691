"""Drop the index that a new one of the same name replaced. At once."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0019_archived_as_made'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='appointment', name='appointment_created_before'),
    ]
