#!/usr/bin/env bash
# The devnet in containers, checked from end to end: four healthy validators, a verdict, another one without one of
# them, an observer with the same result, a revived validator with all results, homes that are refused. Exit 0 if all
# of it holds. It runs beside other devnets, and leaves no container, volume, network or image of its own behind.
# Usage: scripts/docker-check.sh [--adapters] [--monitoring]
#   --adapters     also a task from Redis into PostgreSQL
#   --monitoring   also Prometheus: every rule, every query of the dashboards, an alert; takes two minutes more
# The images come from where compose.yml says, or are named by DEVNET_PROMETHEUS_IMAGE and the like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

parts=()
for flag; do
  case $flag in
    --adapters | --monitoring) parts+=("${flag#--}") ;;
    *) sed -n 's/^# \(Usage.*\)/\1/p' "$0" >&2; exit 2 ;;
  esac
done
for part in volumes adapters monitoring; do
  # shellcheck source=/dev/null # the three of this folder
  . "scripts/docker-check/$part.sh"
done

export COMPOSE_PROJECT_NAME=pheme-check-$$ DEVNET_IMAGE=localhost/pheme-validator:check-$$
export DEVNET_PORT_0='' DEVNET_PORT_1='' DEVNET_PORT_2='' DEVNET_PORT_3='' DEVNET_PROMETHEUS_PORT='' DEVNET_GRAFANA_PORT=''
export DEVNET_REDIS_PORT='' DEVNET_POSTGRES_PORT=''
OBSERVER=$COMPOSE_PROJECT_NAME-observer
READY_TIMEOUT_S=120
folder=$(mktemp -d)

step() { printf 'docker-check %4ss  %s\n' "$SECONDS" "$*"; }
fail() { step "FAILED: $*"; exit 1; }
devnet() { scripts/docker-devnet.sh "$@"; }
compose() { docker compose --file docker/compose.yml "$@"; }
# start SERVICE...: and waits until all are healthy.
start() {
  compose --profile '*' up --detach --no-build --no-deps --wait --wait-timeout "$READY_TIMEOUT_S" "$@" >"$folder/up.log" 2>&1 ||
    { cat "$folder/up.log"; fail "did not start: $*"; }
}
# The image of a service, if it is here or to be had; it stays.
has_image() {
  local image
  image=$(compose --profile '*' config --format json | docker run --rm --interactive --entrypoint node "$DEVNET_IMAGE" --print "
    JSON.parse(require('fs').readFileSync(0)).services['$1'].image")
  docker image inspect "$image" >/dev/null 2>&1 || timeout 300 docker pull --quiet "$image" >/dev/null 2>&1 ||
    { step "there is no image $image; DEVNET_${1^^}_IMAGE may name another"; return 1; }
}
validator() { printf '%s-validator-%s-1' "$COMPOSE_PROJECT_NAME" "$1"; }
health() { docker inspect --format '{{.State.Health.Status}}' "$1"; }

clean() {
  local code=$?
  trap - EXIT
  if [ "$code" -ne 0 ]; then
    for container in $(docker ps --all --quiet --filter "name=^$COMPOSE_PROJECT_NAME-"); do
      docker inspect --format '--- {{.Name}}: {{.State.Status}}, exit code {{.State.ExitCode}}' "$container"
      docker logs --tail 20 "$container" 2>&1
    done
  fi
  devnet down --volumes >"$folder/down.log" 2>&1 || { cat "$folder/down.log"; code=1; }
  docker image rm --force "$DEVNET_IMAGE" >/dev/null 2>&1 || true
  rm -rf "$folder"
  exit "$code"
}
trap clean EXIT
trap 'exit 130' INT TERM

# review NAME EXIT_CODE OUTCOME [DIFF]: has scripts/samples/NAME.diff reviewed, or that file, and keeps the verified
# result as NAME.json.
review() {
  local code=0
  devnet review "${4:-scripts/samples/$1.diff}" --json >"$folder/$1.json" 2>"$folder/$1.log" || code=$?
  [ "$code" -eq "$2" ] || { cat "$folder/$1.log"; fail "the review of $1 ended with exit code $code, not $2"; }
  docker exec --interactive "$(validator 0)" node --print "$READ; [result.outcome, result.taskId, result.core].join('\n')" \
    <"$folder/$1.json" >"$folder/$1.fields"
  [ "$(line 1 "$1")" = "$3" ] || fail "the outcome of $1 is $(line 1 "$1"), not $3"
  line 3 "$1" | grep -Eq '^[0-9a-f]{64,}$' || fail "the result of $1 has no core bytes"
}
# review_new NAME: has a task reviewed that nobody saw yet, and that is approved.
review_new() {
  sed "s/money/$1/" scripts/samples/tidy-fix.diff >"$folder/$1.diff"
  review "$1" 0 APPROVED "$folder/$1.diff"
}
READ="const result = JSON.parse(require('fs').readFileSync(0, 'utf8'))"

# line NUMBER NAME: outcome (1), task id (2) or core bytes (3) of a review.
line() { sed -n "$1p" "$folder/$2.fields"; }

# same CONTAINER NAME: the container's own node has, verifies and gives the same core bytes as the review gave.
same() {
  until_true 30 gives_core "$1" "$(line 2 "$2")" "$(line 3 "$2")" || fail "$1 does not give the core bytes of $2"
}
gives_core() {
  [ "$(docker exec "$1" sh -c "pheme result $2 --json | node --print \"$READ; result.core\"")" = "$3" ]
}

# until_true SECONDS COMMAND...: repeats the command until it succeeds.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.5
  done
}

