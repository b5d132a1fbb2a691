import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('actor_kind', models.CharField(max_length=8, verbose_name='kind of actor')),
                ('credential', models.CharField(blank=True, max_length=64, verbose_name='credential')),
                ('door', models.CharField(max_length=64, verbose_name='door')),
                ('request_id', models.CharField(blank=True, max_length=64, verbose_name='request')),
                ('verb', models.CharField(max_length=64, verbose_name='what')),
                ('action', models.CharField(choices=[('create', 'created'), ('change', 'changed'), ('delete', 'deleted'), ('export', 'exported')], max_length=8, verbose_name='action')),
                ('object_kind', models.CharField(max_length=64, verbose_name='kind')),
                ('object_id', models.BigIntegerField(verbose_name='object')),
                ('organization_id', models.BigIntegerField(blank=True, null=True)),
                ('practice_id', models.BigIntegerField(blank=True, null=True)),
                ('changes', models.JSONField(default=dict, verbose_name='changes')),
            ],
            options={
                'verbose_name': 'history entry',
                'verbose_name_plural': 'history',
            },
        ),
        migrations.CreateModel(
            name='ExternalId',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('source', models.CharField(max_length=50, verbose_name='system')),
                ('kind', models.CharField(max_length=50, verbose_name='kind')),
                ('external_id', models.CharField(max_length=255, verbose_name='its id there')),
                ('object_id', models.BigIntegerField(verbose_name='our id')),
            ],
        ),
        migrations.CreateModel(
            name='ImportJob',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=50, verbose_name='kind')),
                ('source', models.CharField(max_length=50, verbose_name='system')),
                ('file_name', models.CharField(blank=True, max_length=255, verbose_name='file')),
                ('sha256', models.CharField(max_length=64)),
                ('rows', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='rows')),
                ('line', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='up to line')),
                ('created', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='created')),
                ('changed', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='changed')),
                ('unchanged', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='unchanged')),
                ('refused', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='refused')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone')),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
            },
        ),
    ]
