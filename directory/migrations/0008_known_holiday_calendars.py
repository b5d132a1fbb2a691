import core.iso
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0007_where_keys_are_used_from'),
    ]

    operations = [
        migrations.AlterField(
            model_name='practice',
            name='holiday_calendar',
            field=models.CharField(blank=True, max_length=16, validators=[core.iso.check_holiday_calendar], verbose_name='holiday calendar'),
        ),
    ]
