"""Several slips of one person side by side. The table is small, so its indexes are built in the same transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('idproofing', '0012_letter_notices'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='visit',
            name='visit_one_open',
        ),
        migrations.AddIndex(
            model_name='visit',
            index=models.Index(condition=models.Q(('state__in', ['open', 'checked', 'held'])), fields=['dod_id', 'level'], name='visit_under_way'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['checked', 'held'])), fields=('dod_id', 'level'), name='visit_one_attended'),
        ),
    ]
