import core.iso
import core.money
import django.core.validators
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
            },
        ),
        migrations.CreateModel(
            name='Bill',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('type', models.CharField(choices=[('full', 'Invoice'), ('partial', 'Part invoice'), ('credit', 'Credit note'), ('proforma', 'Proforma')], max_length=8, verbose_name='kind')),
                ('direction', models.CharField(choices=[('incoming', 'Money in'), ('outgoing', 'Money out')], default='incoming', max_length=8, verbose_name='direction')),
                ('issued_on', models.DateField(verbose_name='date')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('series', models.CharField(choices=[('bill', 'Invoices'), ('credit', 'Credit notes'), ('proforma', 'Proformas'), ('receipt', 'Receipts'), ('imported', 'Imported'), ('supplier', 'Suppliers')], max_length=8, verbose_name='series')),
                ('prefix', models.CharField(blank=True, max_length=16, verbose_name='prefix')),
                ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                ('number', models.PositiveIntegerField(blank=True, null=True, verbose_name='number')),
                ('external_number', models.CharField(blank=True, max_length=50, verbose_name='number there')),
                ('net', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='net')),
                ('vat', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='tax')),
                ('stamp', core.money.MoneyField(db_default=0, decimal_places=2, default=0, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='stamp')),
                ('total', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='total')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('payment_link_expires_at', models.DateTimeField(blank=True, null=True, verbose_name='payment link until')),
            ],
            options={
                'verbose_name': 'bill',
                'verbose_name_plural': 'bills',
            },
        ),
        migrations.CreateModel(
            name='BillBalance',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('direction', models.CharField(choices=[('incoming', 'Money in'), ('outgoing', 'Money out')], max_length=8, verbose_name='direction')),
                ('issued_on', models.DateField(verbose_name='date')),
                ('total', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='total')),
                ('credited', core.money.MoneyField(db_default=0, decimal_places=2, default=0, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='credited')),
                ('paid', core.money.MoneyField(db_default=0, decimal_places=2, default=0, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='paid')),
                ('owed', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='owed')),
            ],
            options={
                'verbose_name': 'what is owed on a bill',
                'verbose_name_plural': 'what is owed on bills',
            },
        ),
        migrations.CreateModel(
            name='BillCounter',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('series', models.CharField(choices=[('bill', 'Invoices'), ('credit', 'Credit notes'), ('proforma', 'Proformas'), ('receipt', 'Receipts'), ('imported', 'Imported'), ('supplier', 'Suppliers')], max_length=8, verbose_name='series')),
                ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                ('last_number', models.PositiveIntegerField(db_default=0, default=0, verbose_name='last number')),
                ('last_issued_on', models.DateField(verbose_name='last date')),
            ],
            options={
                'verbose_name': 'counter of bills',
                'verbose_name_plural': 'counters of bills',
            },
        ),
        migrations.CreateModel(
            name='BilledWork',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
            ],
            options={
                'verbose_name': 'billed work',
                'verbose_name_plural': 'billed work',
            },
        ),
        migrations.CreateModel(
            name='BillingSettings',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('bill_automatically', models.BooleanField(db_default=False, default=False, help_text='A visit done, a program begun and an order delivered are billed at once.', verbose_name='bill automatically')),
                ('automatic_since', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='automatically since')),
                ('bill_prefix', models.CharField(blank=True, max_length=16, verbose_name='prefix of invoices')),
                ('credit_prefix', models.CharField(blank=True, db_default='C', default='C', max_length=16, verbose_name='prefix of credit notes')),
                ('proforma_prefix', models.CharField(blank=True, db_default='P', default='P', max_length=16, verbose_name='prefix of proformas')),
                ('receipt_prefix', models.CharField(blank=True, db_default='R', default='R', max_length=16, verbose_name='prefix of receipts')),
                ('first_bill_number', models.PositiveIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000000)], verbose_name='first invoice')),
                ('first_credit_number', models.PositiveIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000000)], verbose_name='first credit note')),
                ('first_proforma_number', models.PositiveIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000000)], verbose_name='first proforma')),
                ('first_receipt_number', models.PositiveIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000000000)], verbose_name='first receipt')),
                ('stamp_threshold', core.money.MoneyField(blank=True, decimal_places=2, help_text='A bill whose lines without tax come to more than this bears the stamp. Empty: no stamps.', max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='stamp above')),
                ('stamp_amount', core.money.MoneyField(db_default=0, decimal_places=2, default=0, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='stamp')),
                ('payment_link_days', models.PositiveSmallIntegerField(db_default=30, default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3660)], verbose_name='payment link, days')),
                ('language', models.CharField(choices=[('en', 'English'), ('it', 'Italiano'), ('ro', 'Română')], db_default='en', default='en', max_length=2, verbose_name='language of bills')),
            ],
            options={
                'verbose_name': 'billing settings',
                'verbose_name_plural': 'billing settings',
            },
        ),
        migrations.CreateModel(
            name='BillLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
                ('label', models.CharField(max_length=255, verbose_name='what')),
                ('quantity', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='quantity')),
                ('unit_price', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='unit price')),
                ('price_is_net', models.BooleanField(db_default=False, default=False, verbose_name='price without tax')),
                ('discount', core.money.MoneyField(db_default=0, decimal_places=2, default=0, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='discount')),
                ('vat_percentage', models.DecimalField(decimal_places=2, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='tax, %')),
                ('vat_exemption', models.CharField(blank=True, max_length=255, verbose_name='why without tax')),
                ('net', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='net')),
                ('vat', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='tax')),
            ],
            options={
                'verbose_name': 'line of a bill',
                'verbose_name_plural': 'lines of a bill',
            },
        ),
        migrations.CreateModel(
            name='CarePlan',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('branch', models.CharField(blank=True, db_default='general', default='general', max_length=32, verbose_name='branch')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('state', models.CharField(choices=[('estimate', 'Estimate'), ('accepted', 'Accepted'), ('completed', 'Completed'), ('discarded', 'Discarded')], db_default='estimate', default='estimate', editable=False, max_length=10, verbose_name='state')),
                ('date_accepted', models.DateField(blank=True, editable=False, null=True, verbose_name='accepted on')),
                ('currency', models.CharField(editable=False, max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('background', models.BooleanField(db_default=False, default=False, verbose_name='in the background')),
                ('created_through_appointment', models.BooleanField(db_default=False, default=False, editable=False, verbose_name='made from a visit')),
                ('discount_percentage', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='discount, %')),
                ('signed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='signed')),
                ('signed_by', models.CharField(blank=True, editable=False, max_length=255, verbose_name='signed by')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'care plan',
                'verbose_name_plural': 'care plans',
            },
        ),
        migrations.CreateModel(
            name='CarePlanDiscardReason',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'reason for discarding',
                'verbose_name_plural': 'reasons for discarding',
            },
        ),
        migrations.CreateModel(
            name='CarePlanEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('label', models.CharField(max_length=255, verbose_name='what')),
                ('tooth', models.CharField(blank=True, max_length=8, verbose_name='tooth')),
                ('price', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
                ('discount_percentage', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='discount, %')),
                ('absolute_discount', core.money.MoneyField(db_default=0, decimal_places=2, default=0, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='discount')),
                ('number_of_executions', models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='times')),
                ('vat_percentage', models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='tax, %')),
                ('vat_exemption', models.CharField(blank=True, max_length=255, verbose_name='why without tax')),
                ('done_on', models.DateField(blank=True, editable=False, null=True, verbose_name='done on')),
                ('udi', models.CharField(blank=True, max_length=255, verbose_name='UDI')),
                ('sequence_number', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='position')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'entry of a care plan',
                'verbose_name_plural': 'entries of a care plan',
            },
        ),
        migrations.CreateModel(
            name='CarePlanEntryAppointment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
            ],
            options={
                'verbose_name': 'visit of an entry',
                'verbose_name_plural': 'visits of an entry',
            },
        ),
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('address', models.TextField(blank=True, verbose_name='address')),
                ('tax_number', models.CharField(blank=True, max_length=32, verbose_name='tax number')),
            ],
            options={
                'verbose_name': 'company',
                'verbose_name_plural': 'companies',
            },
        ),
        migrations.CreateModel(
            name='Liability',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('due_on', models.DateField(verbose_name='due on')),
                ('amount', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='amount')),
                ('related_to_insurance', models.BooleanField(db_default=False, default=False, verbose_name='for an insurance')),
                ('sistema_ts_expense_type', models.CharField(blank=True, choices=[('tk', 'tk: co-payment'), ('tk2', 'tk2: co-payment'), ('fc', 'fc: medicine'), ('fv', 'fv: veterinary medicine'), ('sp', 'sp: health service'), ('ad', 'ad: device'), ('as', 'as: service of a pharmacy'), ('sr', 'sr: specialist, hospital'), ('sr2', 'sr2: specialist, hospital'), ('ct', 'ct: thermal cure'), ('pi', 'pi: prosthesis'), ('ic', 'ic: aesthetic surgery'), ('aa', 'aa: other'), ('nn', 'nn: not deductible')], max_length=3, verbose_name='expense type')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'instalment',
                'verbose_name_plural': 'instalments',
            },
        ),
        migrations.CreateModel(
            name='PaymentType',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
            ],
            options={
                'verbose_name': 'payment type',
                'verbose_name_plural': 'payment types',
            },
        ),
        migrations.CreateModel(
            name='PriceList',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
            ],
            options={
                'verbose_name': 'price list',
                'verbose_name_plural': 'price lists',
            },
        ),
        migrations.CreateModel(
            name='PriceListItem',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='updated')),
                ('price', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
            ],
            options={
                'verbose_name': 'price',
                'verbose_name_plural': 'prices',
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('issued_on', models.DateField(verbose_name='date')),
                ('prefix', models.CharField(blank=True, max_length=16, verbose_name='prefix')),
                ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('amount', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='amount')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
            ],
            options={
                'verbose_name': 'receipt',
                'verbose_name_plural': 'receipts',
            },
        ),
        migrations.CreateModel(
            name='TillClosing',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('date', models.DateField(verbose_name='day')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('expected', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='expected')),
                ('counted', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='counted')),
                ('last_transaction_id', models.BigIntegerField(db_default=0, default=0, editable=False)),
                ('note', models.TextField(blank=True, verbose_name='note')),
            ],
            options={
                'verbose_name': 'closing of the till',
                'verbose_name_plural': 'closings of the till',
            },
        ),
        migrations.CreateModel(
            name='Transaction',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('direction', models.CharField(choices=[('incoming', 'Money in'), ('outgoing', 'Money out')], max_length=8, verbose_name='direction')),
                ('amount', core.money.MoneyField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='amount')),
                ('currency', models.CharField(max_length=3, validators=[core.iso.check_currency], verbose_name='currency')),
                ('date', models.DateField(verbose_name='date')),
                ('verified', models.BooleanField(db_default=True, default=True, verbose_name='verified')),
                ('related_to_insurance', models.BooleanField(db_default=False, default=False, verbose_name='for an insurance')),
                ('sistema_ts_expense_type', models.CharField(blank=True, choices=[('tk', 'tk: co-payment'), ('tk2', 'tk2: co-payment'), ('fc', 'fc: medicine'), ('fv', 'fv: veterinary medicine'), ('sp', 'sp: health service'), ('ad', 'ad: device'), ('as', 'as: service of a pharmacy'), ('sr', 'sr: specialist, hospital'), ('sr2', 'sr2: specialist, hospital'), ('ct', 'ct: thermal cure'), ('pi', 'pi: prosthesis'), ('ic', 'ic: aesthetic surgery'), ('aa', 'aa: other'), ('nn', 'nn: not deductible')], max_length=3, verbose_name='expense type')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'payment',
                'verbose_name_plural': 'payments',
            },
        ),
    ]
