# shellcheck shell=bash
# Prometheus over the devnet: targets, rules, what the dashboards ask, an alert. Sourced by scripts/docker-check.sh.

check_monitoring() {
  local services=(prometheus)
  has_image prometheus || fail "Prometheus cannot be started"
  if has_image grafana; then services+=(grafana); else step "skipped: grafana; its queries are asked all the same"; fi
  start "${services[@]}"
  until_true 60 prometheus targets || { prometheus targets; fail "Prometheus does not see all four validators"; }
  step "Prometheus scrapes all four, with a token that only reads"

  local count command
  for count in 1 2 3; do review_new "scraped-$count"; done
  until_true 90 prometheus queries || { prometheus queries; fail "a query gives no data"; }
  step "$(prometheus queries)"

  compose stop validator-3 >/dev/null 2>&1
  review_new unseen
  until_true 120 prometheus alert PhemeNodeDown validator-3:7436 || fail "no alert says that validator-3:7436 is down"
  prometheus alert PhemeValidatorDisconnected validator-0:7436 >"$folder/alert" || fail "no alert says that validator 3 is away"
  for command in 'health' "explain $(line 2 unseen)"; do
    docker exec "$(validator 0)" sh -c "pheme $command" >"$folder/said" 2>&1 || true
    grep -qF "$(cat "$folder/alert")" "$folder/said" ||
      { cat "$folder/alert" "$folder/said"; fail "pheme ${command% *} and the alert use other words"; }
  done
  step "one stopped for a minute: alert, health and explain say $(cat "$folder/alert")"
  start validator-3
  until_true 60 prometheus quiet || { prometheus quiet; fail "an alert still fires"; }
  step "it is back, and no alert fires"
}

# Asks Prometheus from inside the devnet.
prometheus() {
  docker run --rm --network "${COMPOSE_PROJECT_NAME}_peers" --read-only --volume "$PWD/docker:/check/docker:ro" \
    --volume "$PWD/scripts:/check/scripts:ro" --entrypoint node "$DEVNET_IMAGE" \
    --no-warnings /check/scripts/docker-check/prometheus.ts "$@"
}
