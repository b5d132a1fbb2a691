import core.iso
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Every price was in its service's currency until now."""
    Service = apps.get_model("catalog", "Service")
    currency = Service.objects.filter(pk=OuterRef("service")).values("currency")
    apps.get_model("scheduling", "AppointmentService").objects.update(currency=Subquery(currency))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_references"),
        ("scheduling", "0004_slots_of_a_type"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointmentservice",
            name="currency",
            field=models.CharField(
                default="",
                editable=False,
                max_length=3,
                validators=[core.iso.check_currency],
                verbose_name="currency",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
