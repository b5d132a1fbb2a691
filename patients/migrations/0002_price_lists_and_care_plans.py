import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    # The migrations that made the same tables before the first release.
    replaces = [('patients', name) for name in (
        '0016_indexes_made_anew',
    )]

    dependencies = [
        ('billing', '0001_tables'),
        ('patients', '0001_tables'),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='price_list',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.pricelist', verbose_name='price list'),
        ),
        migrations.AddField(
            model_name='customfieldvalue',
            name='care_plan',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='custom_values', to='billing.careplan', verbose_name='care plan'),
        ),
        migrations.AddConstraint(
            model_name='customfieldvalue',
            constraint=models.UniqueConstraint(fields=('field', 'care_plan'), name='custom_value_unique_care_plan'),
        ),
        migrations.AddConstraint(
            model_name='customfieldvalue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('care_plan__isnull', True), ('patient__isnull', False)), models.Q(('care_plan__isnull', False), ('patient__isnull', True)), _connector='OR'), name='custom_value_one_owner'),
        ),
    ]
