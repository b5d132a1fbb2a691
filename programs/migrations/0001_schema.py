import core.iso
import core.money
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
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SessionMovement',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('grant', 'Granted'), ('consume', 'Used'), ('restore', 'Given back'), ('forfeit', 'Forfeited'), ('release', 'Released'), ('adjust', 'Adjusted')], max_length=8, verbose_name='what')),
                ('quantity', models.IntegerField(verbose_name='sessions')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'session movement',
                'verbose_name_plural': 'session movements',
            },
        ),
        migrations.CreateModel(
            name='ServicePlan',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
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
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='service_plans', to='directory.organization', verbose_name='organization')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='catalog.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'service plan',
                'verbose_name_plural': 'service plans',
            },
        ),
        migrations.CreateModel(
            name='Enrollment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('status', models.CharField(choices=[('active', 'Active'), ('completed', 'Completed'), ('expired', 'Expired'), ('cancelled', 'Cancelled')], db_default='active', default='active', editable=False, max_length=10, verbose_name='status')),
                ('name', models.CharField(editable=False, max_length=255, verbose_name='name')),
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
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrollments', to='patients.patient', verbose_name='patient')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.practice', verbose_name='practice')),
                ('service', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='enrollments', to='catalog.service', verbose_name='service')),
                ('service_plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrollments', to='programs.serviceplan', verbose_name='service plan')),
            ],
            options={
                'verbose_name': 'program',
                'verbose_name_plural': 'programs',
            },
        ),
        migrations.CreateModel(
            name='ServicePlanProduct',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('quantity', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='quantity')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product', verbose_name='product')),
                ('service_plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bundled_products', to='programs.serviceplan', verbose_name='plan')),
            ],
            options={
                'verbose_name': 'bundled product',
                'verbose_name_plural': 'bundled products',
            },
        ),
    ]
