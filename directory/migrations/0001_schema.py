import core.iso
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('catalog', '0001_schema'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
            },
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('hosts', models.JSONField(blank=True, default=list, help_text='Host names under which visitors see this organization.', verbose_name='hosts')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'organization',
                'verbose_name_plural': 'organizations',
            },
        ),
        migrations.CreateModel(
            name='Color',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(blank=True, max_length=50, verbose_name='name')),
                ('background_color', models.CharField(max_length=6, validators=[django.core.validators.RegexValidator('^[0-9a-fA-F]{6}\\Z', 'A color is six hexadecimal digits without #.')], verbose_name='background')),
                ('text_color', models.CharField(max_length=6, validators=[django.core.validators.RegexValidator('^[0-9a-fA-F]{6}\\Z', 'A color is six hexadecimal digits without #.')], verbose_name='text')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
            ],
            options={
                'verbose_name': 'color',
                'verbose_name_plural': 'colors',
            },
        ),
        migrations.CreateModel(
            name='Practice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('display_name', models.CharField(blank=True, max_length=255, verbose_name='display name')),
                ('address_1', models.CharField(blank=True, max_length=255, verbose_name='address')),
                ('address_2', models.CharField(blank=True, max_length=255, verbose_name='address, second line')),
                ('city', models.CharField(blank=True, max_length=255, verbose_name='city')),
                ('state', models.CharField(blank=True, max_length=255, verbose_name='state')),
                ('post_code', models.CharField(blank=True, max_length=20, verbose_name='post code')),
                ('country_code', models.CharField(blank=True, max_length=2, validators=[core.iso.check_country], verbose_name='country')),
                ('time_zone', models.CharField(max_length=63, validators=[core.iso.check_time_zone], verbose_name='time zone')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('contact_information', models.TextField(blank=True, verbose_name='contact')),
                ('additional_information', models.TextField(blank=True, max_length=5000, verbose_name='additional information')),
                ('additional_invoice_information', models.TextField(blank=True, max_length=5000, verbose_name='additional text on invoices')),
                ('website_address', models.URLField(blank=True, max_length=500, verbose_name='web site')),
                ('email_reply_to', models.EmailField(blank=True, max_length=254, verbose_name='reply-to e-mail')),
                ('registration_name', models.CharField(blank=True, max_length=255, verbose_name='registered as')),
                ('registration_value', models.CharField(blank=True, max_length=255, verbose_name='registration number')),
                ('reminders_enabled', models.BooleanField(db_default=True, default=True, verbose_name='sends reminders')),
                ('show_in_online_bookings', models.BooleanField(db_default=True, default=True, verbose_name='open to online bookings')),
                ('notice_hours', models.PositiveSmallIntegerField(db_default=24, default=24, help_text='Patients may cancel or move until then; later is late.', verbose_name='notice, hours')),
                ('booking_horizon_months', models.PositiveSmallIntegerField(db_default=12, default=12, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='booked online so many months ahead')),
                ('no_show_forfeits', models.BooleanField(db_default=False, default=False, verbose_name='a no-show uses up the session')),
                ('late_cancel_forfeits', models.BooleanField(db_default=False, default=False, verbose_name="a patient's late cancellation uses up the session")),
                ('holiday_calendar', models.CharField(blank=True, max_length=16, verbose_name='holiday calendar')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='practices', to='directory.organization', verbose_name='organization')),
            ],
            options={
                'verbose_name': 'practice',
                'verbose_name_plural': 'practices',
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('role', models.CharField(choices=[('clinic_admin', 'Clinic admin'), ('front_desk', 'Front desk'), ('specialist', 'Specialist')], max_length=16, verbose_name='role')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='directory.practice', verbose_name='practice')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('label', models.CharField(blank=True, max_length=100, verbose_name='label')),
                ('scopes', models.JSONField(blank=True, default=list, verbose_name='only for scopes')),
                ('prefix', models.CharField(editable=False, max_length=12, verbose_name='begins with')),
                ('key_hash', models.CharField(editable=False, max_length=64)),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked')),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last used')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('practice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.practice', verbose_name='only for practice')),
            ],
            options={
                'verbose_name': 'API key',
                'verbose_name_plural': 'API keys',
            },
        ),
        migrations.CreateModel(
            name='Resource',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('kind', models.CharField(choices=[('person', 'Person'), ('room', 'Room'), ('patient', 'Patient')], max_length=8, verbose_name='kind')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['person', 'room', 'patient'])), name='resource_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='Room',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('is_active', models.BooleanField(db_default=True, default=True, verbose_name='in use')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='directory.practice', verbose_name='practice')),
                ('resource', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='room', to='directory.resource')),
            ],
            options={
                'verbose_name': 'room',
                'verbose_name_plural': 'rooms',
            },
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('account', models.CharField(max_length=150, verbose_name='account')),
                ('address', models.GenericIPAddressField(blank=True, null=True, verbose_name='address')),
                ('agent', models.CharField(blank=True, max_length=255, verbose_name='browser')),
                ('browser', models.CharField(blank=True, max_length=32)),
                ('outcome', models.CharField(choices=[('wrong', 'Wrong'), ('right', 'Signed in'), ('refused', 'Too many tries')], default='wrong', max_length=8, verbose_name='outcome')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'sign-in',
                'verbose_name_plural': 'sign-ins',
            },
        ),
        migrations.CreateModel(
            name='Specialist',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('first_name', models.CharField(max_length=255, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=255, verbose_name='last name')),
                ('title', models.CharField(blank=True, max_length=50, verbose_name='title')),
                ('designation', models.CharField(blank=True, max_length=255, verbose_name='designation')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('italian_fiscal_code', models.CharField(blank=True, max_length=16, verbose_name='Italian fiscal code')),
                ('sequence_number', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
                ('scheduling_active', models.BooleanField(db_default=True, default=True, verbose_name='takes appointments')),
                ('show_in_online_bookings', models.BooleanField(db_default=True, default=True, verbose_name='open to online bookings')),
                ('telehealth_url', models.URLField(blank=True, max_length=500, verbose_name='telehealth link')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('default_service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.service', verbose_name='default service')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='specialists', to='directory.organization', verbose_name='organization')),
                ('resource', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='specialist', to='directory.resource')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='specialists', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'specialist',
                'verbose_name_plural': 'specialists',
            },
        ),
        migrations.CreateModel(
            name='SpecialistPractice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.practice', verbose_name='practice')),
                ('specialist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='works_at', to='directory.specialist', verbose_name='specialist')),
            ],
            options={
                'verbose_name': 'practice they work at',
                'verbose_name_plural': 'practices they work at',
            },
        ),
        migrations.AddField(
            model_name='specialist',
            name='practices',
            field=models.ManyToManyField(related_name='specialists', through='directory.SpecialistPractice', to='directory.practice'),
        ),
        migrations.CreateModel(
            name='Specialty',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('sequence_number', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
            ],
            options={
                'verbose_name': 'specialty',
                'verbose_name_plural': 'specialties',
            },
        ),
        migrations.AddField(
            model_name='specialist',
            name='specialty',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='specialists', to='directory.specialty', verbose_name='specialty'),
        ),
        migrations.AddConstraint(
            model_name='practice',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='practice_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['practice', 'role'], name='membership_practice_role'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'practice'), name='membership_unique'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['clinic_admin', 'front_desk', 'specialist'])), name='membership_role_known'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.UniqueConstraint(fields=('key_hash',), name='api_key_unique'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('practice', 'name'), name='room_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(fields=['account', 'at'], name='sign_in_account'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(fields=['address', 'at'], name='sign_in_address'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(fields=['at', 'id'], name='sign_in_at'),
        ),
        migrations.AddConstraint(
            model_name='signin',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['wrong', 'right', 'refused'])), name='sign_in_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='specialistpractice',
            constraint=models.UniqueConstraint(fields=('specialist', 'practice'), name='specialist_practice_unique'),
        ),
        migrations.AddConstraint(
            model_name='specialty',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='specialty_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='specialist',
            index=models.Index(fields=['organization', 'last_name', 'first_name', 'id'], name='specialist_name'),
        ),
        migrations.AddConstraint(
            model_name='specialist',
            constraint=models.UniqueConstraint(fields=('organization', 'user'), name='specialist_unique_user'),
        ),
    ]
