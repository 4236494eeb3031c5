"""Notices that a letter was asked for. The table is small, so its index is built again in the same transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('idproofing', '0011_print_room'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='failurenotice',
            name='failure_notice_one_open',
        ),
        migrations.AddField(
            model_name='failurenotice',
            name='kind',
            field=models.CharField(choices=[('questions', 'Identity questions failed'), ('letter', 'A letter with a code was asked for')], db_default='questions', default='questions', max_length=9),
        ),
        migrations.AddConstraint(
            model_name='failurenotice',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'questions'), ('lifted_at__isnull', True)), fields=('dod_id',), name='failure_notice_one_open'),
        ),
    ]
