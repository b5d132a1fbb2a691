from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_plain_tracking_numbers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(condition=models.Q(models.Q(('status', 'delivered'), _negated=True), models.Q(('status', 'cancelled'), _negated=True)), fields=['ordered_at', 'id'], name='order_on_the_way'),
        ),
        migrations.AddIndex(
            model_name='productorder',
            index=models.Index(condition=models.Q(('enrollment__isnull', False)), fields=['ordered_at', 'id'], name='order_bundled'),
        ),
    ]
