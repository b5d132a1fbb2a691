import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('principal', models.CharField(max_length=64, verbose_name='principal')),
                ('key', models.CharField(max_length=255, verbose_name='key')),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='status')),
                ('headers', models.JSONField(blank=True, default=dict)),
                ('body', models.BinaryField(default=b'')),
                ('object_kind', models.CharField(blank=True, max_length=50)),
                ('object_id', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'idempotency key',
                'verbose_name_plural': 'idempotency keys',
                'indexes': [models.Index(fields=['created_at'], name='idempotency_key_created')],
                'constraints': [models.UniqueConstraint(fields=('principal', 'key'), name='idempotency_key_unique')],
            },
        ),
    ]
