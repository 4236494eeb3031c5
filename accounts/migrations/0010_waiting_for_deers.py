from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_known_devices"),
    ]

    operations = [
        migrations.AddField(
            model_name="registrationdraft",
            name="awaits_deers",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="registrationdraft",
            name="kept_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="upgradedraft",
            name="awaits_deers",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="upgradedraft",
            name="kept_until",
            field=models.DateTimeField(null=True),
        ),
    ]
