import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import safeguards.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('support', '0003_calls'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AnswerText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=100, unique=True)),
                ('body', models.TextField()),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('title',),
                'default_permissions': ('change',),
            },
        ),
        migrations.CreateModel(
            name='ContactEntry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('answer', 'Answer'), ('reply', 'Reply'), ('note', 'Note')], max_length=6)),
                ('body', safeguards.fields.EncryptedTextField(editable=False)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AlterModelOptions(
            name='contactmessage',
            options={'verbose_name': 'message to the service center', 'verbose_name_plural': 'messages to the service center', 'default_permissions': ('view', 'change'), 'permissions': [('see_load', 'Can see how much work each colleague has, and hand it over')]},
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='account',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='code',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='code_ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='ended_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='ended'),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='ended_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='reason',
            field=models.CharField(blank=True, choices=[('phone', 'We answered it by phone'), ('twice', 'We answer another message of yours about the same'), ('care', 'It is about health care. Please ask your care team'), ('no-question', 'It asks us nothing')], db_default='', default='', max_length=12),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='round',
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='state',
            field=models.CharField(choices=[('new', 'New'), ('taken', 'Taken by a colleague'), ('answered', 'Answered'), ('closed', 'Closed without an answer')], db_default='new', default='new', max_length=8),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='taken_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='waits_since',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, verbose_name='waits since'),
        ),
        migrations.AddConstraint(
            model_name='contactmessage',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'closed'), ('reason', ''), _connector='OR'), name='contact_reason_when_closed'),
        ),
        migrations.AddField(
            model_name='contactentry',
            name='author',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='contactentry',
            name='message',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='support.contactmessage'),
        ),
        migrations.AddIndex(
            model_name='contactentry',
            index=models.Index(fields=['message', 'at'], name='contact_entries'),
        ),
        migrations.AddConstraint(
            model_name='contactentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'reply'), _negated=True), ('author__isnull', True), _connector='OR'), name='contact_reply_of_writer'),
        ),
    ]
