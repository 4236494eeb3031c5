from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0003_cache")]
    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("first_id", models.BigIntegerField(null=True)),
                ("last_id", models.BigIntegerField(null=True)),
                ("count", models.BigIntegerField()),
                ("digest", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("sealed_at", models.DateTimeField()),
                ("mac", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="KeyProbe",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
            ],
        ),
    ]
