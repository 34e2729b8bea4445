#!/usr/bin/env bash
# Pgpool-II sends a look inside a transaction to another server, where neither the settings nor the rows of
# that transaction are.
#
# One would guess: a pooler may choose a server for a whole transaction, and keeps to it until COMMIT.
# What happens: in one transaction that begins with BEGIN ... READ WRITE and a set_config in the same
#   message, the next SELECT is done on the replica, in another session: the setting is not there, and a
#   row that was committed before the transaction began is missing. With the set_config in a message of
#   its own, the SELECT stays at the primary.
# Versions: Pgpool-II 4.3.5 (streaming_replication, load_balance_mode = on, all else by default),
#   PostgreSQL 15. The replica's replay is paused here and has all the weight, so that it happens each time; in
#   daily life it happens whenever the replica is late.
# Why it matters: "was this purchase made already?" is asked inside the transaction that is about to make
#   it. Answered by a replica that is late, it is no, and the card is charged a second time.
set -euo pipefail
for program in psql pg_config; do command -v "$program" > /dev/null || { echo "needs $program"; exit 1; }; done
pgpool=$(type -P pgpool || ls /usr/sbin/pgpool 2> /dev/null) || { echo "needs pgpool"; exit 1; }
bin=$(pg_config --bindir)
work=$(mktemp -d)
account() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; } # none of them runs as root
clean() {
    [ -z "${pool_id:-}" ] || { kill -INT "$pool_id" && wait "$pool_id"; } 2> /dev/null || true
    for data in replica data; do
        [ ! -f "$work/$data/postmaster.pid" ] || account "$bin/pg_ctl" -D "$work/$data" -m immediate stop > /dev/null || true
    done
    rm -rf "$work"
}
trap clean EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

same Pgpool-II 4.3.5 "$("$pgpool" --version 2>&1 | sed -n 's/^pgpool-II version \([0-9.]*\).*/\1/p')"
same PostgreSQL 15 "$("$bin/postgres" --version | sed 's/.* \([0-9]*\)\..*/\1/')"
[ "$(id -u)" != 0 ] || chown postgres "$work"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
primary=$(free_port)
replica=$(free_port)
pool=$(free_port)
cd "$work"
start() {
    account "$bin/pg_ctl" -D "$work/$1" -w -t 60 -l "$work/$1.log" \
        -o "-p $2 -k $work -c listen_addresses=127.0.0.1" start > /dev/null
}
at() { timeout 60 psql -X -q -At "postgresql://postgres@127.0.0.1:$1/postgres?connect_timeout=10" "${@:2}"; }
account "$bin/initdb" -D "$work/data" -A trust -U postgres > /dev/null
start data "$primary"
account "$bin/pg_basebackup" -D "$work/replica" -R -c fast -d "postgresql://postgres@127.0.0.1:$primary"
start replica "$replica"
at "$primary" -c 'CREATE TABLE purchase (name TEXT PRIMARY KEY)'
until [ "$(at "$replica" -c "SELECT to_regclass('purchase') IS NOT NULL")" = t ]; do sleep 0.1; done
at "$replica" -c 'SELECT pg_wal_replay_pause()' > /dev/null
at "$primary" -c "INSERT INTO purchase VALUES ('refill')"
cat > pool.conf << CONF
backend_clustering_mode = 'streaming_replication'
load_balance_mode = on
listen_addresses = '127.0.0.1'
port = $pool
unix_socket_directories = '$work'
pcp_listen_addresses = ''
pcp_socket_dir = '$work'
pid_file_name = '$work/pool.pid'
logdir = '$work'
sr_check_period = 0
sr_check_user = 'postgres'
num_init_children = 4
backend_hostname0 = '127.0.0.1'
backend_port0 = $primary
backend_weight0 = 0
backend_hostname1 = '127.0.0.1'
backend_port1 = $replica
backend_weight1 = 1
CONF
touch pool_hba.conf pcp.conf
account "$pgpool" -n -D -f "$work/pool.conf" -a "$work/pool_hba.conf" -F "$work/pcp.conf" > pool.log 2>&1 &
for _ in {1..300}; do
    [ ! -s pool.pid ] || pool_id=$(tr -d '\0' < pool.pid)
    [ "$(at "$pool" -c 'SHOW pool_nodes' 2> /dev/null | grep -c 'up.*standby\|up.*primary')" != 2 ] || break
    sleep 0.1
done

asked=(-c "SELECT current_setting('app.mine', true)" -c 'SELECT count(*) FROM purchase' -c COMMIT)
begin='BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE'
set="SELECT set_config('app.mine', 'yes', true)"
same 'at the primary: the setting and the rows' 'yes yes 1' \
    "$(at "$primary" -c "$begin; $set" "${asked[@]}" | paste -sd ' ')"
same 'through the pooler, BEGIN and set_config in one message' 'yes  0' \
    "$(at "$pool" -c "$begin; $set" "${asked[@]}" | paste -sd ' ')"
same 'through the pooler, set_config in a message of its own' 'yes yes 1' \
    "$(at "$pool" -c "$begin" -c "$set" "${asked[@]}" | paste -sd ' ')"
