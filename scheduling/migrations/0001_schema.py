import core.money
import core.no_overlap
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0002_references'),
        ('directory', '0001_schema'),
        ('patients', '0001_schema'),
        ('programs', '0001_schema'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AppointmentSeries',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('repeat_type', models.CharField(choices=[('daily', 'Daily'), ('weekly', 'Weekly'), ('monthly', 'Monthly')], max_length=8, verbose_name='repeats')),
                ('repeating_interval', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='every')),
                ('number_of_repeats', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(51)], verbose_name='further visits')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
            ],
            options={
                'verbose_name': 'series of appointments',
                'verbose_name_plural': 'series of appointments',
            },
        ),
        migrations.CreateModel(
            name='Appointment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('contact_name', models.CharField(blank=True, max_length=255, verbose_name='contact')),
                ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name="contact's e-mail")),
                ('contact_phone', models.CharField(blank=True, max_length=32, verbose_name="contact's phone")),
                ('plan_session_number', models.PositiveSmallIntegerField(blank=True, editable=False, null=True, verbose_name='session')),
                ('appointment_type', models.CharField(blank=True, max_length=50, verbose_name='as booked')),
                ('starts_at', models.DateTimeField(blank=True, null=True, verbose_name='starts')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='ends')),
                ('proposed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='proposed for')),
                ('all_day', models.BooleanField(db_default=False, default=False, verbose_name='all day')),
                ('status', models.CharField(choices=[('requested', 'Requested'), ('confirmed', 'Confirmed'), ('arrived', 'Arrived'), ('in_care', 'In care'), ('done', 'Done'), ('no_show', 'No-show'), ('cancelled', 'Cancelled'), ('rejected', 'Rejected')], db_default='requested', default='requested', editable=False, max_length=10, verbose_name='status')),
                ('type', models.CharField(choices=[('in_practice', 'In the practice'), ('telehealth', 'Telehealth')], db_default='in_practice', default='in_practice', max_length=12, verbose_name='where')),
                ('notes', models.TextField(blank=True, verbose_name='notes')),
                ('relation_type', models.CharField(blank=True, choices=[('session', 'Session'), ('control', 'Control'), ('follow_up', 'Follow-up')], max_length=32, verbose_name='as its')),
                ('cancellation_reason_code', models.PositiveSmallIntegerField(blank=True, choices=[(10, 'Feeling better'), (20, 'Condition worse'), (30, 'Sick'), (31, 'COVID-19 related'), (40, 'Away'), (50, 'Other'), (60, 'Work')], editable=False, null=True, verbose_name='reason')),
                ('cancellation_note', models.TextField(blank=True, editable=False, verbose_name='why cancelled')),
                ('cancelled_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='cancelled')),
                ('arrived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='arrived')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='archived')),
                ('email_reminder', models.BooleanField(db_default=False, default=False, verbose_name='reminder by e-mail')),
                ('sms_reminder', models.BooleanField(db_default=False, default=False, verbose_name='reminder by SMS')),
                ('email_reminder_sent_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('sms_reminder_sent_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('telehealth_url', models.URLField(blank=True, max_length=500, verbose_name='telehealth link')),
                ('booking_ip', models.GenericIPAddressField(blank=True, editable=False, null=True)),
                ('policy_accepted', models.BooleanField(blank=True, editable=False, null=True, verbose_name='accepted the booking policy')),
                ('overbooked', models.BooleanField(db_default=False, default=False, editable=False, verbose_name='overbooked')),
                ('overbooking_reason', models.CharField(blank=True, editable=False, max_length=255, verbose_name='why overbooked')),
                ('needs_move', models.BooleanField(db_default=False, default=False, editable=False, verbose_name='needs to be moved')),
                ('created_via', models.CharField(choices=[('admin', 'Back office'), ('portal', 'Patient portal'), ('api', 'API'), ('import', 'Import')], db_default='admin', default='admin', editable=False, max_length=8, verbose_name='came through')),
                ('cancelled_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('color', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.color', verbose_name='color')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enrollment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='programs.enrollment', verbose_name='program')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='scheduling.appointment', verbose_name='belongs to')),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='patients.patient', verbose_name='patient')),
                ('patient_case', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.patientcase', verbose_name='case')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('repeated_from', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='repeats', to='scheduling.appointment')),
                ('room', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.room', verbose_name='room')),
                ('specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='directory.specialist', verbose_name='specialist')),
                ('series', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='scheduling.appointmentseries', verbose_name='series')),
            ],
            options={
                'verbose_name': 'appointment',
                'verbose_name_plural': 'appointments',
            },
        ),
        migrations.CreateModel(
            name='AppointmentService',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('position', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
                ('price', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='services', to='scheduling.appointment', verbose_name='appointment')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'treatment',
                'verbose_name_plural': 'treatments',
            },
        ),
        migrations.CreateModel(
            name='AvailableSlot',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='to')),
                ('appointment_type', models.CharField(blank=True, help_text='Empty: any service.', max_length=50, verbose_name='appointment type')),
                ('capacity', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='places')),
                ('booked', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, verbose_name='booked')),
                ('blocked', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, verbose_name='blocked')),
                ('held_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='held until')),
                ('series_date', models.DateField(blank=True, editable=False, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='withdrawn')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('room', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.room', verbose_name='room')),
                ('specialist', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='directory.specialist', verbose_name='specialist')),
            ],
            options={
                'verbose_name': 'slot',
                'verbose_name_plural': 'slots',
            },
        ),
        migrations.AddField(
            model_name='appointment',
            name='slot',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='scheduling.availableslot', verbose_name='slot'),
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='to')),
                ('expires_at', models.DateTimeField(verbose_name='until')),
                ('released_at', models.DateTimeField(blank=True, null=True, verbose_name='released')),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.patient')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('room', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.room')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.service')),
                ('slot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='scheduling.availableslot')),
                ('specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialist')),
            ],
            options={
                'verbose_name': 'hold',
                'verbose_name_plural': 'holds',
            },
        ),
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('date', models.DateField(verbose_name='day')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('is_closed', models.BooleanField(db_default=True, default=True, verbose_name='closed')),
                ('source', models.CharField(choices=[('library', 'Calendar'), ('manual', 'By hand')], db_default='manual', default='manual', editable=False, max_length=8, verbose_name='from')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holidays', to='directory.practice', verbose_name='practice')),
            ],
            options={
                'verbose_name': 'holiday or closure',
                'verbose_name_plural': 'holidays and closures',
            },
        ),
        migrations.CreateModel(
            name='SlotBatch',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('params', models.JSONField(blank=True, default=dict, verbose_name='asked for')),
                ('failed', models.JSONField(blank=True, default=list, verbose_name='refused')),
                ('undone_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='undone')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
            ],
            options={
                'verbose_name': 'bulk creation',
                'verbose_name_plural': 'bulk creations',
            },
        ),
        migrations.AddField(
            model_name='availableslot',
            name='batch',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='scheduling.slotbatch'),
        ),
        migrations.CreateModel(
            name='SlotSeries',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('pattern', models.CharField(choices=[('daily', 'Daily'), ('weekly', 'Weekly'), ('biweekly', 'Every two weeks'), ('monthly', 'Monthly'), ('custom', 'By a rule')], max_length=10, verbose_name='repeats')),
                ('rrule', models.CharField(max_length=500, verbose_name='rule')),
                ('start_date', models.DateField(verbose_name='first day')),
                ('start_time', models.TimeField(verbose_name='from')),
                ('duration_minutes', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='minutes')),
                ('until_date', models.DateField(blank=True, null=True, verbose_name='last day')),
                ('appointment_type', models.CharField(blank=True, max_length=50, verbose_name='appointment type')),
                ('capacity', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='places')),
                ('generated_until', models.DateField(blank=True, editable=False, null=True, verbose_name='made until')),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='withdrawn')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('room', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.room', verbose_name='room')),
                ('specialist', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialist', verbose_name='specialist')),
            ],
            options={
                'verbose_name': 'slot series',
                'verbose_name_plural': 'slot series',
            },
        ),
        migrations.CreateModel(
            name='SeriesSkip',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('date', models.DateField(verbose_name='day')),
                ('reason', models.CharField(choices=[('gap', 'The clock skips this time'), ('holiday', 'Holiday or closure'), ('time_off', 'Time off'), ('clash', 'Another slot is there'), ('taken', 'The time is taken'), ('withdrawn', 'Withdrawn by hand')], max_length=10, verbose_name='why')),
                ('detail', models.CharField(blank=True, max_length=255, verbose_name='detail')),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='skips', to='scheduling.slotseries', verbose_name='series')),
            ],
            options={
                'verbose_name': 'day left out',
                'verbose_name_plural': 'days left out',
            },
        ),
        migrations.AddField(
            model_name='availableslot',
            name='series',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='scheduling.slotseries'),
        ),
        migrations.CreateModel(
            name='TimeOff',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='to')),
                ('reason', models.CharField(blank=True, max_length=255, verbose_name='reason')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ended')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('room', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.room', verbose_name='room')),
                ('specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialist', verbose_name='specialist')),
            ],
            options={
                'verbose_name': 'time off',
                'verbose_name_plural': 'time off',
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('role', models.CharField(choices=[('specialist', 'Specialist'), ('room', 'Room'), ('patient', 'Patient'), ('assistant', 'Assistant')], max_length=10, verbose_name='as')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='to')),
                ('exclusive', models.BooleanField(db_default=True, default=True, verbose_name='exclusive')),
                ('appointment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='claims', to='scheduling.appointment')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='directory.resource', verbose_name='resource')),
                ('slot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='claims', to='scheduling.availableslot')),
                ('hold', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='claims', to='scheduling.hold')),
                ('time_off', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='claims', to='scheduling.timeoff')),
            ],
            options={
                'verbose_name': 'claim',
                'verbose_name_plural': 'claims',
            },
        ),
        migrations.CreateModel(
            name='TimeOffSeries',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('rrule', models.CharField(max_length=500, verbose_name='rule')),
                ('start_date', models.DateField(verbose_name='first day')),
                ('start_time', models.TimeField(verbose_name='from')),
                ('duration_minutes', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='minutes')),
                ('until_date', models.DateField(blank=True, null=True, verbose_name='last day')),
                ('reason', models.CharField(blank=True, max_length=255, verbose_name='reason')),
                ('generated_until', models.DateField(blank=True, editable=False, null=True, verbose_name='made until')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ended')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('room', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.room', verbose_name='room')),
                ('specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialist', verbose_name='specialist')),
            ],
            options={
                'verbose_name': 'recurring time off',
                'verbose_name_plural': 'recurring time off',
            },
        ),
        migrations.AddField(
            model_name='timeoff',
            name='series',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='occurrences', to='scheduling.timeoffseries'),
        ),
        migrations.CreateModel(
            name='AppointmentAssistant',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assistants', to='scheduling.appointment', verbose_name='appointment')),
                ('specialist', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assisting', to='directory.specialist', verbose_name='assistant')),
            ],
            options={
                'verbose_name': 'assistant',
                'verbose_name_plural': 'assistants',
                'constraints': [models.UniqueConstraint(fields=('appointment', 'specialist'), name='appointment_assistant_unique')],
            },
        ),
        migrations.AddConstraint(
            model_name='appointmentseries',
            constraint=models.CheckConstraint(condition=models.Q(('repeat_type__in', ['daily', 'weekly', 'monthly'])), name='appointment_series_repeat_type_known'),
        ),
        migrations.AddConstraint(
            model_name='appointmentseries',
            constraint=models.CheckConstraint(condition=models.Q(('repeating_interval__gte', 1), ('repeating_interval__lte', 100)), name='appointment_series_interval'),
        ),
        migrations.AddConstraint(
            model_name='appointmentseries',
            constraint=models.CheckConstraint(condition=models.Q(('number_of_repeats__gte', 1), ('number_of_repeats__lte', 51)), name='appointment_series_repeats'),
        ),
        migrations.AddIndex(
            model_name='appointmentservice',
            index=models.Index(fields=['service', 'appointment'], name='appointment_service_service'),
        ),
        migrations.AddConstraint(
            model_name='appointmentservice',
            constraint=models.UniqueConstraint(fields=('appointment', 'service'), name='appointment_service_unique'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['practice', 'starts_at', 'id'], name='appointment_practice'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['specialist', 'starts_at'], name='appointment_specialist'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['patient', 'starts_at'], name='appointment_patient'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('status', 'requested')), fields=['practice', 'created_at'], name='appointment_requested'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ends_at__isnull', True), ('starts_at__isnull', True)), models.Q(('ends_at__gt', models.F('starts_at')), ('ends_at__isnull', False), ('starts_at__isnull', False)), _connector='OR'), name='appointment_times', violation_error_message='An appointment ends after it starts.'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('starts_at__isnull', False), ('status__in', ['requested', 'rejected', 'cancelled']), _connector='OR'), name='appointment_untimed_status', violation_error_message='Without a time it can only be a request.'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('starts_at__isnull', False), ('patient__isnull', False), models.Q(('contact_name', ''), _negated=True), _connector='OR'), name='appointment_who', violation_error_message='A request needs a patient or a contact.'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('plan_session_number__isnull', True), ('enrollment__isnull', False), _connector='OR'), name='appointment_number_has_program'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.UniqueConstraint(condition=models.Q(('plan_session_number__isnull', False)), fields=('enrollment', 'plan_session_number'), name='appointment_session_unique', violation_error_message='Another appointment has this session of the program.'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'cancelled'), _negated=True), ('cancelled_at__isnull', False), _connector='OR'), name='appointment_cancelled_has_time'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.UniqueConstraint(condition=models.Q(('repeated_from__isnull', True), ('series__isnull', False)), fields=('series',), name='appointment_one_head'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('overbooked', True), models.Q(('overbooking_reason', ''), _negated=True)), models.Q(('overbooked', False), ('overbooking_reason', '')), _connector='OR'), name='appointment_overbooked_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('relation_type__in', ['session', 'control', 'follow_up', ''])), name='appointment_relation_type_known'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['requested', 'confirmed', 'arrived', 'in_care', 'done', 'no_show', 'cancelled', 'rejected'])), name='appointment_status_known'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['in_practice', 'telehealth'])), name='appointment_type_known'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('created_via__in', ['admin', 'portal', 'api', 'import'])), name='appointment_created_via_known'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='hold_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='holiday',
            constraint=models.UniqueConstraint(fields=('practice', 'date'), name='holiday_unique', violation_error_message='This day is in the list already.'),
        ),
        migrations.AddConstraint(
            model_name='holiday',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['library', 'manual'])), name='holiday_source_known'),
        ),
        migrations.AddConstraint(
            model_name='slotseries',
            constraint=models.CheckConstraint(condition=models.Q(('pattern__in', ['daily', 'weekly', 'biweekly', 'monthly', 'custom'])), name='slot_series_pattern_known'),
        ),
        migrations.AddConstraint(
            model_name='slotseries',
            constraint=models.CheckConstraint(condition=models.Q(('capacity__gte', 1), ('capacity__isnull', True), _connector='OR'), name='slot_series_capacity_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='seriesskip',
            constraint=models.UniqueConstraint(fields=('series', 'date'), name='series_skip_unique'),
        ),
        migrations.AddConstraint(
            model_name='seriesskip',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['gap', 'holiday', 'time_off', 'clash', 'taken', 'withdrawn'])), name='series_skip_reason_known'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('withdrawn_at', None)), fields=['specialist', 'starts_at'], name='slot_specialist'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('withdrawn_at', None)), fields=['room', 'starts_at'], name='slot_room'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('withdrawn_at', None)), fields=['practice', 'starts_at', 'id'], name='slot_practice'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('withdrawn_at', None)), fields=['practice', 'appointment_type', 'starts_at'], name='slot_type'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('blocked', 0), ('booked__lt', models.F('capacity')), ('withdrawn_at', None)), fields=['starts_at', 'id'], name='slot_available'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(fields=['batch'], name='slot_batch'),
        ),
        migrations.AddConstraint(
            model_name='availableslot',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='slot_ends_after_start', violation_error_message='must be after start time'),
        ),
        migrations.AddConstraint(
            model_name='availableslot',
            constraint=models.CheckConstraint(condition=models.Q(('booked__lte', models.F('capacity'))), name='slot_booked_within_capacity'),
        ),
        migrations.AddConstraint(
            model_name='availableslot',
            constraint=models.CheckConstraint(condition=models.Q(('capacity__gte', 1), ('capacity__isnull', True), _connector='OR'), name='slot_capacity_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='availableslot',
            constraint=models.UniqueConstraint(fields=('series', 'series_date'), name='slot_series_date_unique'),
        ),
        migrations.AddConstraint(
            model_name='availableslot',
            constraint=core.no_overlap.NoOverlap(condition=models.Q(('withdrawn_at', None)), end='ends_at', name='slot_no_overlap', owner='specialist', start='starts_at', violation_error_message='The specialist has another slot at this time'),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(fields=['resource', 'starts_at', 'ends_at'], name='claim_resource'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='claim_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('appointment__isnull', False), ('hold', None), ('slot', None), ('time_off', None)), models.Q(('appointment', None), ('hold', None), ('slot__isnull', False), ('time_off', None)), models.Q(('appointment', None), ('hold', None), ('slot', None), ('time_off__isnull', False)), models.Q(('appointment', None), ('hold__isnull', False), ('slot', None), ('time_off', None)), _connector='OR'), name='claim_one_source'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['specialist', 'room', 'patient', 'assistant'])), name='claim_role_known'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=core.no_overlap.NoOverlap(condition=models.Q(('exclusive', True)), end='ends_at', name='claim_no_overlap', owner='resource', start='starts_at', violation_error_message='The time is taken.'),
        ),
        migrations.AddConstraint(
            model_name='timeoffseries',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('room__isnull', True), ('specialist__isnull', False)), models.Q(('room__isnull', False), ('specialist__isnull', True)), _connector='OR'), name='timeoff_series_one_resource'),
        ),
        migrations.AddIndex(
            model_name='timeoff',
            index=models.Index(fields=['practice', 'starts_at'], name='timeoff_practice'),
        ),
        migrations.AddConstraint(
            model_name='timeoff',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('room__isnull', True), ('specialist__isnull', False)), models.Q(('room__isnull', False), ('specialist__isnull', True)), _connector='OR'), name='timeoff_one_resource'),
        ),
        migrations.AddConstraint(
            model_name='timeoff',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='timeoff_ends_after_start'),
        ),
    ]
