from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0002_references'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(fields=['practice', 'ordered_at', 'id'], name='order_practice_ordered'),
        ),
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(fields=['ordered_at', 'id'], name='order_ordered'),
        ),
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(fields=['status', 'ordered_at', 'id'], name='order_status'),
        ),
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(fields=['updated_at', 'id'], name='order_updated'),
        ),
    ]
