import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutboxEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=100, verbose_name='topic')),
                ('version', models.PositiveSmallIntegerField(default=1, verbose_name='version')),
                ('payload', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='payload')),
                ('recorded_at', models.DateTimeField(db_index=True, verbose_name='recorded at')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('is_service', models.BooleanField(default=False, help_text='Speaks through the API by token and can never log in here.', verbose_name='service account')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('is_service', False), models.Q(('is_staff', False), ('is_superuser', False)), _connector='OR'), name='user_service_is_not_staff'),
                ],
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('route', models.CharField(max_length=200)),
                ('key', models.CharField(max_length=200)),
                ('body_hash', models.CharField(max_length=64)),
                ('status_code', models.PositiveSmallIntegerField(null=True)),
                ('answer', models.BinaryField(default=b'')),
                ('created_at', models.DateTimeField(db_index=True)),
                ('actor', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'idempotency key',
                'verbose_name_plural': 'idempotency keys',
                'constraints': [
                    models.UniqueConstraint(fields=('actor', 'route', 'key'), name='idempotency_key_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task_id', models.CharField(editable=False, max_length=40, unique=True)),
                ('name', models.CharField(max_length=100, verbose_name='job')),
                ('arguments', models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='arguments')),
                ('state', models.CharField(choices=[('REQUESTED', 'requested'), ('RUNNING', 'running'), ('SUCCEEDED', 'succeeded'), ('FAILED', 'failed'), ('LOST', 'lost')], default='REQUESTED', max_length=10, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('rung_at', models.DateTimeField(editable=False, null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('rows', models.BigIntegerField(blank=True, null=True, verbose_name='rows')),
                ('seconds', models.FloatField(blank=True, null=True, verbose_name='seconds')),
                ('summary', models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='summary')),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('asked_by', models.ForeignKey(blank=True, help_text='Empty: the schedule asked.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
            ],
            options={
                'verbose_name': 'job run',
                'verbose_name_plural': 'job runs',
                'indexes': [
                    models.Index(fields=['name', '-id'], name='job_run_by_name'),
                    models.Index(condition=models.Q(('state__in', ['REQUESTED', 'RUNNING'])), fields=['id'], name='job_run_open'),
                    models.Index(condition=models.Q(('state__in', ['FAILED', 'LOST'])), fields=['-id'], name='job_run_failed'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['REQUESTED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'LOST'])), name='job_run_state_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='OutboxDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subscriber', models.CharField(max_length=100, verbose_name='subscriber')),
                ('state', models.CharField(choices=[('PENDING', 'pending'), ('HANDLED', 'handled'), ('PARKED', 'parked')], default='PENDING', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(verbose_name='next attempt at')),
                ('handled_at', models.DateTimeField(blank=True, null=True, verbose_name='handled at')),
                ('last_error', models.TextField(blank=True, verbose_name='last error')),
                ('event', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='kernel.outboxevent', verbose_name='event')),
            ],
            options={
                'verbose_name': 'event delivery',
                'verbose_name_plural': 'event deliveries',
                'indexes': [
                    models.Index(condition=models.Q(('state', 'PENDING')), fields=['next_attempt_at', 'id'], name='outbox_delivery_due'),
                    models.Index(condition=models.Q(('state', 'PARKED')), fields=['id'], name='outbox_delivery_parked'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('event', 'subscriber'), name='outbox_delivery_once_per_subscriber'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['PENDING', 'HANDLED', 'PARKED'])), name='outbox_delivery_state_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('handled_at__isnull', False), ('state', 'HANDLED')), models.Q(models.Q(('state', 'HANDLED'), _negated=True), ('handled_at__isnull', True)), _connector='OR'), name='outbox_delivery_handled_has_moment'),
                ],
            },
        ),
    ]
