#!/bin/sh
# Run once by the image of PostgreSQL, when it has made its files: the role of the web server and the worker, which needs
# no password at the socket. `prepare` gives it its rights. The owner keeps its password.
set -eu
psql -q -v ON_ERROR_STOP=1 -U dslogon -d dslogon -c 'CREATE ROLE dslogon_web LOGIN'
sed -i '1i local dslogon dslogon_web trust' "$PGDATA/pg_hba.conf"
