import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The role that runs the shop may add these records and not take one away: only those older than two years go, whatever moment
# it gives.
DROP_ACCESSES = """
CREATE FUNCTION kernel_drop_accesses(at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    dropped bigint;
BEGIN
    DELETE FROM kernel_personalaccess WHERE accessed_at < least(at, now()) - interval '731 days';
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION kernel_drop_accesses(timestamptz) FROM PUBLIC;
"""

# Entries of the audit may be renamed to nobody, and to nothing else.
RENAME = """
CREATE FUNCTION kernel_rename_in_audit(kind integer, row_key text, called text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    renamed bigint;
BEGIN
    IF called !~ '^erased-[0-9a-f]{16}$' THEN
        RAISE EXCEPTION 'the audit is renamed for those who were erased only';
    END IF;
    UPDATE django_admin_log SET object_repr = called WHERE content_type_id = kind AND object_id = row_key;
    GET DIAGNOSTICS renamed = ROW_COUNT;
    RETURN renamed;
END $$;
REVOKE ALL ON FUNCTION kernel_rename_in_audit(integer, text, text) FROM PUBLIC;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0002_token_scope'),
        ('admin', '0003_logentry_add_action_flag_choices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PersonalAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('deed', models.CharField(choices=[('LISTED', 'listed'), ('OPENED', 'opened'), ('DOWNLOADED', 'downloaded'), ('EXPORTED', 'exported'), ('ERASED', 'erased')], max_length=10, verbose_name='what was done')),
                ('subject', models.CharField(max_length=60, verbose_name='kind')),
                ('row_key', models.CharField(blank=True, max_length=40, verbose_name='row')),
                ('people', models.PositiveIntegerField(default=1, verbose_name='rows')),
                ('details', models.CharField(blank=True, max_length=200, verbose_name='details')),
                ('address', models.GenericIPAddressField(blank=True, null=True, verbose_name='address')),
                ('accessed_at', models.DateTimeField(verbose_name='time')),
                ('actor', models.ForeignKey(blank=True, help_text='Empty: by a command on the server.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='staff member')),
            ],
            options={
                'verbose_name': 'access to personal data',
                'verbose_name_plural': 'accesses to personal data',
                'indexes': [models.Index(fields=['-accessed_at', '-id'], name='personal_access_by_time'), models.Index(fields=['subject', 'row_key', '-id'], name='personal_access_by_row'), models.Index(fields=['actor', '-id'], name='personal_access_by_actor')],
                'constraints': [models.CheckConstraint(condition=models.Q(('deed__in', ['LISTED', 'OPENED', 'DOWNLOADED', 'EXPORTED', 'ERASED'])), name='personal_access_deed_known')],
            },
        ),
        migrations.RunSQL(DROP_ACCESSES, reverse_sql='DROP FUNCTION kernel_drop_accesses(timestamptz)'),
        migrations.RunSQL(RENAME, reverse_sql='DROP FUNCTION kernel_rename_in_audit(integer, text, text)'),
    ]
