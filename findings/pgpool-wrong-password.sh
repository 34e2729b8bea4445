#!/usr/bin/env bash
# Pgpool-II reports a wrong password as a defect of the server (XX000), not as a wrong password (28P01).
#
# One would guess: a pooler passes on the class of the refusal, or makes the same one: 28P01,
#   "password authentication failed for user".
# What happens: ERROR, code XX000 (internal error), "clear text authentication failed". The same user and
#   password at PostgreSQL itself: FATAL, 28P01.
# Versions: Pgpool-II 4.3.5 (enable_pool_hba = on, pool_passwd with the password as text), PostgreSQL 15,
#   PyPI pg8000 1.31.2, which shows the fields of the answer.
# Why it matters: a job that books usage tries again on XX000, and stops on 28P01. After a password was
#   changed it tries for ever, and whoever reads the message looks for a fault of the server.
set -euo pipefail
for program in psql pg_config python3; do command -v "$program" > /dev/null || { echo "needs $program"; exit 1; }; done
pgpool=$(type -P pgpool || ls /usr/sbin/pgpool 2> /dev/null) || { echo "needs pgpool"; exit 1; }
bin=$(pg_config --bindir)
work=$(mktemp -d)
account() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; } # neither of them runs as root
clean() {
    [ -z "${pool_id:-}" ] || { kill -INT "$pool_id" && wait "$pool_id"; } 2> /dev/null || true
    [ ! -f "$work/data/postmaster.pid" ] || account "$bin/pg_ctl" -D "$work/data" -m immediate stop > /dev/null || true
    rm -rf "$work"
}
trap clean EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

same Pgpool-II 4.3.5 "$("$pgpool" --version 2>&1 | sed -n 's/^pgpool-II version \([0-9.]*\).*/\1/p')"
same PostgreSQL 15 "$("$bin/postgres" --version | sed 's/.* \([0-9]*\)\..*/\1/')"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pg8000==1.31.2
[ "$(id -u)" != 0 ] || chown postgres "$work"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
server=$(free_port)
pool=$(free_port)
cd "$work"
printf right > password
account "$bin/initdb" -D "$work/data" -U books --auth-local=trust --auth-host=password --pwfile="$work/password" > /dev/null
account "$bin/pg_ctl" -D "$work/data" -w -t 60 -l "$work/server.log" \
    -o "-p $server -k $work -c listen_addresses=127.0.0.1" start > /dev/null
cat > pool.conf << CONF
backend_clustering_mode = 'raw'
listen_addresses = '127.0.0.1'
port = $pool
unix_socket_directories = '$work'
pcp_listen_addresses = ''
pcp_socket_dir = '$work'
pid_file_name = '$work/pool.pid'
logdir = '$work'
enable_pool_hba = on
pool_passwd = 'pool_passwd'
num_init_children = 4
backend_hostname0 = '127.0.0.1'
backend_port0 = $server
CONF
echo 'books:TEXTright' > pool_passwd
echo 'host all all 127.0.0.1/32 password' > pool_hba.conf
touch pcp.conf
[ "$(id -u)" != 0 ] || chown postgres pool_passwd
account "$pgpool" -n -D -f "$work/pool.conf" -a "$work/pool_hba.conf" -F "$work/pcp.conf" > pool.log 2>&1 &
for _ in {1..300}; do
    [ ! -s pool.pid ] || pool_id=$(tr -d '\0' < pool.pid)
    ! PGPASSWORD=right timeout 60 psql -X -q -At -h 127.0.0.1 -p "$pool" -U books postgres -c 'SELECT 1' > seen 2> /dev/null || break
    sleep 0.1
done
same 'the right password, through the pooler' 1 "$(cat seen)"
refused() { # severity, code and words of the answer to a wrong password at this port
    timeout 60 venv/bin/python - "$1" << 'PY'
import sys
import pg8000.native

try:
    pg8000.native.Connection("books", host="127.0.0.1", port=int(sys.argv[1]), password="wrong", database="postgres", timeout=30)
except pg8000.exceptions.DatabaseError as error:
    fields = error.args[0]
    print(fields["S"], fields["C"], fields["M"])
PY
}
same 'a wrong one at PostgreSQL' 'FATAL 28P01 password authentication failed for user "books"' "$(refused "$server")"
same 'a wrong one through the pooler' 'ERROR XX000 clear text authentication failed' "$(refused "$pool")"
