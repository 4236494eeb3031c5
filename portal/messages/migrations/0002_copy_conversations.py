"""Copies the conversations of the first version, which knew care teams by name only.

What a team wrote counts as read, unless it came after the patient had last read there. What a patient wrote last was not answered, so it waits for the team.
"""

from django.db import migrations

COPY = """
INSERT INTO secure_messages_careteam (id, name, clinic, phone, zone, working_days, opens_at, closes_at, since,
                                      out_of_office_text)
SELECT gen_random_uuid(), split_part(care_team, ', ', 1), substr(care_team, length(split_part(care_team, ', ', 1)) + 3), '', 'America/New_York', '{0,1,2,3,4}', '07:30', '16:30',
       min(last_sent_at)::date - 365, ''
FROM portal_thread GROUP BY care_team;

INSERT INTO secure_messages_patientteam (patient, team_id, since)
SELECT o.patient, t.id, min(t.since) FROM portal_thread o JOIN secure_messages_careteam t ON concat_ws(', ', t.name, nullif(t.clinic, '')) = o.care_team
GROUP BY o.patient, t.id;

INSERT INTO secure_messages_thread (id, patient, team_id, topic, subject, last_sent_at, last_answer_at)
SELECT o.id, o.patient, t.id, 'general', o.subject, o.last_sent_at,
       (SELECT max(m.sent_at) FROM portal_message m WHERE m.thread_id = o.id AND m.author <> '')
FROM portal_thread o JOIN secure_messages_careteam t ON concat_ws(', ', t.name, nullif(t.clinic, '')) = o.care_team;

INSERT INTO secure_messages_message (id, patient, thread_id, team_id, topic, subject, body, author, author_name,
                                     version, saved_at, held_at, send_due_at, sent_at, opened_at, answered_at)
SELECT m.id, n.patient, n.id, n.team_id, n.topic, n.subject, m.body,
       CASE WHEN m.author = '' THEN 'patient' ELSE 'staff' END, m.author, 1,
       m.sent_at, m.sent_at, m.sent_at, m.sent_at,
       CASE WHEN m.author <> '' AND (o.unread_since IS NULL OR m.sent_at < o.unread_since) THEN m.sent_at
            WHEN m.author = '' AND m.sent_at < n.last_answer_at THEN n.last_answer_at END,
       CASE WHEN m.author = '' AND m.sent_at < n.last_answer_at THEN n.last_answer_at END
FROM portal_message m JOIN secure_messages_thread n ON n.id = m.thread_id JOIN portal_thread o ON o.id = m.thread_id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("secure_messages", "0001_initial"),
        ("portal", "0003_unread"),
    ]

    operations = [migrations.RunSQL(COPY, migrations.RunSQL.noop)]
