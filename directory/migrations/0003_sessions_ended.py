from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0002_sign_in_step")]

    operations = [
        migrations.AddField(
            model_name='user',
            name='sessions_ended',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name='times all sessions were ended'),
        ),
    ]