step "build the image, start four validators"
devnet up >"$folder/up.log" 2>&1 || { cat "$folder/up.log"; fail "the devnet did not start"; }
for index in 0 1 2 3; do
  [ "$(health "$(validator $index)")" = healthy ] || fail "validator $index is not healthy"
done
step "four are healthy, $(grep -o 'ready after [0-9]* s' "$folder/up.log"); image $(docker image inspect --format '{{.Size}}' "$DEVNET_IMAGE") bytes"

review sql-injection 1 REJECTED
for index in 0 1 2 3; do same "$(validator $index)" sql-injection; done
step "a review decides: REJECTED, the same bytes on all four"

docker kill "$(validator 3)" >/dev/null
review tidy-fix 0 APPROVED
for index in 0 1 2; do same "$(validator $index)" tidy-fix; done
[ "$(docker inspect --format '{{.State.Running}}' "$(validator 3)")" = false ] || fail "the killed validator came back by itself"
step "with one killed another review decides: APPROVED, the same bytes on three"

devnet observer 2>"$folder/observer.log" || { cat "$folder/observer.log"; fail "the observer did not join"; }
for name in sql-injection tidy-fix; do same "$OBSERVER" "$name"; done
step "an observer joined with one command and shows the same results"

devnet genesis >"$folder/genesis.json"
chmod -R a+rX "$folder"
docker exec "$OBSERVER" pheme result "$(line 2 tidy-fix)" --json |
  docker run --rm --interactive --network none --read-only --volume "$folder/genesis.json:/genesis.json:ro" "$DEVNET_IMAGE" \
    verify - --network /genesis.json --require approved >"$folder/verify.log" 2>&1 ||
  { cat "$folder/verify.log"; fail "the observer's result does not verify"; }
step "its result verifies without a network"

start --force-recreate validator-3
for name in sql-injection tidy-fix; do same "$(validator 3)" "$name"; done
step "the killed one, in a new container with its old volume, has caught up"

for part in volumes ${parts[@]+"${parts[@]}"}; do "check_$part"; done

devnet down --volumes >"$folder/down.log" 2>&1 || { cat "$folder/down.log"; fail "the devnet does not stop"; }
for kind in container volume network; do
  left=$(docker $kind ls --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")
  [ -z "$left" ] || fail "a $kind is left: $left"
done
step "ok: stopped, nothing left"
