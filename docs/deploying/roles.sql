-- The database and its roles. The site runs as dslogon_web, which may add to the audit trail and not change it;
-- dslogon owns the tables and migrates them. It may be run again, and sets the passwords then.
\set ON_ERROR_STOP on
\getenv owner_password DB_OWNER_PASSWORD
\getenv web_password DB_WEB_PASSWORD
\getenv standby_password DB_STANDBY_PASSWORD
SELECT format('CREATE ROLE %I', role) FROM unnest(ARRAY['dslogon', 'dslogon_web', 'dslogon_standby']) AS role
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
ALTER ROLE dslogon LOGIN PASSWORD :'owner_password';
ALTER ROLE dslogon_web LOGIN PASSWORD :'web_password';
ALTER ROLE dslogon_standby LOGIN REPLICATION PASSWORD :'standby_password';
SELECT 'CREATE DATABASE dslogon OWNER dslogon' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'dslogon') \gexec
REVOKE ALL ON DATABASE dslogon FROM PUBLIC;
GRANT CONNECT ON DATABASE dslogon TO dslogon_web;
