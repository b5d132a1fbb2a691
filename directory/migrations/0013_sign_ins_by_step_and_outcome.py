from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0012_names_of_users'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(fields=['step', 'at', 'id'], name='sign_in_step_at'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(fields=['outcome', 'at', 'id'], name='sign_in_outcome_at'),
        ),
    ]
