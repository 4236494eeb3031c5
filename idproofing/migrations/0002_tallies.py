from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("idproofing", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="AnswerTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("kind", models.CharField(max_length=24)),
                ("answered", models.PositiveIntegerField()),
                ("correct", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name_plural": "answer tallies",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("day", "kind"), name="tally_one_a_day_and_kind"),
                    models.CheckConstraint(
                        condition=models.Q(("correct__lte", models.F("answered"))), name="tally_right_are_answered"
                    ),
                ],
            },
        ),
        migrations.AddField("activationcode", "begun_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "activationcode", "route", models.CharField(db_default="questions", default="questions", max_length=10)
        ),
    ]
