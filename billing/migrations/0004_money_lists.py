from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0003_schema'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['issued_on', 'id'], name='bill_issued'),
        ),
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['type', 'issued_on', 'id'], name='bill_type'),
        ),
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(fields=['number'], name='bill_number'),
        ),
        migrations.AddIndex(
            model_name='bill',
            index=models.Index(condition=models.Q(('external_number', ''), _negated=True), fields=['external_number'], name='bill_external_number'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['date', 'id'], name='transaction_date'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['direction', 'date', 'id'], name='transaction_direction'),
        ),
    ]
