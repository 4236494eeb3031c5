# What the blocks of docs/deploying.md use, beside the values of its first one.

# put FILE TARGET USER [MODE]: installs a file of this folder, with the values in the places of their names. USER
# may read it, by its group. Nobody but root may change it: root runs what some of these files name. In some of them, values
# stand between apostrophes, so that a shell takes nothing in them for a command. So none may have one.
put() {
    python3 -c 'import os, re, sys
def value(name):
    if set(os.environ[name[1]]) & set("\47\n"):
        sys.exit(name[1] + " may have neither an apostrophe nor a second line. In an address, %27 stands for one.")
    return os.environ[name[1]]
print(re.sub(r"\{\{(\w+)\}\}", value, sys.stdin.read()), end="")' \
        <"$CODE/docs/deploying/$1" | install -m "${4:-640}" -o "$(id -un)" -g "$(id -gn "$3")" /dev/stdin "$2"
}

# await COMMAND: repeats it until it succeeds, for two minutes at most.
await() {
    timeout 120 bash -c 'until "$@" >/dev/null 2>&1; do sleep 0.5; done' - "$@"
}

# copy_primary NUMBER: makes the files of a standby, and the slot for it. One of an earlier copy is dropped first.
copy_primary() {
    change_slot --drop-slot standby 2>/dev/null || true
    PGPASSWORD=$DB_STANDBY_PASSWORD $AS_DB "$PGBIN/pg_basebackup" -D "$SITE/postgres/$1" \
        -h "$PRIMARY" -p "$PRIMARY_PORT" -U dslogon_standby --write-recovery-conf --create-slot --slot=standby \
        --checkpoint=fast
}

# Secrets are made in the shell's own words, and never on a command line that other users could see.
make_secrets() {
    for name in DB_ADMIN DB_OWNER DB_WEB DB_STANDBY DB_POOL COUNTERS; do
        echo "${name}_PASSWORD=$(openssl rand -hex 24)"
    done
    echo "SECRET_KEY=$(openssl rand -hex 32)"
    echo "FIELD_KEYS=1:$(openssl rand -base64 32)"
    echo "INDEX_KEY=$(openssl rand -base64 32)"
    echo "HEALTH_CARD_KEY=$(openssl rand -base64 32)"
}

# load_secrets: makes them the first time, and exports them for `put`.
load_secrets() {
    [ -e "$SITE/etc/secrets" ] || (umask 077 && make_secrets >"$SITE/etc/secrets")
    set -a
    . "$SITE/etc/secrets"
    set +a
}

# begin_backups: receives the log of the present primary, in a folder of its own, and takes a first backup. What was kept
# of another primary stays beside it. In the folder of the database's user, that user makes what is in it: root would
# follow a link there.
begin_backups() {
    systemctl stop dslogon-wal
    put backup.env "$SITE/etc/backup.env" "$DB_USER"
    install -d -m 700 -o "$DB_USER" "$BACKUPS" "$SITE/postgres"
    install -d -m 755 -o "$DB_USER" "$FIGURES"
    [ ! -e "$BACKUPS/current" ] || $AS_DB mv -T "$BACKUPS/current" "$BACKUPS/until-$(date -u +%Y-%m-%dT%H%M%SZ)"
    $AS_DB install -d -m 700 "$BACKUPS/current" "$BACKUPS/current/wal"
    change_slot --drop-slot wal 2>/dev/null || true
    change_slot --create-slot wal
    systemctl start dslogon-wal dslogon-backup
}

# change_slot --create-slot | --drop-slot NAME: what makes the primary keep its log until it is received.
change_slot() {
    PGPASSWORD=$DB_STANDBY_PASSWORD $AS_DB "$PGBIN/pg_receivewal" "$1" --slot="$2" \
        -h "$PRIMARY" -p "$PRIMARY_PORT" -U dslogon_standby
}
