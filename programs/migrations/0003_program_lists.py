from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('programs', '0002_references'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['practice', 'enrolled_at', 'id'], name='enrollment_practice_enrolled'),
        ),
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['enrolled_at', 'id'], name='enrollment_enrolled'),
        ),
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['status', 'enrolled_at', 'id'], name='enrollment_status'),
        ),
        migrations.AddIndex(
            model_name='enrollment',
            index=models.Index(fields=['updated_at', 'id'], name='enrollment_updated'),
        ),
    ]
