from django.db import migrations

# Tests empty their tables between two of them. Only there may it be done: the setting alone is not enough, since
# anybody can make it, and neither is a name alone, which somebody may choose without a thought.
REFUSE = """
CREATE FUNCTION safeguards_refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_database() LIKE 'test\\_%' AND current_setting('dslogon.throwaway', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The audit trail is never emptied.' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON safeguards_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION safeguards_refuse_emptying();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON safeguards_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION safeguards_refuse_emptying();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON safeguards_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION safeguards_refuse_change();
"""

ALLOW = """
DROP TRIGGER append_only ON safeguards_auditseal;
DROP TRIGGER never_emptied ON safeguards_auditseal;
DROP TRIGGER never_emptied ON safeguards_auditevent;
DROP FUNCTION safeguards_refuse_emptying();
"""


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0004_seals_and_probes")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
