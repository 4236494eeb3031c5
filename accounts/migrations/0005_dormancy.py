from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_getting_back_in'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='warned_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
