from django.db import migrations

REFUSE = """
CREATE FUNCTION safeguards_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Audit events are never changed or deleted.' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON safeguards_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION safeguards_refuse_change();
"""

ALLOW = """
DROP TRIGGER append_only ON safeguards_auditevent;
DROP FUNCTION safeguards_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
