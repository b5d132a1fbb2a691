from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0013_sign_ins_by_step_and_outcome'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['kind', 'username'], name='user_kind'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_active', False)), fields=['username'], name='user_inactive'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_superuser', True)), fields=['username'], name='user_superuser'),
        ),
    ]
