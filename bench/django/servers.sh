# For `run` and `plain`, which source it: MariaDB, and gunicorn with a service that keeps its numbers there.

folder=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

environment=target/bench-django
if [[ ! -e $environment/rest ]]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet django djangorestframework gunicorn pymysql
    touch "$environment/rest"
fi

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Sets `port`, its port, beside which it listens on $SEED_SOCKET.
start_mariadb() {
    local user=()
    [[ $(id -u) != 0 ]] || user=(--user=root)
    mkdir "$folder/tmp"
    export TMPDIR=$folder/tmp SEED_SOCKET=$folder/mariadb.sock
    mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db "${user[@]}" \
        --datadir="$folder/data" >"$folder/install.log" 2>&1
    port=$(free_port)
    # As it comes: durable at each commit.
    mariadbd --no-defaults "${user[@]}" --datadir="$folder/data" --socket="$SEED_SOCKET" --port="$port" \
        --bind-address=127.0.0.1 --pid-file="$folder/pid" >"$folder/mariadb.log" 2>&1 &
    pids+=($!)
    for _ in $(seq 100); do
        mariadb --no-defaults --socket="$SEED_SOCKET" --user=root --execute='SELECT 1' >/dev/null 2>&1 && break
        sleep 0.1
    done
    mariadb --no-defaults --socket="$SEED_SOCKET" --user=root --execute='CREATE DATABASE seed; CREATE DATABASE ledger'
}

# serve MODULE GUNICORN-ARGUMENTS: sets `beside`, its port, and `server`, its process.
serve() {
    "$environment/bin/python" -c "import sys; sys.path.insert(0, 'bench/django'); import $1; $1.create_table()"
    beside=$(free_port)
    "$environment/bin/gunicorn" --chdir bench/django --bind "127.0.0.1:$beside" --workers 4 --log-level error \
        "${@:2}" "$1:application" >"$folder/gunicorn.log" 2>&1 &
    server=$!
    pids+=("$server")
    for _ in $(seq 100); do
        curl --silent --fail "http://127.0.0.1:$beside/next-tracking-number" >/dev/null && break
        sleep 0.1
    done
}
