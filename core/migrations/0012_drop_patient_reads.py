from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0011_looks_of_before'),
    ]

    operations = [
        migrations.DeleteModel(
            name='PatientRead',
        ),
    ]
