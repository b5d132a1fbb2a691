"""A key that is used from a new address is noted beside the sign-ins, which are found by user and by key."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0006_kinds_of_accounts'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='last_address',
            field=models.GenericIPAddressField(blank=True, editable=False, null=True, verbose_name='last used from'),
        ),
        migrations.AddField(
            model_name='signin',
            name='credential',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name='credential'),
        ),
        migrations.AlterField(
            model_name='signin',
            name='user',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(condition=models.Q(('user__isnull', False)), fields=['user', 'at'], name='sign_in_user'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(condition=models.Q(('credential', ''), _negated=True), fields=['credential', 'address'], name='sign_in_credential'),
        ),
    ]
