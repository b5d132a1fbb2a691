import core.iso
import core.money
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # The migrations that made the same tables before the first release.
    replaces = [('programs', name) for name in (
        '0001_schema',
        '0002_references',
        '0003_program_lists',
        '0004_nearly_used_up',
        '0005_ends_and_sessions_by_status',
    )]

    initial = True

    dependencies = [
        ('catalog', '0001_tables'),
        ('directory', '0001_tables'),
        ('patients', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServicePlan',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='service_plans', to='directory.organization', verbose_name='organization')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='catalog.service', verbose_name='service')),
                ('billing_model', models.CharField(choices=[('session_based', 'Sessions'), ('time_based', 'Access for a time'), ('hybrid', 'Sessions and access')], max_length=16, verbose_name='sells')),
                ('sessions_total', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='sessions')),
                ('validity_days', models.PositiveSmallIntegerField(blank=True, help_text='Empty: without end.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='valid for, days')),
                ('access_months', models.PositiveSmallIntegerField(blank=True, help_text='Empty: for life.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='access for, months')),
                ('telerehab_access', models.BooleanField(db_default=False, default=False, verbose_name='telerehab')),
                ('library_access', models.BooleanField(db_default=False, default=False, verbose_name='library')),
                ('is_published', models.BooleanField(db_default=False, default=False, verbose_name='published')),
                ('total_price', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'service plan',
                'verbose_name_plural': 'service plans',
                'indexes': [models.Index(fields=['organization', 'is_published', 'billing_model', 'id'], name='service_plan_published')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('billing_model__in', ['session_based', 'hybrid']), ('service__isnull', False), ('sessions_total__isnull', False)), models.Q(('billing_model', 'time_based'), ('sessions_total__isnull', True)), _connector='OR'), name='plan_fits_billing_model', violation_error_message='A plan with sessions needs a service and their number; one for a time has none.'), models.CheckConstraint(condition=models.Q(('sessions_total__gte', 1), ('sessions_total__isnull', True), _connector='OR'), name='service_plan_sessions_total_at_least_1'), models.CheckConstraint(condition=models.Q(('validity_days__gte', 1), ('validity_days__isnull', True), _connector='OR'), name='service_plan_validity_days_at_least_1'), models.CheckConstraint(condition=models.Q(('access_months__gte', 1), ('access_months__isnull', True), _connector='OR'), name='service_plan_access_months_at_least_1'), models.CheckConstraint(condition=models.Q(('total_price__gte', 0), ('total_price__isnull', True), _connector='OR'), name='service_plan_total_price_at_least_0'), models.CheckConstraint(condition=models.Q(('billing_model__in', ['session_based', 'time_based', 'hybrid'])), name='service_plan_billing_model_known')],
            },
        ),
        migrations.CreateModel(
            name='ServicePlanProduct',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('service_plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bundled_products', to='programs.serviceplan', verbose_name='plan')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product', verbose_name='product')),
                ('quantity', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='quantity')),
            ],
            options={
                'verbose_name': 'bundled product',
                'verbose_name_plural': 'bundled products',
                'constraints': [models.UniqueConstraint(fields=('service_plan', 'product'), name='plan_product_unique', violation_error_message='The plan already has this product.'), models.CheckConstraint(condition=models.Q(('quantity__gte', 1), ('quantity__isnull', True), _connector='OR'), name='plan_product_quantity_at_least_1')],
            },
        ),
        migrations.CreateModel(
            name='Enrollment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrollments', to='patients.patient', verbose_name='patient')),
                ('service_plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrollments', to='programs.serviceplan', verbose_name='service plan')),
                ('status', models.CharField(choices=[('active', 'Active'), ('completed', 'Completed'), ('expired', 'Expired'), ('cancelled', 'Cancelled')], db_default='active', default='active', editable=False, max_length=10, verbose_name='status')),
                ('name', models.CharField(editable=False, max_length=255, verbose_name='name')),
                ('service', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='enrollments', to='catalog.service', verbose_name='service')),
                ('billing_model', models.CharField(choices=[('session_based', 'Sessions'), ('time_based', 'Access for a time'), ('hybrid', 'Sessions and access')], editable=False, max_length=16, verbose_name='sold')),
                ('sessions_total', models.PositiveSmallIntegerField(editable=False, null=True, verbose_name='sessions promised')),
                ('access_months', models.PositiveSmallIntegerField(editable=False, null=True, verbose_name='access for, months')),
                ('telerehab_access', models.BooleanField(db_default=False, default=False, editable=False, verbose_name='telerehab')),
                ('library_access', models.BooleanField(db_default=False, default=False, editable=False, verbose_name='library')),
                ('price', core.money.MoneyField(decimal_places=2, editable=False, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
                ('currency', models.CharField(editable=False, max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('enrolled_at', models.DateTimeField(editable=False, verbose_name='enrolled')),
                ('expires_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='sessions until')),
                ('access_starts_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='access from')),
                ('access_expires_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='access until')),
                ('ends_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ends')),
                ('sessions_left', models.PositiveSmallIntegerField(blank=True, editable=False, null=True, verbose_name='sessions left')),
                ('completed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='completed')),
                ('cancelled_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='cancelled')),
                ('cancellation_reason', models.TextField(blank=True, editable=False, verbose_name='why cancelled')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'program',
                'verbose_name_plural': 'programs',
                'indexes': [models.Index(fields=['patient', 'enrolled_at', 'id'], name='enrollment_patient'), models.Index(fields=['practice', 'status', 'id'], name='enrollment_practice'), models.Index(fields=['practice', 'enrolled_at', 'id'], name='enrollment_practice_enrolled'), models.Index(fields=['enrolled_at', 'id'], name='enrollment_enrolled'), models.Index(fields=['status', 'enrolled_at', 'id'], name='enrollment_status'), models.Index(fields=['status', 'id'], name='enrollment_status_made'), models.Index(fields=['updated_at', 'id'], name='enrollment_updated'), models.Index(fields=['status', 'ends_at', 'id'], name='enrollment_status_ends'), models.Index(fields=['status', 'sessions_left', 'id'], name='enrollment_status_sessions')],
                'constraints': [models.CheckConstraint(condition=models.Q(('access_expires_at__isnull', True), models.Q(('access_expires_at__gt', models.F('access_starts_at')), ('access_starts_at__isnull', False)), _connector='OR'), name='enrollment_access_dates'), models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at__isnull', False), ('status', 'cancelled')), models.Q(models.Q(('status', 'cancelled'), _negated=True), ('cancelled_at__isnull', True)), _connector='OR'), name='enrollment_cancelled_has_time'), models.CheckConstraint(condition=models.Q(models.Q(('billing_model__in', ['session_based', 'hybrid']), ('service__isnull', False), ('sessions_total__isnull', False)), models.Q(('billing_model', 'time_based'), ('sessions_total__isnull', True)), _connector='OR'), name='enrollment_fits_billing_model'), models.CheckConstraint(condition=models.Q(models.Q(('billing_model', 'time_based'), ('sessions_left__isnull', True)), models.Q(models.Q(('billing_model', 'time_based'), _negated=True), ('sessions_left__isnull', False)), _connector='OR'), name='enrollment_counts_what_it_sold'), models.CheckConstraint(condition=models.Q(('sessions_left__gte', 0), ('sessions_left__isnull', True), _connector='OR'), name='enrollment_sessions_left_at_least_0'), models.CheckConstraint(condition=models.Q(('billing_model__in', ['session_based', 'time_based', 'hybrid'])), name='enrollment_billing_model_known'), models.CheckConstraint(condition=models.Q(('status__in', ['active', 'completed', 'expired', 'cancelled'])), name='enrollment_status_known')],
            },
        ),
    ]
