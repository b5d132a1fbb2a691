import core.append_only
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # The migrations that made the same tables before the first release.
    replaces = [('core', name) for name in (
        '0001_schema',
        '0002_references',
        '0003_history_filters',
        '0004_who_looked',
        '0005_seal_of_the_history',
        '0006_import_request',
        '0007_where_changes_come_from',
        '0008_history_of_commands',
        '0009_looks_of_a_request',
        '0010_looks_and_their_patients',
        '0011_looks_of_before',
        '0012_drop_patient_reads',
        '0013_history_of_organizations',
    )]

    initial = True

    dependencies = [
        ('directory', '0001_tables'),
        ('patients', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
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
                ('address', models.GenericIPAddressField(blank=True, null=True, verbose_name='address')),
                ('agent', models.CharField(blank=True, db_default='', default='', max_length=255, verbose_name='browser or program')),
            ],
            options={
                'verbose_name': 'history entry',
                'verbose_name_plural': 'history',
                'indexes': [models.Index(fields=['object_kind', 'object_id', 'id'], name='audit_object'), models.Index(fields=['practice_id', 'id'], name='audit_practice'), models.Index(condition=models.Q(('practice_id', None)), fields=['organization_id', 'id'], name='audit_organization'), models.Index(fields=['at'], name='audit_at'), models.Index(fields=['action', 'id'], name='audit_action'), models.Index(fields=['door', 'id'], name='audit_door'), models.Index(condition=models.Q(('door__startswith', 'command:')), fields=['id'], name='audit_commands'), models.Index(fields=['verb', 'id'], name='audit_verb'), models.Index(condition=models.Q(('user__isnull', False)), fields=['user', 'id'], name='audit_user'), models.Index(condition=models.Q(('request_id', ''), _negated=True), fields=['request_id'], name='audit_request'), models.Index(condition=models.Q(('address__isnull', False)), fields=['address', 'id'], name='audit_address')],
                'constraints': [core.append_only.AppendOnly(name='audit_append_only')],
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('credential', models.CharField(blank=True, max_length=64, verbose_name='credential')),
                ('door', models.CharField(max_length=64, verbose_name='door')),
                ('page', models.CharField(max_length=120, verbose_name='page')),
                ('request_id', models.CharField(blank=True, max_length=64, verbose_name='request')),
                ('organization_id', models.BigIntegerField()),
            ],
            options={
                'verbose_name': 'look at records',
                'verbose_name_plural': 'looks at records',
                'indexes': [models.Index(fields=['user', 'id'], name='look_user'), models.Index(fields=['organization_id', 'id'], name='look_organization'), models.Index(fields=['request_id'], name='look_request')],
                'constraints': [core.append_only.AppendOnly(name='look_append_only')],
            },
        ),
        migrations.CreateModel(
            name='ImportJob',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.organization', verbose_name='organization')),
                ('kind', models.CharField(max_length=50, verbose_name='kind')),
                ('source', models.CharField(max_length=50, verbose_name='system')),
                ('file_name', models.CharField(blank=True, max_length=255, verbose_name='file')),
                ('sha256', models.CharField(max_length=64)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('request_id', models.CharField(blank=True, db_default='', default='', editable=False, max_length=64)),
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
                'indexes': [models.Index(fields=['organization', 'started_at', 'id'], name='import_job_organization')],
                'constraints': [models.CheckConstraint(condition=models.Q(('rows', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('created'), '+', models.F('changed')), '+', models.F('unchanged')), '+', models.F('refused')))), name='import_job_rows_add_up')],
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='core.auditentry')),
                ('digest', models.CharField(max_length=64)),
                ('link', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [core.append_only.AppendOnly(name='audit_seal_append_only')],
            },
        ),
        migrations.CreateModel(
            name='PatientLook',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('look', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='patients', to='core.look', verbose_name='look')),
                ('patient', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='patients.patient', verbose_name='patient')),
                ('at', models.DateTimeField(verbose_name='when')),
            ],
            options={
                'verbose_name': 'look at a record',
                'verbose_name_plural': 'who looked',
                'indexes': [models.Index(fields=['patient', 'at'], name='patient_look_patient')],
                'constraints': [models.UniqueConstraint(fields=('look', 'patient'), name='patient_look_once'), core.append_only.AppendOnly(name='patient_look_append_only')],
            },
        ),
        migrations.CreateModel(
            name='ExternalId',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.organization')),
                ('source', models.CharField(max_length=50, verbose_name='system')),
                ('kind', models.CharField(max_length=50, verbose_name='kind')),
                ('external_id', models.CharField(max_length=255, verbose_name='its id there')),
                ('object_id', models.BigIntegerField(verbose_name='our id')),
                ('job', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='made', to='core.importjob')),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'object_id'], name='external_id_object')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'source', 'kind', 'external_id'), name='external_id_unique')],
            },
        ),
    ]
