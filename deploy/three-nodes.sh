#!/bin/sh
# The reference deployment on one machine: three PostgreSQL nodes under Patroni, three etcd members, all on loopback.
#
#   three-nodes.sh start DIRECTORY     makes it in DIRECTORY the first time, and starts whatever of it does not run
#   three-nodes.sh node DIRECTORY N    starts Patroni of node N, which brings its PostgreSQL, if it does not run
#   three-nodes.sh status DIRECTORY    shows the nodes
#   three-nodes.sh stop DIRECTORY      stops everything
#   three-nodes.sh hold DIRECTORY      starts it, says "ready", and stops it when standard input ends
#
# QUITTANCE_PORTS is the first of twelve ports in a row, 25401 where it is unset. PostgreSQL refuses to run as root: started as
# root, everything runs as the user postgres. Passwords, ports and the addresses to hand to Quittance stand in DIRECTORY/settings.
set -eu

# How many tenths of a second starting and stopping may take.
PATIENCE=1200

misused() {
    sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

[ $# -ge 2 ] || misused
verb=$1
directory=$2
case $directory in /*) ;; *) directory=$PWD/$directory ;; esac

# What cannot go well ends here, before anything is made.
case $verb in
start | hold)
    missing=
    for program in etcd etcdctl patroni patronictl; do
        command -v "$program" >/dev/null || missing="$missing $program"
    done
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
    if [ -n "$missing" ]; then
        echo "not installed:$missing; on Debian: apt-get install postgresql patroni etcd-server etcd-client" >&2
        exit 1
    fi
    ;;
node | status | stop)
    [ -e "$directory/settings" ] || { echo "there is nothing in $directory; start makes it" >&2; exit 1; }
    ;;
*) misused ;;
esac

if [ "$(id -u)" -eq 0 ]; then
    # The user who is to run it may be unable to read where this file lies; it takes its own copy along.
    mkdir -p "$directory"
    cp "$0" "$directory/three-nodes.sh"
    cp "$(dirname "$0")/patroni.yml" "$directory/patroni.yml"
    chown -R postgres: "$directory"
    cd /
    HOME=$directory exec setpriv --reuid=postgres --regid=postgres --init-groups sh "$directory/three-nodes.sh" "$@"
fi
umask 077
mkdir -p "$directory"
[ -e "$directory/patroni.yml" ] || cp "$(dirname "$0")/patroni.yml" "$directory/patroni.yml"

secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# The first time: ports and passwords.
if [ ! -e "$directory/settings" ]; then
    first=${QUITTANCE_PORTS:-25401}
    programs=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")
    nodes=127.0.0.1:$((first + 9)),127.0.0.1:$((first + 10)),127.0.0.1:$((first + 11))
    owner=$(secret)
    server=$(secret)
    cat >"$directory/settings.new" <<SETTINGS
first=$first
programs=$programs
superuser=$(secret)
replication=$(secret)
rewind=$(secret)
owner=$owner
server=$server
nodes=$nodes
owner_address='postgres://quittance_owner:$owner@$nodes/quittance?target_session_attrs=read-write'
server_address='postgres://quittance_server:$server@$nodes/quittance?target_session_attrs=read-write'
SETTINGS
    mv "$directory/settings.new" "$directory/settings"
fi
. "$directory/settings"

# Node N has four ports: etcd for clients, etcd for its peers, Patroni, PostgreSQL.
etcd_port() { echo $((first + $1 - 1)); }
peer_port() { echo $((first + $1 + 2)); }
patroni_port() { echo $((first + $1 + 5)); }
postgres_port() { echo $((first + $1 + 8)); }

# Whether the process noted in a file runs and is the program named: a number may be another process's by now.
runs() {
    [ -e "$1" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(head -n 1 "$1")/cmdline" | grep -q "$2"
}

wait_for() { # what it is, then a command that ends well once it is there
    what=$1
    shift
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt "$PATIENCE" ] || { echo "no $what in time; the logs are in $directory" >&2; return 1; }
        sleep 0.1
    done
}

start_etcd() {
    folder=$directory/n$1
    mkdir -p "$folder"
    runs "$folder/etcd.pid" etcd && return
    members=
    for n in 1 2 3; do members=$members${members:+,}n$n=http://127.0.0.1:$(peer_port $n); done
    env -i PATH="$PATH" \
        ETCD_NAME="n$1" ETCD_DATA_DIR="$folder/etcd" \
        ETCD_LISTEN_CLIENT_URLS="http://127.0.0.1:$(etcd_port "$1")" \
        ETCD_ADVERTISE_CLIENT_URLS="http://127.0.0.1:$(etcd_port "$1")" \
        ETCD_LISTEN_PEER_URLS="http://127.0.0.1:$(peer_port "$1")" \
        ETCD_INITIAL_ADVERTISE_PEER_URLS="http://127.0.0.1:$(peer_port "$1")" \
        ETCD_INITIAL_CLUSTER="$members" ETCD_INITIAL_CLUSTER_TOKEN=quittance \
        ETCD_HEARTBEAT_INTERVAL=100 ETCD_ELECTION_TIMEOUT=1000 \
        ETCD_AUTO_COMPACTION_MODE=periodic ETCD_AUTO_COMPACTION_RETENTION=1h \
        setsid etcd >>"$folder/etcd.log" 2>&1 </dev/null &
    echo $! >"$folder/etcd.pid"
}

start_node() {
    folder=$directory/n$1
    runs "$folder/patroni.pid" patroni && return
    hosts=
    for n in 1 2 3; do hosts=$hosts${hosts:+,}127.0.0.1:$(etcd_port $n); done
    env -i PATH="/usr/bin:/bin" HOME="$folder" \
        PATRONI_NAME="n$1" PATRONI_ETCD3_HOSTS="$hosts" \
        PATRONI_RESTAPI_LISTEN="127.0.0.1:$(patroni_port "$1")" \
        PATRONI_RESTAPI_CONNECT_ADDRESS="127.0.0.1:$(patroni_port "$1")" \
        PATRONI_POSTGRESQL_LISTEN="127.0.0.1:$(postgres_port "$1")" \
        PATRONI_POSTGRESQL_CONNECT_ADDRESS="127.0.0.1:$(postgres_port "$1")" \
        PATRONI_POSTGRESQL_DATA_DIR="$folder/data" PATRONI_POSTGRESQL_BIN_DIR="$programs" \
        PATRONI_POSTGRESQL_PGPASS="$folder/pgpass" \
        PATRONI_SUPERUSER_USERNAME=postgres PATRONI_SUPERUSER_PASSWORD="$superuser" \
        PATRONI_REPLICATION_USERNAME=replication PATRONI_REPLICATION_PASSWORD="$replication" \
        PATRONI_REWIND_USERNAME=rewind PATRONI_REWIND_PASSWORD="$rewind" \
        setsid patroni "$directory/patroni.yml" >>"$folder/patroni.log" 2>&1 </dev/null &
    echo $! >"$folder/patroni.pid"
}

ask() { # the leader, as the superuser; the answer
    PGPASSWORD=$superuser PGCONNECT_TIMEOUT=2 "$programs/psql" --no-psqlrc -At -v ON_ERROR_STOP=1 \
        -d "postgres://postgres@$nodes/$1?target_session_attrs=read-write" -c "$2"
}

# A leader to which both others stream, one of them synchronously.
whole() {
    [ "$(ask postgres "select count(*) filter (where state = 'streaming') = 2 and bool_or(sync_state = 'sync') from pg_stat_replication")" = t ]
}

# The owner of the tables and the role of the servers, which owns nothing. A database where only these two may connect.
make_database() {
    if [ "$(ask postgres "select count(*) from pg_database where datname = 'quittance'")" = 0 ]; then
        ask postgres "
            do \$\$ begin
                if not exists (select from pg_roles where rolname = 'quittance_owner') then
                    create role quittance_owner login password '$owner';
                end if;
                if not exists (select from pg_roles where rolname = 'quittance_server') then
                    create role quittance_server login password '$server';
                end if;
            end \$\$" >/dev/null
        ask postgres "create database quittance owner quittance_owner" >/dev/null
    fi
    # A replica that has not caught up says that there is no such database, and psql then asks no other node.
    wait_for "database on every node" ask quittance "revoke all on database quittance from public;
        grant connect on database quittance to quittance_server"
}

etcd_is_well() {
    for n in 1 2 3; do
        ETCDCTL_API=3 etcdctl --endpoints="127.0.0.1:$(etcd_port $n)" --command-timeout=2s endpoint health || return 1
    done
}

any_etcd_is_well() {
    for n in 1 2 3; do
        ETCDCTL_API=3 etcdctl --endpoints="127.0.0.1:$(etcd_port $n)" --command-timeout=1s endpoint health >/dev/null 2>&1 && return
    done
    return 1
}

start() {
    for n in 1 2 3; do start_etcd $n; done
    wait_for "etcd" etcd_is_well
    for n in 1 2 3; do start_node $n; done
    wait_for "leader with two replicas" whole
    make_database
}

# Patroni stops its PostgreSQL in order. What does not end by itself, or lost its Patroni, is ended by number.
stop() {
    for n in 1 2 3; do
        ! runs "$directory/n$n/patroni.pid" patroni || kill -TERM "$(cat "$directory/n$n/patroni.pid")" 2>/dev/null || :
    done
    tries=0
    while for n in 1 2 3; do runs "$directory/n$n/patroni.pid" patroni && break; done; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || break
        sleep 0.1
    done
    for n in 1 2 3; do
        folder=$directory/n$n
        ! runs "$folder/patroni.pid" patroni || kill -KILL "$(cat "$folder/patroni.pid")" 2>/dev/null || :
        ! runs "$folder/data/postmaster.pid" postgres ||
            "$programs/pg_ctl" stop --silent -D "$folder/data" -m immediate -t 20 || :
        ! runs "$folder/etcd.pid" etcd || kill -TERM "$(cat "$folder/etcd.pid")" 2>/dev/null || :
    done
    for n in 1 2 3; do
        wait_for "end of etcd" sh -c "! kill -0 $(cat "$directory/n$n/etcd.pid" 2>/dev/null || echo 0x)"
    done
}

case $verb in
start) start ;;
node)
    [ $# -eq 3 ] || misused
    start_node "$3"
    ;;
status)
    # patronictl goes on asking for ever where no etcd answers.
    any_etcd_is_well || { echo "no etcd of $directory answers: it is stopped, and start starts it" >&2; exit 1; }
    printf 'scope: quittance\netcd3:\n  hosts: 127.0.0.1:%s,127.0.0.1:%s,127.0.0.1:%s\n' \
        "$(etcd_port 1)" "$(etcd_port 2)" "$(etcd_port 3)" >"$directory/patronictl.yml"
    patronictl -c "$directory/patronictl.yml" list
    ;;
stop) stop ;;
hold)
    exec 3<&0
    trap stop EXIT
    trap 'exit 1' HUP INT PIPE TERM
    start
    echo ready
    cat <&3 >/dev/null &
    wait $! || :
    ;;
esac
