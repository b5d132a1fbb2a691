from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0003_called_about_moving'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(fields=['appointment_type', 'starts_at', 'id'], name='slot_type_anywhere'),
        ),
    ]
