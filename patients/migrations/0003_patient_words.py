import django.db.models.deletion
from django.db import migrations, models

import core.plain_text


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0001_schema'),
        ('patients', '0002_plain_text_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='PatientWord',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.organization')),
                ('patient', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='patients.patient')),
                ('word', core.plain_text.PlainTextField(max_length=100)),
            ],
            options={
                'verbose_name': 'word of a patient',
                'verbose_name_plural': 'words of patients',
                'indexes': [models.Index(fields=['organization', 'word', 'patient'], name='patient_word_search')],
                'constraints': [models.UniqueConstraint(fields=('patient', 'word'), name='patient_word_unique')],
            },
        ),
    ]
