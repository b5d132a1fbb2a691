import core.append_only
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # The migrations that made the same tables before the first release.
    replaces = [('programs', name) for name in (
        '0006_status_in_order_of_making',
    )]

    dependencies = [
        ('programs', '0001_tables'),
        ('scheduling', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='SessionMovement',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='programs.enrollment', verbose_name='program')),
                ('kind', models.CharField(choices=[('grant', 'Granted'), ('consume', 'Used'), ('restore', 'Given back'), ('forfeit', 'Forfeited'), ('release', 'Released'), ('adjust', 'Adjusted')], max_length=8, verbose_name='what')),
                ('quantity', models.IntegerField(verbose_name='sessions')),
                ('appointment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='scheduling.appointment', verbose_name='appointment')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='programs.sessionmovement', verbose_name='reverses')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'session movement',
                'verbose_name_plural': 'session movements',
                'indexes': [models.Index(fields=['enrollment', 'kind'], name='movement_enrollment')],
                'constraints': [core.append_only.AppendOnly(name='movement_append_only'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'grant'), ('quantity__gt', 0)), models.Q(('kind', 'restore'), ('quantity__gte', 0)), models.Q(('kind__in', ['consume', 'forfeit']), ('quantity__lt', 0)), models.Q(('kind', 'release'), ('quantity', 0)), models.Q(('kind', 'adjust'), models.Q(('quantity', 0), _negated=True)), _connector='OR'), name='movement_sign_fits_kind'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'restore'), ('reverses__isnull', False)), models.Q(models.Q(('kind', 'restore'), _negated=True), ('reverses__isnull', True)), _connector='OR'), name='movement_restore_has_source'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'adjust'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='movement_adjust_has_reason'), models.CheckConstraint(condition=models.Q(('kind__in', ['grant', 'consume', 'restore', 'forfeit', 'release', 'adjust'])), name='movement_kind_known')],
            },
        ),
    ]
