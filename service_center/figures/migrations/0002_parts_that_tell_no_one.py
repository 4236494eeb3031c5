"""How many went well is told of a part of the count, and of no part so small that it tells of somebody."""

from django.db import migrations, models
from django.db.models import F, Q

# What was released before and tells too much waits again, with what waits already.
KEEP_BACK = """
    INSERT INTO figures_remainder AS left_over (figure, of, count, rated, good, spread)
    SELECT figure, of, 0, sum(count), sum(good), '{}' FROM figures_tally
    WHERE figure IN ('proof', 'age', 'kind') AND least(good, count - good) < 5 GROUP BY figure, of
    ON CONFLICT (figure, of) DO UPDATE
    SET rated = left_over.rated + excluded.rated, good = left_over.good + excluded.good;
    UPDATE figures_tally SET good = 0
    WHERE figure IN ('proof', 'age', 'kind') AND least(good, count - good) < 5;
    UPDATE figures_tally SET rated = count WHERE good > 0;
"""
# What waited whole before is known of all of it.
WAITING = "UPDATE figures_remainder SET rated = count WHERE figure IN ('proof', 'age', 'kind');"


class Migration(migrations.Migration):
    dependencies = [("figures", "0001_initial")]

    operations = [
        migrations.AddField("tally", "rated", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AddField("remainder", "rated", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.RunSQL(WAITING + KEEP_BACK, migrations.RunSQL.noop),
        migrations.RemoveConstraint("tally", "figures_tally_good_are_counted"),
        migrations.AddConstraint(
            "tally",
            models.CheckConstraint(
                condition=Q(rated=0, good=0) | Q(good__gte=5, rated__gte=F("good") + 5),
                name="figures_tally_parts_tell_no_one",
            ),
        ),
    ]
