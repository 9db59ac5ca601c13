import django.core.serializers.json
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('profile', models.CharField(max_length=40, verbose_name='shop')),
                ('state', models.CharField(choices=[('REQUESTED', 'waiting'), ('READING', 'reading'), ('WRITING', 'writing'), ('IMPORTED', 'imported'), ('CHECKED', 'checked'), ('REFUSED', 'refused'), ('FAILED', 'failed')], default='REQUESTED', max_length=10, verbose_name='state')),
                ('is_dry_run', models.BooleanField(default=False, help_text='Everything is read, matched and counted, and nothing is kept.', verbose_name='only check')),
                ('shift_to_today', models.BooleanField(default=False, help_text='Moves all dates by whole weeks, so that the last day falls on this week or the last one.', verbose_name='move to today')),
                ('shift_days', models.IntegerField(default=0, verbose_name='moved by days')),
                ('warehouse', models.SlugField(default='IMPORT', help_text='Code of the warehouse the goods left from.', max_length=20, verbose_name='warehouse')),
                ('requested_at', models.DateTimeField(verbose_name='asked at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('seconds', models.FloatField(blank=True, null=True, verbose_name='seconds')),
                ('rows_so_far', models.PositiveIntegerField(default=0, verbose_name='rows so far')),
                ('rows_read', models.PositiveIntegerField(default=0, verbose_name='rows read')),
                ('rows_imported', models.PositiveIntegerField(default=0, verbose_name='rows imported')),
                ('rows_skipped', models.PositiveIntegerField(default=0, verbose_name='rows left out')),
                ('report', models.JSONField(blank=True, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='report')),
                ('error', models.TextField(blank=True, verbose_name='error')),
                ('rejects', models.FileField(blank=True, upload_to='imports', verbose_name='rows left out, as a file')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='actor')),
            ],
            options={
                'verbose_name': 'import of history',
                'verbose_name_plural': 'imports of history',
                'permissions': [('import_history', "Can import an old shop's history")],
            },
        ),
        migrations.CreateModel(
            name='ImportFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('content', models.FileField(blank=True, upload_to='imports', verbose_name='content')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='orders.importrun', verbose_name='import of history')),
            ],
            options={
                'verbose_name': 'file of an import',
                'verbose_name_plural': 'files of imports',
            },
        ),
        migrations.CreateModel(
            name='ImportedDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('profile', models.CharField(max_length=40, verbose_name='shop')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
                ('kind', models.CharField(choices=[('SALE', 'sale'), ('CREDIT', 'credit note'), ('CORRECTION', 'stock correction')], max_length=10, verbose_name='kind')),
                ('digests', models.BinaryField(verbose_name='rows')),
                ('original_at', models.DateTimeField(help_text='The moment in the file, before dates were moved.', verbose_name='originally at')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='orders.importrun', verbose_name='import of history')),
            ],
            options={
                'verbose_name': 'imported document',
                'verbose_name_plural': 'imported documents',
            },
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['REQUESTED', 'READING', 'WRITING', 'IMPORTED', 'CHECKED', 'REFUSED', 'FAILED'])), name='import_run_state_known'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(('rows_read', django.db.models.expressions.CombinedExpression(models.F('rows_imported'), '+', models.F('rows_skipped')))), name='import_run_every_row_accounted_for'),
        ),
        migrations.AddConstraint(
            model_name='importeddocument',
            constraint=models.UniqueConstraint(fields=('profile', 'number'), name='imported_document_once'),
        ),
        migrations.AddConstraint(
            model_name='importeddocument',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['SALE', 'CREDIT', 'CORRECTION'])), name='imported_document_kind_known'),
        ),
    ]
