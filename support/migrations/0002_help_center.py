import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.utils.timezone
import safeguards.fields
import uuid
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    """All tables are new. The extension is PostgreSQL's own, and the owner of a database may add it."""

    dependencies = [
        ('support', '0001_initial'),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name='DatedNotice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('outage', 'Something does not work'), ('change', 'Something changes'), ('information', 'Good to know')], max_length=12)),
                ('title', models.CharField(max_length=100)),
                ('text', models.TextField(max_length=1000)),
                ('begins_at', models.DateTimeField(verbose_name='shown from')),
                ('ends_at', models.DateTimeField(verbose_name='shown until')),
                ('on_help', models.BooleanField(default=True, verbose_name='on the help pages')),
                ('on_home', models.BooleanField(default=False, verbose_name='on the home page')),
                ('on_sign_in', models.BooleanField(default=False, verbose_name='on the sign-in page')),
                ('published_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='published')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn')),
            ],
            options={
                'verbose_name': 'notice to everybody',
                'verbose_name_plural': 'notices to everybody',
                'permissions': [('publish_datednotice', 'Can publish and withdraw notices to everybody')],
                'default_permissions': ('view',),
                'indexes': [models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['ends_at'], name='dated_notice_lasting'), models.Index(fields=['-published_at'], name='dated_notice_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['outage', 'change', 'information'])), name='dated_notice_kind'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='dated_notice_ends_later'), models.CheckConstraint(condition=models.Q(('on_help', True), ('on_home', True), ('on_sign_in', True), _connector='OR'), name='dated_notice_shown_somewhere')],
            },
        ),
        migrations.CreateModel(
            name='HelpWord',
            fields=[
                ('word', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('stem', models.CharField(max_length=40)),
            ],
            options={
                'default_permissions': (),
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['word'], name='help_word_trigrams', opclasses=['gin_trgm_ops']), models.Index(fields=['stem'], name='help_word_stem')],
            },
        ),
        migrations.CreateModel(
            name='IndexedPage',
            fields=[
                ('place', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('title', models.TextField()),
                ('summary', models.TextField()),
                ('keywords', models.TextField()),
                ('body', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('vector', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector('title', config='english', weight='A'), '||', django.contrib.postgres.search.SearchVector('keywords', config='english', weight='B'), django.contrib.postgres.search.SearchConfig('english')), '||', django.contrib.postgres.search.SearchVector('summary', config='english', weight='C'), django.contrib.postgres.search.SearchConfig('english')), '||', django.contrib.postgres.search.SearchVector('body', config='english', weight='D'), django.contrib.postgres.search.SearchConfig('english')), output_field=django.contrib.postgres.search.SearchVectorField())),
            ],
            options={
                'default_permissions': (),
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['vector'], name='help_vector')],
            },
        ),
        migrations.CreateModel(
            name='Rating',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('article', models.SlugField(db_index=False, max_length=60)),
                ('day', models.DateField()),
                ('helpful', models.BooleanField()),
                ('reason', models.CharField(blank=True, choices=[('not-my-question', 'It does not answer my question'), ('unclear', 'It is hard to understand'), ('did-not-work', 'I did what it says, and it did not work'), ('wrong', 'Something in it is wrong or missing'), ('other', 'Something else')], max_length=20)),
                ('remark', safeguards.fields.EncryptedTextField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'opinion on an article',
                'verbose_name_plural': 'opinions on articles',
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['-day', 'article', 'helpful'], name='rating_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['', 'not-my-question', 'unclear', 'did-not-work', 'wrong', 'other'])), name='rating_reason_known'), models.CheckConstraint(condition=models.Q(('helpful', False), ('reason', ''), _connector='OR'), name='rating_reason_if_not_helpful')],
            },
        ),
    ]
