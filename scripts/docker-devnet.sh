#!/usr/bin/env bash
# A devnet of four validators in containers, on any Docker engine (26 or newer, with Compose and BuildKit).
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/docker-devnet.sh COMMAND

  up                      build the image, start four validators, wait until all are ready
  review FILE|- [FLAG..]  have them review a diff: exit 0 approved, 1 rejected, 3 no verdict
  pheme ARGUMENT...       any command of pheme, asked of the first validator that runs: pheme status, pheme results
  observer                join one more node, which follows and verifies but has no vote; shows the one command it takes
  genesis                 print the devnet's genesis.json, for pheme verify --network
  peer                    print the address of a validator inside the devnet
  env                     print the variables for a pheme on this host: eval "$(scripts/docker-devnet.sh env)"
  logs [SERVICE]          follow the logs
  down [--volumes]        stop all; with --volumes also delete keys and results

Environment: DEVNET_IMAGE, the image's name; DEVNET_PORT_0 to DEVNET_PORT_3, where the RPCs are published on
127.0.0.1 (17436 to 17439; empty for any free port); COMPOSE_PROJECT_NAME, for a second devnet beside the first;
DEVNET_PROMETHEUS_IMAGE, DEVNET_GRAFANA_IMAGE, DEVNET_REDIS_IMAGE, DEVNET_POSTGRES_IMAGE, for images from elsewhere.
TEXT
}

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-pheme-devnet}
export DEVNET_IMAGE=${DEVNET_IMAGE:-localhost/pheme-validator:devnet}
OBSERVER=$COMPOSE_PROJECT_NAME-observer
READY_TIMEOUT_S=180 # four nodes on one core of a loaded machine

say() { printf 'docker-devnet: %s\n' "$*" >&2; }
fail() { say "$*"; exit 2; }
compose() { docker compose --file "$ROOT/docker/compose.yml" "$@"; }

# What npm needs on this host, it needs in the build: registry, certificate authority, proxies. Files are lent as
# secrets, and these arguments are the build's own: nothing of it is in the image.
build() {
  local options=() name
  local npmrc=${NPM_CONFIG_USERCONFIG:-${npm_config_userconfig:-$HOME/.npmrc}}
  if [ -f "$npmrc" ]; then options+=(--secret "id=npmrc,src=$npmrc"); fi
  if [ -f "${NODE_EXTRA_CA_CERTS:-}" ]; then options+=(--secret "id=ca,src=$NODE_EXTRA_CA_CERTS"); fi
  for name in NPM_CONFIG_REGISTRY HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
    if [ -n "${!name:-}" ]; then options+=(--build-arg "$name"); fi
  done
  docker build --file "$ROOT/docker/Dockerfile" --tag "$DEVNET_IMAGE" \
    --build-arg "VERSION=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$ROOT/package.json")" \
    --build-arg "REVISION=$(git -C "$ROOT" rev-parse HEAD 2>/dev/null || echo unknown)" \
    ${options[@]+"${options[@]}"} "$ROOT" >&2
}

up() {
  local began
  say "building $DEVNET_IMAGE"
  build
  say "starting four validators"
  began=$SECONDS
  compose up --detach --no-build --quiet-pull --wait --wait-timeout "$READY_TIMEOUT_S" || {
    reasons >&2
    fail "the devnet did not become ready; the reasons are above"
  }
  say "ready after $((SECONDS - began)) s; next: $0 review scripts/samples/sql-injection.diff"
}

# Of each container that did not become ready: its state, its last words, and what its health check said last.
reasons() {
  local container state health
  for container in $(compose ps --all --quiet); do
    state=$(docker inspect --format '{{.Name}}: {{.State.Status}}, exit code {{.State.ExitCode}}' "$container")
    health=$(docker inspect --format '{{with .State.Health}}{{.Status}}{{end}}' "$container")
    case "$state $health" in *' healthy' | *'exited, exit code 0 '*) continue ;; esac
    printf '\n%s\n' "${state#/}"
    docker logs --tail 5 "$container" 2>&1
    docker inspect --format '{{with .State.Health}}{{range .Log}}{{.Output}}{{end}}{{end}}' "$container" | grep . | tail -n 1 || true
  done
}

# The first validator that runs: any of them answers for the network, and clients verify what it says.
running() {
  local service
  service=$(compose ps --services --status running | sort | grep -m 1 '^validator-') || fail "no validator runs: $0 up"
  printf '%s\n' "$service"
}

pheme() {
  local service terminal=()
  service=$(running)
  if ! [ -t 0 ] || ! [ -t 1 ]; then terminal=(--no-TTY); fi
  compose exec ${terminal[@]+"${terminal[@]}"} "$service" pheme "$@"
}

review() {
  local diff=${1:-}
  [ -n "$diff" ] || fail "which diff? $0 review FILE, or - for standard input"
  shift
  if [ "$diff" = - ]; then pheme review - "$@"; else pheme review - "$@" < "$diff"; fi
}

genesis() { compose exec --no-TTY "$(running)" cat genesis.json; }

peer() {
  local service
  service=$(running)
  compose exec --no-TTY "$service" sh -ec 'pheme status --json | node --print "JSON.parse(require(\"fs\").readFileSync(0)).peerId"' |
    sed "s|^|/dns/$service/tcp/7435/p2p/|"
}

environment() {
  local service
  service=$(running)
  printf 'export VALIDATOR_ENDPOINT=http://%s\n' "$(compose port "$service" 7436)"
  printf 'export PHEME_RPC_TOKEN=%s\n' "$(compose exec --no-TTY "$service" cat api-token)"
}

observer() {
  local folder join
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$folder'" EXIT
  genesis > "$folder/genesis.json"
  chmod 0755 "$folder" # the container's user is another one
  join=(docker run --detach --rm --name "$OBSERVER" --network "${COMPOSE_PROJECT_NAME}_peers"
    --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges
    --volume "$folder/genesis.json:/genesis.json:ro" "$DEVNET_IMAGE"
    start --observer --network /genesis.json --peer "$(peer)")
  say "${join[*]}"
  "${join[@]}" >/dev/null
  until docker exec "$OBSERVER" node /app/healthcheck.mjs /readyz >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$READY_TIMEOUT_S" ]; then fail "the observer is not ready: docker logs $OBSERVER"; fi
    docker container inspect "$OBSERVER" >/dev/null 2>&1 || fail "the observer ended; without --detach the command above says why"
    sleep 0.5
  done
  say "joined; ask it with: docker exec $OBSERVER pheme results"
}

down() {
  docker rm --force --volumes "$OBSERVER" >/dev/null 2>&1 || true
  compose --profile '*' down --remove-orphans "$@"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  up | review | pheme | observer | genesis | peer | down) "$command" "$@" ;;
  env) environment ;;
  logs) compose logs --follow "$@" ;;
  help | --help | -h) usage ;;
  *) usage >&2; exit 2 ;;
esac
