import core.append_only
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('billing', '0002_references'),
        ('catalog', '0002_references'),
        ('directory', '0001_schema'),
        ('orders', '0001_schema'),
        ('patients', '0001_schema'),
        ('programs', '0001_schema'),
        ('scheduling', '0001_schema'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='billedwork',
            name='appointment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='billed_work', to='scheduling.appointment'),
        ),
        migrations.AddField(
            model_name='billedwork',
            name='bill',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='billed_work', to='billing.bill', verbose_name='bill'),
        ),
        migrations.AddField(
            model_name='billedwork',
            name='enrollment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='billed_work', to='programs.enrollment'),
        ),
        migrations.AddField(
            model_name='billedwork',
            name='product_order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='billed_work', to='orders.productorder'),
        ),
        migrations.AddField(
            model_name='billingsettings',
            name='practice',
            field=models.OneToOneField(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='billing_settings', to='directory.practice', verbose_name='practice'),
        ),
        migrations.AddField(
            model_name='billline',
            name='appointment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bill_lines', to='scheduling.appointment'),
        ),
        migrations.AddField(
            model_name='billline',
            name='bill',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='billing.bill', verbose_name='bill'),
        ),
        migrations.AddField(
            model_name='billline',
            name='credits',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_lines', to='billing.billline', verbose_name='credits'),
        ),
        migrations.AddField(
            model_name='billline',
            name='enrollment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bill_lines', to='programs.enrollment'),
        ),
        migrations.AddField(
            model_name='billline',
            name='product',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product'),
        ),
        migrations.AddField(
            model_name='billline',
            name='product_order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bill_lines', to='orders.productorder'),
        ),
        migrations.AddField(
            model_name='billline',
            name='service',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.service'),
        ),
        migrations.AddField(
            model_name='careplan',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='care_plans', to='patients.patient', verbose_name='patient'),
        ),
        migrations.AddField(
            model_name='careplan',
            name='personal_assistant',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialist', verbose_name='assistant'),
        ),
        migrations.AddField(
            model_name='careplan',
            name='practice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice'),
        ),
        migrations.AddField(
            model_name='careplan',
            name='specialist',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialist', verbose_name='specialist'),
        ),
        migrations.AddField(
            model_name='bill',
            name='care_plan',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bills', to='billing.careplan', verbose_name='care plan'),
        ),
        migrations.AddField(
            model_name='careplandiscardreason',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='careplan',
            name='discard_reason',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.careplandiscardreason', verbose_name='why discarded'),
        ),
        migrations.AddField(
            model_name='careplanentry',
            name='care_plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='billing.careplan', verbose_name='care plan'),
        ),
        migrations.AddField(
            model_name='careplanentry',
            name='service',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.service', verbose_name='service'),
        ),
        migrations.AddField(
            model_name='billline',
            name='care_plan_entry',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bill_lines', to='billing.careplanentry'),
        ),
        migrations.AddField(
            model_name='billedwork',
            name='care_plan_entry',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='billed_work', to='billing.careplanentry'),
        ),
        migrations.AddField(
            model_name='careplanentryappointment',
            name='appointment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='care_plan_entries', to='scheduling.appointment', verbose_name='appointment'),
        ),
        migrations.AddField(
            model_name='careplanentryappointment',
            name='entry',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='visits', to='billing.careplanentry', verbose_name='entry'),
        ),
        migrations.AddField(
            model_name='company',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='billbalance',
            name='company',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.company'),
        ),
        migrations.AddField(
            model_name='bill',
            name='company',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bills', to='billing.company', verbose_name='company'),
        ),
        migrations.AddField(
            model_name='liability',
            name='bill',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='liabilities', to='billing.bill', verbose_name='bill'),
        ),
        migrations.AddField(
            model_name='liability',
            name='care_plan',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='liabilities', to='billing.careplan', verbose_name='care plan'),
        ),
        migrations.AddField(
            model_name='paymenttype',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='pricelist',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='careplan',
            name='price_list',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.pricelist', verbose_name='price list'),
        ),
        migrations.AddField(
            model_name='pricelistitem',
            name='price_list',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='billing.pricelist', verbose_name='price list'),
        ),
        migrations.AddField(
            model_name='pricelistitem',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.service', verbose_name='service'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='company',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='billing.company', verbose_name='company'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='patient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='patients.patient', verbose_name='patient'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='practice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice'),
        ),
        migrations.AddField(
            model_name='tillclosing',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='closings', to='billing.account', verbose_name='account'),
        ),
        migrations.AddField(
            model_name='tillclosing',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='counted by'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='billing.account', verbose_name='account'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='bill',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='billing.bill', verbose_name='bill'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='patient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='patients.patient', verbose_name='patient'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='payment_type',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.paymenttype', verbose_name='payment type'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='practice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='receipt',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transactions', to='billing.receipt', verbose_name='receipt'),
        ),
        migrations.AddField(
            model_name='transaction',
            name='reverses',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='billing.transaction', verbose_name='reverses'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('practice', 'name'), name='account_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddConstraint(
            model_name='billcounter',
            constraint=models.UniqueConstraint(fields=('practice', 'series', 'year'), name='bill_counter_unique'),
        ),
        migrations.AddConstraint(
            model_name='billcounter',
            constraint=models.CheckConstraint(condition=models.Q(('series__in', ['bill', 'credit', 'proforma', 'receipt', 'imported', 'supplier'])), name='bill_counter_series_known'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('bill_prefix', models.F('credit_prefix')), _negated=True), models.Q(('bill_prefix', models.F('proforma_prefix')), _negated=True), models.Q(('credit_prefix', models.F('proforma_prefix')), _negated=True)), name='billing_settings_prefixes_differ', violation_error_message='Invoices, credit notes and proformas need different prefixes.'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('stamp_threshold__isnull', True), ('stamp_amount__gt', 0), _connector='OR'), name='billing_settings_stamp_has_amount', violation_error_message='A stamp needs an amount.'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('automatic_since__isnull', False), ('bill_automatically', True)), models.Q(('automatic_since__isnull', True), ('bill_automatically', False)), _connector='OR'), name='billing_settings_automatic_since'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('stamp_threshold__gte', 0), ('stamp_threshold__isnull', True), _connector='OR'), name='billing_settings_stamp_threshold_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('stamp_amount__gte', 0), ('stamp_amount__isnull', True), _connector='OR'), name='billing_settings_stamp_amount_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('first_bill_number__gte', 1), ('first_bill_number__isnull', True), _connector='OR'), name='billing_settings_first_bill_number_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('first_credit_number__gte', 1), ('first_credit_number__isnull', True), _connector='OR'), name='billing_settings_first_credit_number_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('first_proforma_number__gte', 1), ('first_proforma_number__isnull', True), _connector='OR'), name='billing_settings_first_proforma_number_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('first_receipt_number__gte', 1), ('first_receipt_number__isnull', True), _connector='OR'), name='billing_settings_first_receipt_number_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='billingsettings',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['en', 'it', 'ro'])), name='billing_settings_language_known'),
        ),
        migrations.AddConstraint(
            model_name='careplandiscardreason',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='care_plan_discard_reason_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='careplanentry',
            index=models.Index(fields=['care_plan', 'sequence_number', 'id'], name='care_plan_entry_plan'),
        ),
        migrations.AddConstraint(
            model_name='careplanentry',
            constraint=models.CheckConstraint(condition=models.Q(('price__gte', 0), ('price__isnull', True), _connector='OR'), name='care_plan_entry_price_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='careplanentry',
            constraint=models.CheckConstraint(condition=models.Q(('absolute_discount__gte', 0), ('absolute_discount__isnull', True), _connector='OR'), name='care_plan_entry_absolute_discount_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='careplanentry',
            constraint=models.CheckConstraint(condition=models.Q(('number_of_executions__gte', 1), ('number_of_executions__isnull', True), _connector='OR'), name='care_plan_entry_number_of_executions_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='careplanentry',
            constraint=models.CheckConstraint(condition=models.Q(('discount_percentage__gte', 0), ('discount_percentage__lte', 100)), name='care_plan_entry_discount_percentage_percent'),
        ),
        migrations.AddConstraint(
            model_name='careplanentry',
            constraint=models.CheckConstraint(condition=models.Q(('vat_percentage__gte', 0), ('vat_percentage__lte', 100)), name='care_plan_entry_vat_percentage_percent'),
        ),
        migrations.AddIndex(
            model_name='billline',
            index=models.Index(fields=['credits'], name='bill_line_credits'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=core.append_only.AppendOnly(name='bill_line_append_only'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.UniqueConstraint(fields=('bill', 'position'), name='bill_line_position_unique'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.CheckConstraint(condition=models.Q(('unit_price__gte', 0), ('unit_price__isnull', True), _connector='OR'), name='bill_line_unit_price_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('discount__isnull', True), _connector='OR'), name='bill_line_discount_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.CheckConstraint(condition=models.Q(('net__gte', 0), ('net__isnull', True), _connector='OR'), name='bill_line_net_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.CheckConstraint(condition=models.Q(('vat__gte', 0), ('vat__isnull', True), _connector='OR'), name='bill_line_vat_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1), ('quantity__isnull', True), _connector='OR'), name='bill_line_quantity_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='billline',
            constraint=models.CheckConstraint(condition=models.Q(('vat_percentage__gte', 0), ('vat_percentage__lte', 100)), name='bill_line_vat_percentage_percent'),
        ),
        migrations.AddIndex(
            model_name='billedwork',
            index=models.Index(fields=['bill'], name='billed_work_bill'),
        ),
        migrations.AddConstraint(
            model_name='billedwork',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('appointment__isnull', False), ('care_plan_entry__isnull', True), ('enrollment__isnull', True), ('product_order__isnull', True)), models.Q(('appointment__isnull', True), ('care_plan_entry__isnull', True), ('enrollment__isnull', False), ('product_order__isnull', True)), models.Q(('appointment__isnull', True), ('care_plan_entry__isnull', True), ('enrollment__isnull', True), ('product_order__isnull', False)), models.Q(('appointment__isnull', True), ('care_plan_entry__isnull', False), ('enrollment__isnull', True), ('product_order__isnull', True)), _connector='OR'), name='billed_work_one_origin'),
        ),
        migrations.AddConstraint(
            model_name='billedwork',
            constraint=models.UniqueConstraint(condition=models.Q(('appointment__isnull', False)), fields=('appointment',), name='billed_work_appointment_once', violation_error_message='It has been billed already.'),
        ),
        migrations.AddConstraint(
            model_name='billedwork',
            constraint=models.UniqueConstraint(condition=models.Q(('enrollment__isnull', False)), fields=('enrollment',), name='billed_work_enrollment_once', violation_error_message='It has been billed already.'),
        ),
        migrations.AddConstraint(
            model_name='billedwork',
            constraint=models.UniqueConstraint(condition=models.Q(('product_order__isnull', False)), fields=('product_order',), name='billed_work_product_order_once', violation_error_message='It has been billed already.'),
        ),
        migrations.AddConstraint(
            model_name='billedwork',
            constraint=models.UniqueConstraint(condition=models.Q(('care_plan_entry__isnull', False)), fields=('care_plan_entry',), name='billed_work_care_plan_entry_once', violation_error_message='It has been billed already.'),
        ),
        migrations.AddConstraint(
            model_name='careplanentryappointment',
            constraint=models.UniqueConstraint(fields=('entry', 'appointment'), name='care_plan_entry_appointment_unique', violation_error_message='The entry already has this visit.'),
        ),
        migrations.AddConstraint(
            model_name='company',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='company_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='billbalance',
            index=models.Index(condition=models.Q(('owed', 0), _negated=True), fields=['practice', 'direction', 'issued_on', 'id'], name='bill_balance_open'),
        ),
        migrations.AddIndex(
            model_name='billbalance',
            index=models.Index(condition=models.Q(('owed', 0), _negated=True), fields=['patient'], name='bill_balance_patient'),
        ),
        migrations.AddConstraint(
            model_name='billbalance',
            constraint=models.CheckConstraint(condition=models.Q(('credited__lte', models.F('total'))), name='bill_credited_within_total', violation_error_message='More than the bill cannot be credited.'),
        ),
        migrations.AddConstraint(
            model_name='billbalance',
            constraint=models.CheckConstraint(condition=models.Q(('credited__gte', 0), ('credited__isnull', True), _connector='OR'), name='bill_balance_credited_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='billbalance',
            constraint=models.CheckConstraint(condition=models.Q(('paid__gte', 0), ('paid__isnull', True), _connector='OR'), name='bill_balance_paid_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='billbalance',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['incoming', 'outgoing'])), name='bill_balance_direction_known'),
        ),
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['practice', 'issued_on', 'id'], name='bill_practice'),
        ),
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['practice', 'series', 'issued_on'], name='bill_series'),
        ),
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['care_plan'], name='bill_care_plan'),
        ),
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['patient', 'issued_on', 'id'], name='bill_patient'),
        ),
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['credits'], name='bill_credits'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=core.append_only.AppendOnly(name='bill_append_only'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.UniqueConstraint(fields=('practice', 'series', 'year', 'number'), name='bill_number_unique', violation_error_message='Another bill has this number.'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('external_number', ''), ('number__isnull', False), ('series__in', ['bill', 'credit', 'proforma'])), models.Q(('number__isnull', True), ('series__in', ['imported', 'supplier']), models.Q(('external_number', ''), _negated=True)), _connector='OR'), name='bill_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('direction', 'incoming'), ('series', 'imported')), models.Q(('direction', 'outgoing'), ('series', 'supplier')), models.Q(('direction', 'incoming'), ('series', 'bill'), ('type__in', ['full', 'partial'])), models.Q(('direction', 'incoming'), ('series', 'credit'), ('type', 'credit')), models.Q(('direction', 'incoming'), ('series', 'proforma'), ('type', 'proforma')), _connector='OR'), name='bill_series_fits_type'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credits__isnull', False), ('type', 'credit')), models.Q(models.Q(('type', 'credit'), _negated=True), ('credits__isnull', True)), _connector='OR'), name='bill_credits_iff_credit'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('patient__isnull', True), ('company__isnull', True), _connector='OR'), name='bill_one_payee', violation_error_message='A bill goes to a patient or to a company, not to both.'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('number__isnull', True), ('number__gte', 1), _connector='OR'), name='bill_number_positive'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('net__gte', 0), ('net__isnull', True), _connector='OR'), name='bill_net_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('vat__gte', 0), ('vat__isnull', True), _connector='OR'), name='bill_vat_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('stamp__gte', 0), ('stamp__isnull', True), _connector='OR'), name='bill_stamp_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('total__gte', 0), ('total__isnull', True), _connector='OR'), name='bill_total_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['full', 'partial', 'credit', 'proforma'])), name='bill_type_known'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['incoming', 'outgoing'])), name='bill_direction_known'),
        ),
        migrations.AddConstraint(
            model_name='bill',
            constraint=models.CheckConstraint(condition=models.Q(('series__in', ['bill', 'credit', 'proforma', 'receipt', 'imported', 'supplier'])), name='bill_series_known'),
        ),
        migrations.AddIndex(
            model_name='liability',
            index=models.Index(fields=['bill'], name='liability_bill'),
        ),
        migrations.AddIndex(
            model_name='liability',
            index=models.Index(fields=['care_plan'], name='liability_care_plan'),
        ),
        migrations.AddIndex(
            model_name='liability',
            index=models.Index(condition=models.Q(('archived_at', None)), fields=['due_on', 'id'], name='liability_due'),
        ),
        migrations.AddConstraint(
            model_name='liability',
            constraint=models.CheckConstraint(condition=models.Q(('bill__isnull', False), ('care_plan__isnull', False), _connector='OR'), name='liability_of_bill_or_care_plan'),
        ),
        migrations.AddConstraint(
            model_name='liability',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='liability_amount_positive', violation_error_message='An instalment is more than nothing.'),
        ),
        migrations.AddConstraint(
            model_name='liability',
            constraint=models.CheckConstraint(condition=models.Q(('sistema_ts_expense_type__in', ['tk', 'tk2', 'fc', 'fv', 'sp', 'ad', 'as', 'sr', 'sr2', 'ct', 'pi', 'ic', 'aa', 'nn', ''])), name='liability_sistema_ts_expense_type_known'),
        ),
        migrations.AddConstraint(
            model_name='paymenttype',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='payment_type_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddConstraint(
            model_name='pricelist',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='price_list_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='careplan',
            index=models.Index(fields=['patient', 'id'], name='care_plan_patient'),
        ),
        migrations.AddIndex(
            model_name='careplan',
            index=models.Index(fields=['practice', 'id'], name='care_plan_practice'),
        ),
        migrations.AddIndex(
            model_name='careplan',
            index=models.Index(fields=['practice', 'state', 'id'], name='care_plan_state'),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('date_accepted__isnull', False), ('state__in', ['accepted', 'completed'])), models.Q(('date_accepted__isnull', True), ('state', 'estimate')), ('state', 'discarded'), _connector='OR'), name='care_plan_accepted_has_date'),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('signed_by', '')), models.Q(('signed_at__isnull', False), models.Q(('signed_by', ''), _negated=True)), _connector='OR'), name='care_plan_signed_by_someone', violation_error_message='A signature says who signed.'),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(('discard_reason__isnull', True), ('state', 'discarded'), _connector='OR'), name='care_plan_reason_if_discarded'),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['estimate', 'accepted', 'completed', 'discarded'])), name='care_plan_state_known'),
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(('discount_percentage__gte', 0), ('discount_percentage__lte', 100)), name='care_plan_discount_percentage_percent'),
        ),
        migrations.AddConstraint(
            model_name='pricelistitem',
            constraint=models.UniqueConstraint(fields=('price_list', 'service'), name='price_list_item_unique', violation_error_message='The price list already has a price for this service.'),
        ),
        migrations.AddConstraint(
            model_name='pricelistitem',
            constraint=models.CheckConstraint(condition=models.Q(('price__gte', 0), ('price__isnull', True), _connector='OR'), name='price_list_item_price_at_least_0'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(fields=['patient', 'issued_on', 'id'], name='receipt_patient'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=core.append_only.AppendOnly(name='receipt_append_only'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('practice', 'year', 'number'), name='receipt_number_unique'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='receipt_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='tillclosing',
            constraint=core.append_only.AppendOnly(name='till_closing_append_only'),
        ),
        migrations.AddConstraint(
            model_name='tillclosing',
            constraint=models.UniqueConstraint(fields=('account', 'date'), name='till_closing_once', violation_error_message='This account has been closed for that day already.'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['practice', 'date', 'id'], name='transaction_practice'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['account', 'date', 'id'], name='transaction_account'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['patient', 'date', 'id'], name='transaction_patient'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=core.append_only.AppendOnly(name='transaction_append_only'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='transaction_amount_positive', violation_error_message='A payment is more than nothing.'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.CheckConstraint(condition=models.Q(('reverses__isnull', True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='transaction_reversal_has_reason', violation_error_message='A reversal needs a reason.'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['incoming', 'outgoing'])), name='transaction_direction_known'),
        ),
        migrations.AddConstraint(
            model_name='transaction',
            constraint=models.CheckConstraint(condition=models.Q(('sistema_ts_expense_type__in', ['tk', 'tk2', 'fc', 'fv', 'sp', 'ad', 'as', 'sr', 'sr2', 'ct', 'pi', 'ic', 'aa', 'nn', ''])), name='transaction_sistema_ts_expense_type_known'),
        ),
    ]
