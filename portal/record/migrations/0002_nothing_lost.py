from django.db import migrations

# Every replaced version is kept by the database itself, so that no code can forget it.
KEEP = """
CREATE FUNCTION record_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was once in a health record is never changed or deleted.'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE FUNCTION record_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.patient, NEW.source, NEW.type, NEW.reference)
            IS DISTINCT FROM (OLD.id, OLD.patient, OLD.source, OLD.type, OLD.reference)
            OR NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'A resource gets a next version and nothing else.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO record_version (resource_id, version, raw, written, digest, imported_id)
    VALUES (OLD.id, OLD.version, OLD.raw, OLD.written, OLD.digest, OLD.imported_id);
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_version BEFORE UPDATE ON record_resource FOR EACH ROW EXECUTE FUNCTION record_keep_version();
CREATE TRIGGER never_deleted BEFORE DELETE ON record_resource
    FOR EACH STATEMENT EXECUTE FUNCTION record_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON record_version
    FOR EACH STATEMENT EXECUTE FUNCTION record_refuse_change();
"""

FORGET = """
DROP TRIGGER append_only ON record_version;
DROP TRIGGER never_deleted ON record_resource;
DROP TRIGGER keep_version ON record_resource;
DROP FUNCTION record_keep_version();
DROP FUNCTION record_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]
    operations = [migrations.RunSQL(KEEP, FORGET)]
