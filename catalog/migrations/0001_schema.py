import core.iso
import core.money
import django.core.validators
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Brand',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'brand',
                'verbose_name_plural': 'brands',
            },
        ),
        migrations.CreateModel(
            name='FormTemplate',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'form template',
                'verbose_name_plural': 'form templates',
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
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
            },
        ),
        migrations.CreateModel(
            name='ProductCategory',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'product category',
                'verbose_name_plural': 'product categories',
            },
        ),
        migrations.CreateModel(
            name='ProductType',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('category', models.CharField(blank=True, max_length=255, verbose_name='category')),
            ],
            options={
                'verbose_name': 'product type',
                'verbose_name_plural': 'product types',
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('slug', models.SlugField(db_index=False, max_length=255, verbose_name='slug')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('code', models.CharField(blank=True, max_length=50, verbose_name='code')),
                ('category', models.CharField(choices=[('consultation', 'Consultation'), ('therapy', 'Therapy'), ('examination', 'Examination'), ('procedure', 'Procedure')], max_length=50, verbose_name='category')),
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
            },
        ),
        migrations.CreateModel(
            name='ServiceAttachment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('file', models.FileField(max_length=255, upload_to='', verbose_name='file')),
                ('file_name', models.CharField(editable=False, max_length=255, verbose_name='name')),
                ('file_type', models.CharField(editable=False, max_length=100, verbose_name='content type')),
                ('file_size', models.PositiveIntegerField(editable=False, verbose_name='size')),
                ('sha256', models.CharField(editable=False, max_length=64)),
            ],
            options={
                'verbose_name': 'attachment',
                'verbose_name_plural': 'attachments',
            },
        ),
        migrations.CreateModel(
            name='ServiceForm',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('form_type', models.CharField(max_length=32, verbose_name='kind')),
                ('sort_order', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
            ],
            options={
                'verbose_name': 'form of the service',
                'verbose_name_plural': 'forms of the service',
            },
        ),
        migrations.CreateModel(
            name='ServiceProduct',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('quantity', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='quantity')),
            ],
            options={
                'verbose_name': 'product used',
                'verbose_name_plural': 'products used',
            },
        ),
        migrations.CreateModel(
            name='ServiceSession',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('session_order', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='session')),
                ('session_type', models.CharField(db_default='control', default='control', max_length=32, verbose_name='kind')),
                ('offset_days', models.PositiveIntegerField(verbose_name='days after the first')),
                ('next_gap_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='days until the next')),
            ],
            options={
                'verbose_name': 'session of the protocol',
                'verbose_name_plural': 'sessions of the protocol',
            },
        ),
        migrations.CreateModel(
            name='ServiceSpecialist',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('is_active', models.BooleanField(db_default=True, default=True, verbose_name='offers it now')),
                ('custom_price', core.money.MoneyField(blank=True, decimal_places=2, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='own price')),
                ('priority', models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name='priority')),
            ],
            options={
                'verbose_name': 'specialist of the service',
                'verbose_name_plural': 'specialists of the service',
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('code', models.CharField(max_length=16, verbose_name='code')),
            ],
            options={
                'verbose_name': 'unit',
                'verbose_name_plural': 'units',
            },
        ),
    ]
