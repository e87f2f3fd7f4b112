# shellcheck shell=bash
# The devnet with Redis and PostgreSQL: a task comes in by one and stands in the other. Sourced by scripts/docker-check.sh.

check_adapters() {
  local task outcome
  { has_image redis && has_image postgres; } || fail "Redis and PostgreSQL cannot be started"
  export DEVNET_REDIS_URL=redis://redis:6379 DEVNET_DATABASE_URL=postgres://pheme:devnet@postgres/pheme
  start redis postgres validator-0 validator-1 validator-2 validator-3
  step "four validators use Redis and PostgreSQL"

  sed 's/orders/queued/' scripts/samples/sql-injection.diff >"$folder/queued.diff"
  timeout 120 docker exec --interactive --workdir /app "$(validator 0)" node --input-type=module --eval "$QUEUE_JOB" \
    <"$folder/queued.diff" >"$folder/job" 2>"$folder/job.log" || { cat "$folder/job.log"; fail "the queue gives no result"; }
  read -r outcome task <"$folder/job"
  [ "$outcome" = REJECTED ] || fail "the outcome of the job is $outcome, not REJECTED"
  until_true 30 mirrors "$task" || fail "PostgreSQL does not hold the judgements of task $task: $(rows "$task")"
  step "a job of the queue is done, and its result stands in PostgreSQL: $(rows "$task")"
}

# What an integrator's own program does: one job in, the network's result out.
QUEUE_JOB='
  import { readFileSync } from "node:fs";
  import { Queue, QueueEvents } from "bullmq";
  const options = { connection: { url: process.env.REDIS_URL, maxRetriesPerRequest: null }, prefix: "pheme:worker" };
  const queue = new Queue("task-validation", options);
  const events = new QueueEvents("task-validation", options);
  await events.waitUntilReady();
  const pullRequest = { url: "https://git.example/orders/1", diff: readFileSync(0, "utf8"), files: [] };
  const requirements = { style: false, security: true, performance: false };
  const job = await queue.add("review", { type: "CODE_REVIEW", pullRequest, requirements });
  const { outcome, taskId } = await job.waitUntilFinished(events, 60_000);
  console.log(outcome, taskId);
  await Promise.all([events.close(), queue.close()]);'

rows() {
  sql "SELECT r.outcome || ' with ' || count(*) || ' judgements'
    FROM pheme.results r JOIN pheme.judgements USING (task_id) WHERE task_id = '$1' GROUP BY r.outcome"
}
# The value holds the judgements of a quorum at least.
mirrors() { rows "$1" | grep -qx 'REJECTED with [34] judgements'; }
sql() {
  compose --profile adapters exec --no-TTY --env PGPASSWORD=devnet postgres \
    psql --username pheme --dbname pheme --host 127.0.0.1 --tuples-only --no-align --command "$1"
}
