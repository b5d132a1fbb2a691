import core.append_only
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('programs', '0001_schema'),
        ('scheduling', '0001_schema'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='sessionmovement',
            name='appointment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='scheduling.appointment', verbose_name='appointment'),
        ),
        migrations.AddField(
            model_name='sessionmovement',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='sessionmovement',
            name='enrollment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='programs.enrollment', verbose_name='program'),
        ),
        migrations.AddField(
            model_name='sessionmovement',
            name='reverses',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='programs.sessionmovement', verbose_name='reverses'),
        ),
        migrations.AddIndex(
            model_name='serviceplan',
            index=models.Index(fields=['organization', 'is_published', 'billing_model', 'id'], name='service_plan_published'),
        ),
        migrations.AddConstraint(
            model_name='serviceplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('billing_model__in', ['session_based', 'hybrid']), ('service__isnull', False), ('sessions_total__isnull', False)), models.Q(('billing_model', 'time_based'), ('sessions_total__isnull', True)), _connector='OR'), name='plan_fits_billing_model', violation_error_message='A plan with sessions needs a service and their number; one for a time has none.'),
        ),
        migrations.AddConstraint(
            model_name='serviceplan',
            constraint=models.CheckConstraint(condition=models.Q(('sessions_total__gte', 1), ('sessions_total__isnull', True), _connector='OR'), name='service_plan_sessions_total_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='serviceplan',
            constraint=models.CheckConstraint(condition=models.Q(('validity_days__gte', 1), ('validity_days__isnull', True), _connector='OR'), name='service_plan_validity_days_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='serviceplan',
            constraint=models.CheckConstraint(condition=models.Q(('access_months__gte', 1), ('access_months__isnull', True), _connector='OR'), name='service_plan_access_months_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='serviceplan',
            constraint=models.CheckConstraint(condition=models.Q(('total_price__gte', 0), ('total_price__isnull', True), _connector='OR'), name='service_plan_total_price_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='serviceplan',
            constraint=models.CheckConstraint(condition=models.Q(('billing_model__in', ['session_based', 'time_based', 'hybrid'])), name='service_plan_billing_model_known'),
        ),
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['patient', 'enrolled_at', 'id'], name='enrollment_patient'),
        ),
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['practice', 'status', 'id'], name='enrollment_practice'),
        ),
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['ends_at'], name='enrollment_ends'),
        ),
        migrations.AddConstraint(
            model_name='enrollment',
            constraint=models.CheckConstraint(condition=models.Q(('access_expires_at__isnull', True), models.Q(('access_expires_at__gt', models.F('access_starts_at')), ('access_starts_at__isnull', False)), _connector='OR'), name='enrollment_access_dates'),
        ),
        migrations.AddConstraint(
            model_name='enrollment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at__isnull', False), ('status', 'cancelled')), models.Q(models.Q(('status', 'cancelled'), _negated=True), ('cancelled_at__isnull', True)), _connector='OR'), name='enrollment_cancelled_has_time'),
        ),
        migrations.AddConstraint(
            model_name='enrollment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('billing_model__in', ['session_based', 'hybrid']), ('service__isnull', False), ('sessions_total__isnull', False)), models.Q(('billing_model', 'time_based'), ('sessions_total__isnull', True)), _connector='OR'), name='enrollment_fits_billing_model'),
        ),
        migrations.AddConstraint(
            model_name='enrollment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('billing_model', 'time_based'), ('sessions_left__isnull', True)), models.Q(models.Q(('billing_model', 'time_based'), _negated=True), ('sessions_left__isnull', False)), _connector='OR'), name='enrollment_counts_what_it_sold'),
        ),
        migrations.AddConstraint(
            model_name='enrollment',
            constraint=models.CheckConstraint(condition=models.Q(('sessions_left__gte', 0), ('sessions_left__isnull', True), _connector='OR'), name='enrollment_sessions_left_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='enrollment',
            constraint=models.CheckConstraint(condition=models.Q(('billing_model__in', ['session_based', 'time_based', 'hybrid'])), name='enrollment_billing_model_known'),
        ),
        migrations.AddConstraint(
            model_name='enrollment',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'completed', 'expired', 'cancelled'])), name='enrollment_status_known'),
        ),
        migrations.AddConstraint(
            model_name='serviceplanproduct',
            constraint=models.UniqueConstraint(fields=('service_plan', 'product'), name='plan_product_unique', violation_error_message='The plan already has this product.'),
        ),
        migrations.AddConstraint(
            model_name='serviceplanproduct',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1), ('quantity__isnull', True), _connector='OR'), name='plan_product_quantity_at_least_1'),
        ),
        migrations.AddIndex(
            model_name='sessionmovement',
            index=models.Index(fields=['enrollment', 'kind'], name='movement_enrollment'),
        ),
        migrations.AddConstraint(
            model_name='sessionmovement',
            constraint=core.append_only.AppendOnly(name='movement_append_only'),
        ),
        migrations.AddConstraint(
            model_name='sessionmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'grant'), ('quantity__gt', 0)), models.Q(('kind', 'restore'), ('quantity__gte', 0)), models.Q(('kind__in', ['consume', 'forfeit']), ('quantity__lt', 0)), models.Q(('kind', 'release'), ('quantity', 0)), models.Q(('kind', 'adjust'), models.Q(('quantity', 0), _negated=True)), _connector='OR'), name='movement_sign_fits_kind'),
        ),
        migrations.AddConstraint(
            model_name='sessionmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'restore'), ('reverses__isnull', False)), models.Q(models.Q(('kind', 'restore'), _negated=True), ('reverses__isnull', True)), _connector='OR'), name='movement_restore_has_source'),
        ),
        migrations.AddConstraint(
            model_name='sessionmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'adjust'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='movement_adjust_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='sessionmovement',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['grant', 'consume', 'restore', 'forfeit', 'release', 'adjust'])), name='movement_kind_known'),
        ),
    ]
