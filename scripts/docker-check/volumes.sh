# shellcheck shell=bash
# Homes that were tampered with, or are stale, in the place of validator 3's. Sourced by scripts/docker-check.sh.

check_volumes() {
  compose stop validator-3 >/dev/null 2>&1
  volume 'cp -a validator-3 older'

  refused 'there is no key at /pheme/key.json' 'rm key.json'
  refused '/pheme/key.json.*chmod 600' 'chmod 0644 key.json'
  refused 'publicKey does not belong to its seed' "$(edited key.json 'publicKey = "00".repeat(32)')"
  refused 'there is no genesis at /pheme/genesis.json' 'rm genesis.json'
  refused '/pheme/data holds data of network' "$(edited genesis.json 'name = "another"')"
  refused 'validation.requiredValidators: is 1 in this node' 'printf "\nvalidation: {requiredValidators: 1}\n" >>validator.yml'
  refused 'the data directory has schema version 99' "node --input-type=module --eval '$NEWER_SCHEMA'"
  step "a home is refused that lacks its key or genesis, has one that was changed, other rules, or data of a newer schema"

  swap_in kept 'rm key.json'
  local code=0
  devnet up >"$folder/refused.log" 2>&1 || code=$?
  swap_out
  [ "$code" -eq 2 ] || fail "up ended with exit code $code where a key is missing"
  grep -q 'there is no key at /pheme/key.json' "$folder/refused.log" || { cat "$folder/refused.log"; fail "up does not give the reason"; }
  step "up fails, and gives the reason"

  swap_in kept 'cp ../validator-2/key.json .'
  distrusts_its_journal "with the key of another validator"
  swap_out

  start validator-3
  review_new newer
  same "$(validator 3)" newer
  compose stop validator-3 >/dev/null 2>&1
  swap_in older
  distrusts_its_journal "on an older copy of its home"
  same "$(validator 3)" newer
  step "on an older copy, or with another's key, a validator says that it follows only; it fetches what it missed"
  compose stop validator-3 >/dev/null 2>&1
  swap_out
  start validator-3
}

# Runs a script among the homes.
volume() {
  docker run --rm --interactive --network none --workdir /pheme --entrypoint sh \
    --volume "${COMPOSE_PROJECT_NAME}_homes:/pheme" "$DEVNET_IMAGE" -es <<<"$1"
}

# swap_in HOME [SCRIPT]: puts a copy of a home in the place of validator 3's, after the script was run in it. The home
# itself is only moved aside: a copy is known by its files.
swap_in() {
  volume "mv validator-3 kept; cp -a $1 validator-3; cd validator-3; ${2:-:}" || fail "cannot change the volume"
}
swap_out() {
  compose rm --stop --force validator-3 >/dev/null 2>&1
  volume 'rm -rf validator-3; mv kept validator-3'
}

# refused TEXT SCRIPT: the node of a home that the script changed ends with exit code 2 and says this.
refused() {
  local code=0
  swap_in kept "$2"
  timeout "$READY_TIMEOUT_S" docker compose --file docker/compose.yml run --rm --no-deps --no-TTY validator-3 >"$folder/refused.log" 2>&1 || code=$?
  swap_out
  grep -q "$1" "$folder/refused.log" && [ "$code" -eq 2 ] ||
    { cat "$folder/refused.log"; fail "exit code $code, and not the message: $1"; }
}

# edited FILE CHANGE: a script that changes a field of a JSON file.
edited() {
  printf "node --eval '%s' %s" \
    "const fs = require(\"fs\"), value = JSON.parse(fs.readFileSync(\"$1\")); value.$2; fs.writeFileSync(\"$1\", JSON.stringify(value))" "$1"
}

NEWER_SCHEMA='
  import { openLevelBackend } from "/app/dist/store/level-backend.js";
  import { DamageLog } from "/app/dist/store/damage-log.js";
  import { createTables } from "/app/dist/store/tables.js";
  const backend = await openLevelBackend("data", () => {});
  await backend.apply([createTables(backend, new DamageLog()).meta.put("schemaVersion", "99")]);
  await backend.close();'

distrusts_its_journal() {
  compose up --detach --no-build --no-deps validator-3 >"$folder/up.log" 2>&1
  until_true 60 logs_say "$(validator 3)" 'following open tasks without signing' || fail "validator 3 does not say what it is $1"
}
logs_say() { docker logs "$1" 2>&1 | grep -q "$2"; }
