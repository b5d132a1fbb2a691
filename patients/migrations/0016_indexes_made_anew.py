"""Drop the indexes that new ones of the same name replaced. At once."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0015_archived_of_several_organizations'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='patient', name='patient_email_before'),
        migrations.RemoveIndex(model_name='patient', name='patient_search_name_before'),
    ]
