import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_schema'),
        ('directory', '0001_schema'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='brand',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='formtemplate',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='product',
            name='brand',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.brand', verbose_name='brand'),
        ),
        migrations.AddField(
            model_name='product',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='productcategory',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='product',
            name='category',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.productcategory', verbose_name='category'),
        ),
        migrations.AddField(
            model_name='producttype',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='product',
            name='product_type',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.producttype', verbose_name='type'),
        ),
        migrations.AddField(
            model_name='service',
            name='color',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.color', verbose_name='color'),
        ),
        migrations.AddField(
            model_name='service',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='service',
            name='specialty',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialty', verbose_name='specialty'),
        ),
        migrations.AddField(
            model_name='serviceattachment',
            name='created_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='serviceattachment',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='catalog.service', verbose_name='service'),
        ),
        migrations.AddField(
            model_name='serviceform',
            name='form_template',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.formtemplate', verbose_name='form'),
        ),
        migrations.AddField(
            model_name='serviceform',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='forms', to='catalog.service', verbose_name='service'),
        ),
        migrations.AddField(
            model_name='serviceproduct',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product', verbose_name='product'),
        ),
        migrations.AddField(
            model_name='serviceproduct',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='products', to='catalog.service', verbose_name='service'),
        ),
        migrations.AddField(
            model_name='servicesession',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='catalog.service', verbose_name='service'),
        ),
        migrations.AddField(
            model_name='servicespecialist',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='catalog.service', verbose_name='service'),
        ),
        migrations.AddField(
            model_name='servicespecialist',
            name='specialist',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='directory.specialist', verbose_name='specialist'),
        ),
        migrations.AddField(
            model_name='unit',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='product',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.unit', verbose_name='unit'),
        ),
        migrations.AddConstraint(
            model_name='brand',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='brand_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddConstraint(
            model_name='formtemplate',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='form_template_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddConstraint(
            model_name='productcategory',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='product_category_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddConstraint(
            model_name='producttype',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='product_type_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='service',
            index=models.Index(fields=['organization', 'published', 'is_public', 'id'], name='service_published'),
        ),
        migrations.AddIndex(
            model_name='service',
            index=models.Index(fields=['organization', 'category'], name='service_category'),
        ),
        migrations.AddIndex(
            model_name='service',
            index=models.Index(fields=['organization', 'code'], name='service_code'),
        ),
        migrations.AddIndex(
            model_name='service',
            index=models.Index(fields=['organization', 'specialty'], name='service_specialty'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.UniqueConstraint(fields=('organization', 'slug'), name='service_unique_slug', violation_error_message='There is already a service with this slug.'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.CheckConstraint(condition=models.Q(('duration_minutes__gte', 1), ('duration_minutes__lte', 1439)), name='service_duration'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.CheckConstraint(condition=models.Q(('base_price__gte', 0), ('base_price__isnull', True), _connector='OR'), name='service_base_price_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.CheckConstraint(condition=models.Q(('vat_percentage__gte', 0), ('vat_percentage__lte', 100)), name='service_vat_percentage_percent'),
        ),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.CheckConstraint(condition=models.Q(('category__in', ['consultation', 'therapy', 'examination', 'procedure'])), name='service_category_known'),
        ),
        migrations.AddConstraint(
            model_name='serviceform',
            constraint=models.UniqueConstraint(fields=('service', 'form_template'), name='service_form_unique', violation_error_message='The service already has this form.'),
        ),
        migrations.AddConstraint(
            model_name='serviceproduct',
            constraint=models.UniqueConstraint(fields=('service', 'product'), name='service_product_unique'),
        ),
        migrations.AddConstraint(
            model_name='serviceproduct',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1), ('quantity__isnull', True), _connector='OR'), name='service_product_quantity_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='servicesession',
            constraint=models.UniqueConstraint(fields=('service', 'session_order'), name='service_session_unique'),
        ),
        migrations.AddConstraint(
            model_name='servicesession',
            constraint=models.CheckConstraint(condition=models.Q(('session_order__gte', 1), ('session_order__isnull', True), _connector='OR'), name='service_session_session_order_at_least_1'),
        ),
        migrations.AddIndex(
            model_name='servicespecialist',
            index=models.Index(fields=['specialist', 'is_active'], name='service_specialist_active'),
        ),
        migrations.AddConstraint(
            model_name='servicespecialist',
            constraint=models.UniqueConstraint(fields=('service', 'specialist'), name='service_specialist_unique', violation_error_message='This specialist already offers the service.'),
        ),
        migrations.AddConstraint(
            model_name='servicespecialist',
            constraint=models.CheckConstraint(condition=models.Q(('custom_price__gte', 0), ('custom_price__isnull', True), _connector='OR'), name='service_specialist_custom_price_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='unit',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='unit_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(fields=['organization', 'is_active', 'id'], name='product_active'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(fields=['barcode'], name='product_barcode'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.UniqueConstraint(fields=('organization', 'slug'), name='product_unique_slug', violation_error_message='There is already a product with this slug.'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('price__gte', 0), ('price__isnull', True), _connector='OR'), name='product_price_at_least_0'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('tax_rate__gte', 0), ('tax_rate__lte', 100)), name='product_tax_rate_percent'),
        ),
    ]
