#!/usr/bin/env bash
# The devnet in containers, checked from end to end: four healthy validators, a verdict, another one without one of
# them, an observer with the same result, a revived validator with all results. Exit 0 if all of it holds. It runs
# beside other devnets, and leaves no container, volume, network or image behind. Usage: scripts/docker-check.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export COMPOSE_PROJECT_NAME=pheme-check-$$ DEVNET_IMAGE=localhost/pheme-validator:check-$$
export DEVNET_PORT_0='' DEVNET_PORT_1='' DEVNET_PORT_2='' DEVNET_PORT_3=''
OBSERVER=$COMPOSE_PROJECT_NAME-observer
READY_TIMEOUT_S=120
folder=$(mktemp -d)

step() { printf 'docker-check %4ss  %s\n' "$SECONDS" "$*"; }
fail() { step "FAILED: $*"; exit 1; }
devnet() { scripts/docker-devnet.sh "$@"; }
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

# review NAME EXIT_CODE OUTCOME: has scripts/samples/NAME.diff reviewed, and keeps the verified result as NAME.json.
review() {
  local code=0
  devnet review "scripts/samples/$1.diff" --json >"$folder/$1.json" 2>"$folder/$1.log" || code=$?
  [ "$code" -eq "$2" ] || { cat "$folder/$1.log"; fail "the review of $1 ended with exit code $code, not $2"; }
  docker exec --interactive "$(validator 0)" node --print "$READ; [result.outcome, result.taskId, result.core].join('\n')" \
    <"$folder/$1.json" >"$folder/$1.fields"
  [ "$(line 1 "$1")" = "$3" ] || fail "the outcome of $1 is $(line 1 "$1"), not $3"
  line 3 "$1" | grep -Eq '^[0-9a-f]{64,}$' || fail "the result of $1 has no core bytes"
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
step "four are healthy; image $(docker image inspect --format '{{.Size}}' "$DEVNET_IMAGE") bytes"

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

docker compose --file docker/compose.yml up --detach --no-build --no-deps --force-recreate validator-3 >"$folder/up.log" 2>&1
until_true "$READY_TIMEOUT_S" sh -c "docker inspect --format '{{.State.Health.Status}}' $(validator 3) | grep -qx healthy" || fail "validator 3 does not come back"
for name in sql-injection tidy-fix; do same "$(validator 3)" "$name"; done
step "the killed one, in a new container with its old volume, has caught up"

devnet down --volumes >"$folder/down.log" 2>&1 || { cat "$folder/down.log"; fail "the devnet does not stop"; }
for kind in container volume network; do
  left=$(docker $kind ls --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")
  [ -z "$left" ] || fail "a $kind is left: $left"
done
step "ok: stopped, nothing left"
