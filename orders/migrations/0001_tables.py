import core.append_only
import core.iso
import core.money
import core.plain_text
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # The migrations that made the same tables before the first release.
    replaces = [('orders', name) for name in (
        '0001_schema',
        '0002_references',
        '0003_order_lists',
        '0004_plain_tracking_numbers',
        '0005_lists_of_few_orders',
        '0006_status_in_order_of_placing',
        '0007_orders_as_delivered',
    )]

    initial = True

    dependencies = [
        ('catalog', '0001_tables'),
        ('directory', '0001_tables'),
        ('patients', '0001_tables'),
        ('programs', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProductOrder',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='patients.patient', verbose_name='patient')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='catalog.product', verbose_name='product')),
                ('product_name', models.CharField(editable=False, max_length=255, verbose_name='product as ordered')),
                ('enrollment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='programs.enrollment', verbose_name='program')),
                ('quantity', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='quantity')),
                ('unit_price', core.money.MoneyField(blank=True, decimal_places=2, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='unit price')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('confirmed', 'Confirmed'), ('shipped', 'Shipped'), ('delivered', 'Delivered'), ('cancelled', 'Cancelled')], db_default='pending', default='pending', editable=False, max_length=10, verbose_name='status')),
                ('notes', models.TextField(blank=True, verbose_name='notes')),
                ('ordered_at', models.DateTimeField(editable=False, verbose_name='ordered')),
                ('confirmed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='confirmed')),
                ('shipped_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='shipped')),
                ('delivered_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='delivered')),
                ('cancelled_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='cancelled')),
                ('tracking_number', core.plain_text.PlainTextField(blank=True, editable=False, max_length=100, verbose_name='tracking number')),
                ('cancellation_reason', models.TextField(blank=True, editable=False, verbose_name='why cancelled')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'product order',
                'verbose_name_plural': 'product orders',
                'indexes': [models.Index(fields=['practice', 'status', 'ordered_at', 'id'], name='order_practice'), models.Index(fields=['practice', 'ordered_at', 'id'], name='order_practice_ordered'), models.Index(fields=['ordered_at', 'id'], name='order_ordered'), models.Index(fields=['status', 'ordered_at', 'id'], name='order_status'), models.Index(fields=['status', 'id'], name='order_status_placed'), models.Index(condition=models.Q(models.Q(('status', 'delivered'), _negated=True), models.Q(('status', 'cancelled'), _negated=True)), fields=['ordered_at', 'id'], name='order_on_the_way'), models.Index(condition=models.Q(('enrollment__isnull', False)), fields=['ordered_at', 'id'], name='order_bundled'), models.Index(condition=models.Q(('status', 'delivered')), fields=['practice', 'delivered_at', 'id'], name='order_delivered'), models.Index(fields=['updated_at', 'id'], name='order_updated'), models.Index(fields=['patient', 'ordered_at', 'id'], name='order_patient'), models.Index(condition=models.Q(('tracking_number', ''), _negated=True), fields=['tracking_number'], name='order_tracking')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('enrollment__isnull', False)), fields=('enrollment', 'product'), name='order_unique_bundle', violation_error_message='This program already has an order of this product.'), models.CheckConstraint(condition=models.Q(models.Q(('enrollment__isnull', True), ('unit_price__isnull', False)), models.Q(('enrollment__isnull', False), ('unit_price__isnull', True)), _connector='OR'), name='order_price_null_iff_bundled'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['shipped', 'delivered']), _negated=True), models.Q(('tracking_number', ''), _negated=True), _connector='OR'), name='order_shipped_has_tracking', violation_error_message='A shipped order has a tracking number.'), models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at', None), ('confirmed_at', None), ('delivered_at', None), ('shipped_at', None), ('status', 'pending')), models.Q(('cancelled_at', None), ('confirmed_at__isnull', False), ('delivered_at', None), ('shipped_at', None), ('status', 'confirmed')), models.Q(('cancelled_at', None), ('confirmed_at__isnull', False), ('delivered_at', None), ('shipped_at__isnull', False), ('status', 'shipped')), models.Q(('cancelled_at', None), ('confirmed_at__isnull', False), ('delivered_at__isnull', False), ('shipped_at__isnull', False), ('status', 'delivered')), models.Q(('cancelled_at__isnull', False), ('delivered_at', None), ('shipped_at', None), ('status', 'cancelled')), _connector='OR'), name='order_times_match_status'), models.CheckConstraint(condition=models.Q(models.Q(('ordered_at__isnull', True), ('confirmed_at__isnull', True), ('ordered_at__lte', models.F('confirmed_at')), _connector='OR'), models.Q(('confirmed_at__isnull', True), ('shipped_at__isnull', True), ('confirmed_at__lte', models.F('shipped_at')), _connector='OR'), models.Q(('shipped_at__isnull', True), ('delivered_at__isnull', True), ('shipped_at__lte', models.F('delivered_at')), _connector='OR'), models.Q(('confirmed_at__isnull', True), ('cancelled_at__isnull', True), ('confirmed_at__lte', models.F('cancelled_at')), _connector='OR')), name='order_times_in_order'), models.CheckConstraint(condition=models.Q(('quantity__gte', 1), ('quantity__isnull', True), _connector='OR'), name='order_quantity_at_least_1'), models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'])), name='order_status_known')],
            },
        ),
        migrations.CreateModel(
            name='ProductOrderEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='orders.productorder', verbose_name='order')),
                ('from_status', models.CharField(blank=True, max_length=10, verbose_name='from')),
                ('to_status', models.CharField(choices=[('pending', 'Pending'), ('confirmed', 'Confirmed'), ('shipped', 'Shipped'), ('delivered', 'Delivered'), ('cancelled', 'Cancelled')], max_length=10, verbose_name='to')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'step of an order',
                'verbose_name_plural': 'steps of an order',
                'indexes': [models.Index(fields=['order', 'at'], name='order_event_order')],
                'constraints': [core.append_only.AppendOnly(name='order_event_append_only'), models.CheckConstraint(condition=models.Q(('to_status__in', ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'])), name='order_event_to_status_known')],
            },
        ),
    ]
