"""Which entries of the history are of which import, so that what it changed can be changed back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0005_seal_of_the_history")]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="request_id",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
