import core.append_only
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0002_references'),
        ('directory', '0001_schema'),
        ('orders', '0001_schema'),
        ('patients', '0001_schema'),
        ('programs', '0001_schema'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='productorder',
            name='enrollment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='programs.enrollment', verbose_name='program'),
        ),
        migrations.AddField(
            model_name='productorder',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='patients.patient', verbose_name='patient'),
        ),
        migrations.AddField(
            model_name='productorder',
            name='practice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice'),
        ),
        migrations.AddField(
            model_name='productorder',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='catalog.product', verbose_name='product'),
        ),
        migrations.AddField(
            model_name='productorderevent',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='productorderevent',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='orders.productorder', verbose_name='order'),
        ),
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(fields=['practice', 'status', 'ordered_at', 'id'], name='order_practice'),
        ),
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(fields=['patient', 'ordered_at', 'id'], name='order_patient'),
        ),
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(condition=models.Q(('tracking_number', ''), _negated=True), fields=['tracking_number'], name='order_tracking'),
        ),
        migrations.AddConstraint(
            model_name='productorder',
            constraint=models.UniqueConstraint(condition=models.Q(('enrollment__isnull', False)), fields=('enrollment', 'product'), name='order_unique_bundle', violation_error_message='This program already has an order of this product.'),
        ),
        migrations.AddConstraint(
            model_name='productorder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('enrollment__isnull', True), ('unit_price__isnull', False)), models.Q(('enrollment__isnull', False), ('unit_price__isnull', True)), _connector='OR'), name='order_price_null_iff_bundled'),
        ),
        migrations.AddConstraint(
            model_name='productorder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['shipped', 'delivered']), _negated=True), models.Q(('tracking_number', ''), _negated=True), _connector='OR'), name='order_shipped_has_tracking', violation_error_message='A shipped order has a tracking number.'),
        ),
        migrations.AddConstraint(
            model_name='productorder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at', None), ('confirmed_at', None), ('delivered_at', None), ('shipped_at', None), ('status', 'pending')), models.Q(('cancelled_at', None), ('confirmed_at__isnull', False), ('delivered_at', None), ('shipped_at', None), ('status', 'confirmed')), models.Q(('cancelled_at', None), ('confirmed_at__isnull', False), ('delivered_at', None), ('shipped_at__isnull', False), ('status', 'shipped')), models.Q(('cancelled_at', None), ('confirmed_at__isnull', False), ('delivered_at__isnull', False), ('shipped_at__isnull', False), ('status', 'delivered')), models.Q(('cancelled_at__isnull', False), ('delivered_at', None), ('shipped_at', None), ('status', 'cancelled')), _connector='OR'), name='order_times_match_status'),
        ),
        migrations.AddConstraint(
            model_name='productorder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ordered_at__isnull', True), ('confirmed_at__isnull', True), ('ordered_at__lte', models.F('confirmed_at')), _connector='OR'), models.Q(('confirmed_at__isnull', True), ('shipped_at__isnull', True), ('confirmed_at__lte', models.F('shipped_at')), _connector='OR'), models.Q(('shipped_at__isnull', True), ('delivered_at__isnull', True), ('shipped_at__lte', models.F('delivered_at')), _connector='OR'), models.Q(('confirmed_at__isnull', True), ('cancelled_at__isnull', True), ('confirmed_at__lte', models.F('cancelled_at')), _connector='OR')), name='order_times_in_order'),
        ),
        migrations.AddConstraint(
            model_name='productorder',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1), ('quantity__isnull', True), _connector='OR'), name='order_quantity_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='productorder',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'])), name='order_status_known'),
        ),
        migrations.AddIndex(
            model_name='productorderevent',
            index=models.Index(fields=['order', 'at'], name='order_event_order'),
        ),
        migrations.AddConstraint(
            model_name='productorderevent',
            constraint=core.append_only.AppendOnly(name='order_event_append_only'),
        ),
        migrations.AddConstraint(
            model_name='productorderevent',
            constraint=models.CheckConstraint(condition=models.Q(('to_status__in', ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'])), name='order_event_to_status_known'),
        ),
    ]
