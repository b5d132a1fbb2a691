import core.iso
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('billing', '0001_schema'),
        ('directory', '0001_schema'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CustomField',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('object_type', models.CharField(choices=[('patient', 'Patient'), ('care_plan', 'Care plan')], max_length=16, verbose_name='describes')),
                ('label', models.CharField(max_length=255, verbose_name='label')),
                ('technical_name', models.CharField(max_length=64, validators=[django.core.validators.RegexValidator('^[a-zA-Z][a-zA-Z0-9_]*\\Z', 'Letters, digits and _ only, a letter first.')], verbose_name='technical name')),
                ('type', models.CharField(choices=[('single_line_text', 'Text'), ('number', 'Number'), ('date', 'Date'), ('single_checkbox', 'Yes or no'), ('dropdown', 'Choice')], max_length=32, verbose_name='holds')),
                ('choices', models.JSONField(blank=True, default=list, verbose_name='choices')),
                ('sequence_number', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='position')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
            ],
            options={
                'verbose_name': 'custom field',
                'verbose_name_plural': 'custom fields',
            },
        ),
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('first_name', models.CharField(blank=True, max_length=255, verbose_name='first name')),
                ('last_name', models.CharField(max_length=255, verbose_name='last name')),
                ('preferred_first_name', models.CharField(blank=True, max_length=255, verbose_name='preferred first name')),
                ('title', models.CharField(blank=True, max_length=50, verbose_name='title')),
                ('search_name', models.CharField(blank=True, editable=False, max_length=600)),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('avatar_url', models.URLField(blank=True, max_length=500, verbose_name='picture')),
                ('email_enabled', models.BooleanField(db_default=True, default=True, verbose_name='may be e-mailed')),
                ('receives_confirmation_emails', models.BooleanField(db_default=True, default=True, verbose_name='gets confirmations')),
                ('document_signature_email', models.BooleanField(db_default=True, default=True, verbose_name='signs by e-mail')),
                ('email_reminders', models.BooleanField(db_default=True, default=True, verbose_name='e-mail reminders')),
                ('sms_reminders', models.BooleanField(db_default=True, default=True, verbose_name='SMS reminders')),
                ('date_of_birth', models.DateField(blank=True, null=True, verbose_name='date of birth')),
                ('place_of_birth', models.CharField(blank=True, max_length=255, verbose_name='place of birth')),
                ('gender', models.CharField(blank=True, choices=[('male', 'Male'), ('female', 'Female'), ('other', 'Other')], max_length=16, verbose_name='gender')),
                ('gender_identity', models.CharField(blank=True, max_length=100, verbose_name='gender identity')),
                ('pronouns', models.JSONField(blank=True, null=True, verbose_name='pronouns')),
                ('address_1', models.CharField(blank=True, max_length=255, verbose_name='address')),
                ('address_2', models.CharField(blank=True, max_length=255, verbose_name='address, second line')),
                ('address_3', models.CharField(blank=True, max_length=255, verbose_name='address, third line')),
                ('city', models.CharField(blank=True, max_length=255, verbose_name='city')),
                ('state', models.CharField(blank=True, max_length=255, verbose_name='state')),
                ('post_code', models.CharField(blank=True, max_length=20, verbose_name='post code')),
                ('country_code', models.CharField(blank=True, max_length=2, validators=[core.iso.check_country], verbose_name='country')),
                ('time_zone', models.CharField(blank=True, max_length=63, validators=[core.iso.check_time_zone], verbose_name='time zone')),
                ('occupation', models.CharField(blank=True, max_length=255, verbose_name='occupation')),
                ('identity_number', models.CharField(blank=True, max_length=50, verbose_name='identity number')),
                ('italian_fiscal_code', models.CharField(blank=True, max_length=16, verbose_name='Italian fiscal code')),
                ('medicare', models.CharField(blank=True, max_length=20, verbose_name='Medicare number')),
                ('medicare_reference_number', models.CharField(blank=True, max_length=20, verbose_name='Medicare reference')),
                ('dva_card_number', models.CharField(blank=True, max_length=20, verbose_name='DVA card')),
                ('old_reference_id', models.CharField(blank=True, max_length=255, verbose_name='old reference')),
                ('yearly_numbering_year', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='numbering year')),
                ('yearly_numbering_number', models.PositiveIntegerField(blank=True, null=True, verbose_name='number in the year')),
                ('default_discount', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='discount, %')),
                ('emergency_contact', models.TextField(blank=True, verbose_name='emergency contact')),
                ('notes', models.TextField(blank=True, verbose_name='notes')),
                ('appointment_notes', models.TextField(blank=True, verbose_name='notes for appointments')),
                ('invoice_default_to', models.TextField(blank=True, verbose_name='invoice to')),
                ('invoice_email', models.EmailField(blank=True, max_length=254, verbose_name='invoice e-mail')),
                ('invoice_extra_information', models.TextField(blank=True, verbose_name='extra text on invoices')),
                ('accepted_privacy_policy', models.BooleanField(blank=True, null=True, verbose_name='accepted the privacy policy')),
                ('accepted_email_marketing', models.BooleanField(blank=True, null=True, verbose_name='accepts marketing by e-mail')),
                ('accepted_sms_marketing', models.BooleanField(blank=True, null=True, verbose_name='accepts marketing by SMS')),
                ('merged_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('anonymized_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('merged_into', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_from', to='patients.patient')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='directory.organization', verbose_name='organization')),
                ('price_list', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.pricelist', verbose_name='price list')),
                ('primary_specialist', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.specialist', verbose_name='primary specialist')),
                ('resource', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='patient', to='directory.resource')),
            ],
            options={
                'verbose_name': 'patient',
                'verbose_name_plural': 'patients',
            },
        ),
        migrations.CreateModel(
            name='DocumentFolder',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='folders', to='patients.patient', verbose_name='patient')),
            ],
            options={
                'verbose_name': 'document folder',
                'verbose_name_plural': 'document folders',
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('type', models.CharField(choices=[('text', 'Text'), ('xray', 'X-ray'), ('image', 'Image'), ('identification', 'Identification'), ('electronic_signature_patient_details', 'Signed patient details'), ('electronic_signature_patient_details_and_terms_and_conditions', 'Signed patient details and terms'), ('other', 'Other')], db_default='other', default='other', max_length=64, verbose_name='kind')),
                ('file', models.FileField(max_length=255, upload_to='', verbose_name='file')),
                ('content_type', models.CharField(editable=False, max_length=100, verbose_name='content type')),
                ('size', models.PositiveIntegerField(editable=False, verbose_name='size')),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('folder', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='patients.documentfolder', verbose_name='folder')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='patients.patient', verbose_name='patient')),
            ],
            options={
                'verbose_name': 'document',
                'verbose_name_plural': 'documents',
            },
        ),
        migrations.CreateModel(
            name='CustomFieldValue',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('value', models.CharField(max_length=500, verbose_name='value')),
                ('field', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='values', to='patients.customfield', verbose_name='field')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='custom_values', to='patients.patient', verbose_name='patient')),
            ],
            options={
                'verbose_name': 'custom value',
                'verbose_name_plural': 'custom values',
            },
        ),
        migrations.CreateModel(
            name='PatientAccess',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('relation', models.CharField(choices=[('self', 'Self'), ('parent', 'Parent'), ('guardian', 'Guardian'), ('carer', 'Carer')], db_default='self', default='self', max_length=16, verbose_name='relation')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='access', to='patients.patient', verbose_name='patient')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='patient_access', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'access to a patient',
                'verbose_name_plural': 'access to patients',
            },
        ),
        migrations.CreateModel(
            name='PatientCase',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cases', to='patients.patient', verbose_name='patient')),
            ],
            options={
                'verbose_name': 'case',
                'verbose_name_plural': 'cases',
            },
        ),
        migrations.CreateModel(
            name='PatientSource',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.organization', verbose_name='organization')),
            ],
            options={
                'verbose_name': 'patient source',
                'verbose_name_plural': 'patient sources',
            },
        ),
        migrations.AddField(
            model_name='patient',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.patientsource', verbose_name='heard of us through'),
        ),
        migrations.CreateModel(
            name='PhoneNumber',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('prefix', models.CharField(blank=True, max_length=6, verbose_name='prefix')),
                ('number', models.CharField(max_length=32, verbose_name='number')),
                ('label', models.CharField(blank=True, max_length=50, verbose_name='label')),
                ('sms_enabled', models.BooleanField(db_default=False, default=False, verbose_name='may be texted')),
                ('phone_type', models.CharField(choices=[('fax', 'Fax'), ('home', 'Home'), ('mobile', 'Mobile'), ('other', 'Other'), ('work', 'Work')], db_default='mobile', default='mobile', max_length=8, verbose_name='kind')),
                ('e164', models.CharField(blank=True, editable=False, max_length=16)),
                ('digits', models.CharField(blank=True, editable=False, max_length=40)),
                ('position', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phone_numbers', to='patients.patient', verbose_name='patient')),
            ],
            options={
                'verbose_name': 'phone number',
                'verbose_name_plural': 'phone numbers',
            },
        ),
        migrations.AddConstraint(
            model_name='customfield',
            constraint=models.UniqueConstraint(fields=('organization', 'object_type', 'technical_name'), name='custom_field_unique_name'),
        ),
        migrations.AddConstraint(
            model_name='customfield',
            constraint=models.CheckConstraint(condition=models.Q(('object_type__in', ['patient', 'care_plan'])), name='custom_field_object_type_known'),
        ),
        migrations.AddConstraint(
            model_name='customfield',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['single_line_text', 'number', 'date', 'single_checkbox', 'dropdown'])), name='custom_field_type_known'),
        ),
        migrations.AddConstraint(
            model_name='documentfolder',
            constraint=models.UniqueConstraint(fields=('patient', 'name'), name='document_folder_unique'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['patient', 'created_at'], name='document_patient'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['text', 'xray', 'image', 'identification', 'electronic_signature_patient_details', 'electronic_signature_patient_details_and_terms_and_conditions', 'other'])), name='document_type_known'),
        ),
        migrations.AddIndex(
            model_name='customfieldvalue',
            index=models.Index(fields=['field', 'value'], name='custom_value_value'),
        ),
        migrations.AddConstraint(
            model_name='customfieldvalue',
            constraint=models.UniqueConstraint(fields=('field', 'patient'), name='custom_value_unique'),
        ),
        migrations.AddConstraint(
            model_name='patientaccess',
            constraint=models.UniqueConstraint(fields=('user', 'patient'), name='patient_access_unique'),
        ),
        migrations.AddConstraint(
            model_name='patientaccess',
            constraint=models.CheckConstraint(condition=models.Q(('relation__in', ['self', 'parent', 'guardian', 'carer'])), name='patient_access_relation_known'),
        ),
        migrations.AddConstraint(
            model_name='patientsource',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('organization', 'name'), name='patient_source_unique_live_name', violation_error_message='There is already one with this name.'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['organization', 'last_name', 'first_name', 'id'], name='patient_name'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['organization', 'search_name'], name='patient_search_name', opclasses=['int8_ops', 'varchar_pattern_ops']),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['organization', 'email'], name='patient_email'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['organization', 'date_of_birth'], name='patient_born'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['organization', 'created_at', 'id'], name='patient_created'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['organization', 'updated_at', 'id'], name='patient_updated'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('italian_fiscal_code', ''), _negated=True), fields=['organization', 'italian_fiscal_code'], name='patient_fiscal_code'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('identity_number', ''), _negated=True), fields=['organization', 'identity_number'], name='patient_identity'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('old_reference_id', ''), _negated=True), fields=['organization', 'old_reference_id'], name='patient_old_reference'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(('gender__in', ['male', 'female', 'other', ''])), name='patient_gender_known'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(('default_discount__gte', 0), ('default_discount__lte', 100)), name='patient_default_discount_percent'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.UniqueConstraint(fields=('organization', 'yearly_numbering_year', 'yearly_numbering_number'), name='patient_unique_yearly_number'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('merged_at', None), ('merged_into', None)), models.Q(('merged_at__isnull', False), ('merged_into__isnull', False)), _connector='OR'), name='patient_merged_both_or_neither'),
        ),
        migrations.AddIndex(
            model_name='phonenumber',
            index=models.Index(fields=['e164'], name='phone_number_e164'),
        ),
        migrations.AddIndex(
            model_name='phonenumber',
            index=models.Index(fields=['number'], name='phone_number_number'),
        ),
        migrations.AddIndex(
            model_name='phonenumber',
            index=models.Index(fields=['digits'], name='phone_number_digits'),
        ),
        migrations.AddConstraint(
            model_name='phonenumber',
            constraint=models.CheckConstraint(condition=models.Q(('phone_type__in', ['fax', 'home', 'mobile', 'other', 'work'])), name='phone_number_phone_type_known'),
        ),
    ]
