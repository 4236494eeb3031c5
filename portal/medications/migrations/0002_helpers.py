
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('medications', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='step',
            name='helper',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='request',
            name='state',
            field=models.CharField(choices=[('submitted', 'Submitted'), ('received', 'Received by the pharmacy'), ('filling', 'Being filled'), ('shipped', 'Shipped'), ('ready', 'Ready to pick up'), ('done', 'Done'), ('refused', 'Not possible'), ('withdrawn', 'Withdrawn')], default='submitted', max_length=10),
        ),
        migrations.AlterField(
            model_name='step',
            name='state',
            field=models.CharField(choices=[('submitted', 'Submitted'), ('received', 'Received by the pharmacy'), ('filling', 'Being filled'), ('shipped', 'Shipped'), ('ready', 'Ready to pick up'), ('done', 'Done'), ('refused', 'Not possible'), ('withdrawn', 'Withdrawn')], max_length=10),
        ),
    ]
