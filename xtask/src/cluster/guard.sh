# Starts a private PostgreSQL cluster, says "ready PORT PASSWORD", and ends it when its standard input ends: when the starter
# lets go of it, and as well when the starter is gone in whatever way.
#
# $1 the directory of PostgreSQL's programs, $2 the port, $3 "noting" when it is to note which statements are carried out, else "plain".
set -eu
programs=$1
port=$2
manner=$3
exec 3<&0
umask 077
folder=$(mktemp -d "${TMPDIR:-/tmp}/quittance-postgres.XXXXXX")
server=

end() {
    status=$?
    trap - EXIT
    trap '' HUP INT PIPE TERM
    if [ -n "$server" ]; then
        "$programs/pg_ctl" stop --silent -D "$folder/data" -m fast -t 20 >/dev/null 2>&1 ||
            "$programs/pg_ctl" stop --silent -D "$folder/data" -m immediate -t 20 >/dev/null 2>&1 || :
        wait "$server" 2>/dev/null || :
    fi
    rm -rf "$folder"
    exit "$status"
}
trap end EXIT
trap 'exit 1' HUP INT PIPE TERM

give_up() {
    echo "$1" >&2
    tail -n 20 "$folder/log" >&2 || :
    exit 1
}

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "$password" >"$folder/password"
# A locale that sorts otherwise than bytes do, as a server of one's own may have: a statement that leans on the order of texts
# without saying so is found here.
"$programs/initdb" -D "$folder/data" -U postgres --pwfile="$folder/password" --auth=scram-sha-256 --encoding=UTF8 \
    --locale=C.UTF-8 --locale-provider=icu --icu-locale=en >"$folder/log" 2>&1 || give_up "initdb failed"

noting=
# Which statements were carried out is read by the test of what an engine that shards takes.
[ "$manner" != noting ] || noting="-c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.max=50000"

# Durability is as shipped: fsync, full pages, and a commit that waits for the disk. The options are several words.
# shellcheck disable=SC2086
"$programs/postgres" -D "$folder/data" -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories="$folder" \
    -c max_connections=400 $noting >"$folder/log" 2>&1 </dev/null &
server=$!
tries=0
until "$programs/pg_isready" --quiet -h "$folder" -p "$port"; do
    kill -0 "$server" 2>/dev/null || give_up "PostgreSQL did not start"
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || give_up "PostgreSQL was not ready in time"
    sleep 0.1
done

# The owner of the tables, who may make a database per test, and the role of a server, which owns nothing. Neither is a superuser;
# the owner may end sessions of the server and read every setting, because tests do.
PGPASSWORD=$password "$programs/psql" --no-psqlrc --quiet -h "$folder" -p "$port" -U postgres -d postgres \
    -v ON_ERROR_STOP=1 >>"$folder/log" 2>&1 <<SQL || give_up "the roles could not be made"
create role quittance_server login password '$password';
create role quittance_owner login createdb password '$password';
grant quittance_server, pg_read_all_settings, pg_read_all_stats to quittance_owner;
create extension pg_stat_statements;
grant create on database postgres to quittance_owner;
SQL

echo "ready $port $password"
cat <&3 >/dev/null &
wait $! || :
