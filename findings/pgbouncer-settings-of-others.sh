#!/usr/bin/env bash
# Through PgBouncer in transaction mode one client's SET changes how another client's COMMIT is made.
#
# One would guess: a session setting is lost between transactions (the client may get another server
#   connection), so the worst case is that one's own SET has no effect.
# What happens: it stays on the shared server connection. After `SET synchronous_commit = off` of one
#   client, the next one, which set nothing, commits without waiting for the disk. In the same way two
#   clients are both granted the advisory lock 42: to the server they are one session, and the lock
#   outlives both.
# Versions: PgBouncer 1.18.0 (pool_mode = transaction, all else by default), PostgreSQL 15. The pool here has
#   one connection, so that it happens each time; in a larger one it happens when two clients meet on one.
# Why it matters: a purchase must be on disk before the card is charged. With a reporting job behind the
#   same pooler it is not. What must hold for a COMMIT has to be set in its own transaction (SET LOCAL),
#   and a lock has to be taken for the transaction (pg_try_advisory_xact_lock).
set -euo pipefail
for program in pgbouncer psql pg_config; do command -v "$program" > /dev/null || { echo "needs $program"; exit 1; }; done
bin=$(pg_config --bindir)
work=$(mktemp -d)
account() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; } # neither server runs as root
clean() {
    [ ! -f "$work/pool.pid" ] || kill "$(cat "$work/pool.pid")" || true
    [ ! -f "$work/data/postmaster.pid" ] || account "$bin/pg_ctl" -D "$work/data" -m immediate stop > /dev/null || true
    rm -rf "$work"
}
trap clean EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

same PgBouncer 1.18.0 "$(pgbouncer --version | sed -n '1s/^PgBouncer //p')"
same PostgreSQL 15 "$("$bin/postgres" --version | sed 's/.* \([0-9]*\)\..*/\1/')"
[ "$(id -u)" != 0 ] || chown postgres "$work"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
server=$(free_port)
pool=$(free_port)
cd "$work"
account "$bin/initdb" -D "$work/data" -A trust -U postgres > /dev/null
account "$bin/pg_ctl" -D "$work/data" -w -t 60 -l "$work/server.log" \
    -o "-p $server -k $work -c listen_addresses=127.0.0.1" start > /dev/null
cat > "$work/pool.ini" <<INI
[databases]
books = host=127.0.0.1 port=$server dbname=postgres user=postgres pool_size=1
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $pool
unix_socket_dir =
auth_type = any
pool_mode = transaction
logfile = $work/pool.log
pidfile = $work/pool.pid
INI
account pgbouncer -q -d "$work/pool.ini"
client() { # one client of its own, in and out again
    timeout 60 psql -X -q -At "postgresql://app@127.0.0.1:$pool/books?connect_timeout=10" -c "$1"
}

same 'a client asks for synchronous_commit' on "$(client 'SHOW synchronous_commit')"
client 'SET synchronous_commit = off'
same 'another one asks, after the SET of a third' off "$(client 'SHOW synchronous_commit')"
same 'a client tries advisory lock 42' t "$(client 'SELECT pg_try_advisory_lock(42)')"
same 'another one tries it too' t "$(client 'SELECT pg_try_advisory_lock(42)')"
same 'both are gone; locks still held' 1 "$(client "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")"
