import core.iso
import core.money
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # The migrations that made the same tables before the first release.
    replaces = [('catalog', name) for name in (
        '0001_schema',
        '0002_references',
    )]

    initial = True

    dependencies = [
        ('directory', '0001_tables'),
        # After the library's last one, for speed alone: each of its steps would render our models, too (decision 21).
        ('oauth2_provider', '0022_refreshtoken_token_family_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='Brand',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'brand',
                'verbose_name_plural': 'brands',
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='brand_unique_live_name', violation_error_message='There is already one with this name.')],
            },
        ),
        migrations.CreateModel(
            name='ProductType',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('category', models.CharField(blank=True, max_length=255, verbose_name='category')),
            ],
            options={
                'verbose_name': 'product type',
                'verbose_name_plural': 'product types',
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='product_type_unique_live_name', violation_error_message='There is already one with this name.')],
            },
        ),
        migrations.CreateModel(
            name='ProductCategory',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'product category',
                'verbose_name_plural': 'product categories',
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='product_category_unique_live_name', violation_error_message='There is already one with this name.')],
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('code', models.CharField(max_length=16, verbose_name='code')),
            ],
            options={
                'verbose_name': 'unit',
                'verbose_name_plural': 'units',
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='unit_unique_live_name', violation_error_message='There is already one with this name.')],
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='directory.organization', verbose_name='organization')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('slug', models.SlugField(db_index=False, max_length=255, verbose_name='slug')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('code', models.CharField(blank=True, max_length=50, verbose_name='code')),
                ('category', models.CharField(choices=[('consultation', 'Consultation'), ('therapy', 'Therapy'), ('examination', 'Examination'), ('procedure', 'Procedure')], max_length=50, verbose_name='category')),
                ('specialty', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialty', verbose_name='specialty')),
                ('color', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.color', verbose_name='color')),
                ('duration_minutes', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1439)], verbose_name='minutes')),
                ('buffer_minutes', models.PositiveSmallIntegerField(db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(1439)], verbose_name='pause after, minutes')),
                ('buffer_before_minutes', models.PositiveSmallIntegerField(db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(1439)], verbose_name='pause before, minutes')),
                ('base_price', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('vat_percentage', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='tax, %')),
                ('vat_exemption', models.CharField(blank=True, max_length=255, verbose_name='why without tax')),
                ('is_addon', models.BooleanField(db_default=False, default=False, verbose_name='add-on')),
                ('is_public', models.BooleanField(db_default=False, default=False, verbose_name='patients see it')),
                ('published', models.BooleanField(db_default=False, default=False, verbose_name='published')),
                ('cover_url', models.URLField(blank=True, max_length=500, verbose_name='cover picture')),
                ('video_url', models.URLField(blank=True, max_length=500, verbose_name='video')),
                ('telehealth_enabled', models.BooleanField(db_default=False, default=False, verbose_name='telehealth')),
                ('max_attendees', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='attendees')),
                ('booking_lead_hours', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='booked ahead, hours')),
                ('sequence_number', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'service',
                'verbose_name_plural': 'services',
                'indexes': [models.Index(fields=['organization', 'published', 'is_public', 'id'], name='service_published'), models.Index(fields=['organization', 'category'], name='service_category'), models.Index(fields=['organization', 'code'], name='service_code'), models.Index(fields=['organization', 'specialty'], name='service_specialty')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'slug'), name='service_unique_slug', violation_error_message='There is already a service with this slug.'), models.CheckConstraint(condition=models.Q(('duration_minutes__gte', 1), ('duration_minutes__lte', 1439)), name='service_duration'), models.CheckConstraint(condition=models.Q(('base_price__gte', 0), ('base_price__isnull', True), _connector='OR'), name='service_base_price_at_least_0'), models.CheckConstraint(condition=models.Q(('vat_percentage__gte', 0), ('vat_percentage__lte', 100)), name='service_vat_percentage_percent'), models.CheckConstraint(condition=models.Q(('category__in', ['consultation', 'therapy', 'examination', 'procedure'])), name='service_category_known')],
            },
        ),
        migrations.CreateModel(
            name='FormTemplate',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'form template',
                'verbose_name_plural': 'form templates',
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='form_template_unique_live_name', violation_error_message='There is already one with this name.')],
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='directory.organization', verbose_name='organization')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('slug', models.SlugField(db_index=False, max_length=255, verbose_name='slug')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('full_name', models.CharField(blank=True, max_length=255, verbose_name='full name')),
                ('invoice_name', models.CharField(blank=True, max_length=255, verbose_name='name on invoices')),
                ('price', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('tax_rate', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='tax, %')),
                ('vat_exemption', models.CharField(blank=True, max_length=255, verbose_name='why without tax')),
                ('is_active', models.BooleanField(db_default=True, default=True, verbose_name='on sale')),
                ('brand', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.brand', verbose_name='brand')),
                ('product_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.producttype', verbose_name='type')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.productcategory', verbose_name='category')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.unit', verbose_name='unit')),
                ('barcode', models.CharField(blank=True, max_length=64, verbose_name='barcode')),
                ('box_quantity', models.CharField(blank=True, max_length=32, verbose_name='pieces in a box')),
                ('unit_volume', models.CharField(blank=True, max_length=32, verbose_name='volume of one')),
                ('critical_stock_level', models.PositiveIntegerField(blank=True, null=True, verbose_name='low below')),
                ('stock_level', models.IntegerField(blank=True, null=True, verbose_name='in stock')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'product',
                'verbose_name_plural': 'products',
                'indexes': [models.Index(fields=['organization', 'is_active', 'id'], name='product_active'), models.Index(fields=['barcode'], name='product_barcode')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'slug'), name='product_unique_slug', violation_error_message='There is already a product with this slug.'), models.CheckConstraint(condition=models.Q(('price__gte', 0), ('price__isnull', True), _connector='OR'), name='product_price_at_least_0'), models.CheckConstraint(condition=models.Q(('tax_rate__gte', 0), ('tax_rate__lte', 100)), name='product_tax_rate_percent')],
            },
        ),
        migrations.CreateModel(
            name='ServiceSpecialist',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='catalog.service', verbose_name='service')),
                ('specialist', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='directory.specialist', verbose_name='specialist')),
                ('is_active', models.BooleanField(db_default=True, default=True, verbose_name='offers it now')),
                ('custom_price', core.money.MoneyField(blank=True, decimal_places=2, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='own price')),
                ('priority', models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name='priority')),
            ],
            options={
                'verbose_name': 'specialist of the service',
                'verbose_name_plural': 'specialists of the service',
                'indexes': [models.Index(fields=['specialist', 'is_active'], name='service_specialist_active')],
                'constraints': [models.UniqueConstraint(fields=('service', 'specialist'), name='service_specialist_unique', violation_error_message='This specialist already offers the service.'), models.CheckConstraint(condition=models.Q(('custom_price__gte', 0), ('custom_price__isnull', True), _connector='OR'), name='service_specialist_custom_price_at_least_0')],
            },
        ),
        migrations.CreateModel(
            name='ServiceForm',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='forms', to='catalog.service', verbose_name='service')),
                ('form_template', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.formtemplate', verbose_name='form')),
                ('form_type', models.CharField(max_length=32, verbose_name='kind')),
                ('sort_order', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
            ],
            options={
                'verbose_name': 'form of the service',
                'verbose_name_plural': 'forms of the service',
                'constraints': [models.UniqueConstraint(fields=('service', 'form_template'), name='service_form_unique', violation_error_message='The service already has this form.')],
            },
        ),
        migrations.CreateModel(
            name='ServiceAttachment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='catalog.service', verbose_name='service')),
                ('file', models.FileField(max_length=255, upload_to='', verbose_name='file')),
                ('file_name', models.CharField(editable=False, max_length=255, verbose_name='name')),
                ('file_type', models.CharField(editable=False, max_length=100, verbose_name='content type')),
                ('file_size', models.PositiveIntegerField(editable=False, verbose_name='size')),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'attachment',
                'verbose_name_plural': 'attachments',
            },
        ),
        migrations.CreateModel(
            name='ServiceSession',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='catalog.service', verbose_name='service')),
                ('session_order', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='session')),
                ('session_type', models.CharField(db_default='control', default='control', max_length=32, verbose_name='kind')),
                ('offset_days', models.PositiveIntegerField(verbose_name='days after the first')),
                ('next_gap_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='days until the next')),
            ],
            options={
                'verbose_name': 'session of the protocol',
                'verbose_name_plural': 'sessions of the protocol',
                'constraints': [models.UniqueConstraint(fields=('service', 'session_order'), name='service_session_unique'), models.CheckConstraint(condition=models.Q(('session_order__gte', 1), ('session_order__isnull', True), _connector='OR'), name='service_session_session_order_at_least_1')],
            },
        ),
        migrations.CreateModel(
            name='ServiceProduct',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='products', to='catalog.service', verbose_name='service')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product', verbose_name='product')),
                ('quantity', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='quantity')),
            ],
            options={
                'verbose_name': 'product used',
                'verbose_name_plural': 'products used',
                'constraints': [models.UniqueConstraint(fields=('service', 'product'), name='service_product_unique'), models.CheckConstraint(condition=models.Q(('quantity__gte', 1), ('quantity__isnull', True), _connector='OR'), name='service_product_quantity_at_least_1')],
            },
        ),
    ]
