import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    # The migrations that made the same tables before the first release.
    replaces = [('directory', name) for name in (
        '0014_users_of_a_kind',
    )]

    dependencies = [
        ('catalog', '0001_tables'),
        ('directory', '0001_tables'),
    ]

    operations = [
        migrations.AddField(
            model_name='specialist',
            name='default_service',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.service', verbose_name='default service'),
        ),
    ]
