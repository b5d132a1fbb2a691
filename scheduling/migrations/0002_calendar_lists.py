from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0001_schema'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['starts_at', 'id'], name='appointment_starts'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['status', 'starts_at', 'id'], name='appointment_status'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['created_at', 'id'], name='appointment_created'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(fields=['updated_at', 'id'], name='appointment_updated'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('needs_move', True)), fields=['starts_at', 'id'], name='appointment_needs_move'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('overbooked', True)), fields=['starts_at', 'id'], name='appointment_overbooked'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(condition=models.Q(('contact_name', ''), _negated=True), fields=['id'], name='appointment_contact'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('withdrawn_at', None)), fields=['starts_at', 'id'], name='slot_starts'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('blocked__gt', 0), ('withdrawn_at', None)), fields=['starts_at', 'id'], name='slot_blocked'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', False)), fields=['starts_at', 'id'], name='slot_withdrawn'),
        ),
        migrations.AddIndex(
            model_name='availableslot',
            index=models.Index(fields=['updated_at', 'id'], name='slot_updated'),
        ),
    ]
