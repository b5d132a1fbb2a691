"""Each entry of the history says from which address and program the change came."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0006_import_request'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='auditentry',
            name='address',
            field=models.GenericIPAddressField(blank=True, null=True, verbose_name='address'),
        ),
        migrations.AddField(
            model_name='auditentry',
            name='agent',
            field=models.CharField(blank=True, db_default='', default='', max_length=255, verbose_name='browser or program'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('address__isnull', False)), fields=['address', 'id'], name='audit_address'),
        ),
    ]
