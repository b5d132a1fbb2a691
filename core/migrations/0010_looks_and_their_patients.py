import core.append_only
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0009_looks_of_a_request'),
        ('patients', '0009_lists_of_documents_and_alerts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('credential', models.CharField(blank=True, max_length=64, verbose_name='credential')),
                ('door', models.CharField(max_length=64, verbose_name='door')),
                ('page', models.CharField(max_length=120, verbose_name='page')),
                ('request_id', models.CharField(blank=True, max_length=64, verbose_name='request')),
                ('organization_id', models.BigIntegerField()),
                ('user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'look at records',
                'verbose_name_plural': 'looks at records',
                'indexes': [models.Index(fields=['user', 'id'], name='look_user'), models.Index(fields=['organization_id', 'id'], name='look_organization'), models.Index(fields=['request_id'], name='look_request')],
                'constraints': [core.append_only.AppendOnly(name='look_append_only')],
            },
        ),
        migrations.CreateModel(
            name='PatientLook',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('look', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='patients', to='core.look', verbose_name='look')),
                ('patient', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='patients.patient', verbose_name='patient')),
            ],
            options={
                'verbose_name': 'look at a record',
                'verbose_name_plural': 'who looked',
                'indexes': [models.Index(fields=['patient', 'at'], name='patient_look_patient')],
                'constraints': [models.UniqueConstraint(fields=('look', 'patient'), name='patient_look_once'), core.append_only.AppendOnly(name='patient_look_append_only')],
            },
        ),
    ]
