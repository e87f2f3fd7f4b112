-- What a network decided, as its nodes hold it. Rows are written by any number of nodes, each as often as it likes:
-- every row follows from signed bytes, so that the first writer and the last write the same.
-- Confidences and scores are shares from 0 to 1; keys and digests are lower-case hex; text of tasks and models is untrusted.

CREATE TABLE pheme.validators (
  network_id text NOT NULL,
  public_key text NOT NULL,
  validator_index integer NOT NULL,
  weight integer NOT NULL,
  PRIMARY KEY (network_id, public_key)
);

-- All but the ids is NULL where no node that writes here held the task's body, or where it was dropped.
CREATE TABLE pheme.tasks (
  task_id text PRIMARY KEY,
  network_id text NOT NULL,
  type text,
  repository text,
  pull_request_url text,
  head_sha text,
  base_sha text,
  subject text,
  skill text,
  level integer,
  attempt integer,
  escalates text,
  deadline timestamptz,
  body jsonb,
  mirrored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tasks_repository ON pheme.tasks (repository) WHERE repository IS NOT NULL;
CREATE INDEX tasks_subject ON pheme.tasks (subject, skill) WHERE subject IS NOT NULL;
CREATE INDEX tasks_head_sha ON pheme.tasks (head_sha) WHERE head_sha IS NOT NULL;

CREATE TABLE pheme.results (
  task_id text PRIMARY KEY REFERENCES pheme.tasks ON DELETE CASCADE,
  network_id text NOT NULL,
  config_digest text NOT NULL,
  outcome text NOT NULL,
  reason text,
  approved boolean NOT NULL,
  confidence double precision NOT NULL,
  score double precision,
  decided_at timestamptz NOT NULL,
  validators text[] NOT NULL,
  signatures text[] NOT NULL,
  core text NOT NULL,
  certificate jsonb NOT NULL,
  mirrored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX results_decided_at ON pheme.results (decided_at);
CREATE INDEX results_outcome ON pheme.results (outcome, decided_at);

-- `report` comes after the result where its author was away, and is NULL until then or where it was dropped.
CREATE TABLE pheme.judgements (
  task_id text NOT NULL REFERENCES pheme.results ON DELETE CASCADE,
  validator text NOT NULL,
  vote text NOT NULL,
  abstain_reason text,
  confidence double precision NOT NULL,
  score double precision,
  complete boolean NOT NULL,
  model_id text NOT NULL,
  model_family text NOT NULL,
  model_digest text,
  prompt_digest text,
  judged_at timestamptz NOT NULL,
  report_digest text NOT NULL,
  report jsonb,
  findings jsonb GENERATED ALWAYS AS (report -> 'findings') STORED,
  PRIMARY KEY (task_id, validator)
);
CREATE INDEX judgements_validator ON pheme.judgements (validator);
CREATE INDEX judgements_findings ON pheme.judgements USING gin (findings jsonb_path_ops);
CREATE INDEX judgements_without_report ON pheme.judgements (judged_at) WHERE report IS NULL;

-- Two different statements that one validator signed for one slot; `pheme verify` knows whether they prove it.
CREATE TABLE pheme.evidence (
  task_id text NOT NULL,
  validator text NOT NULL,
  validator_index integer NOT NULL,
  slot text NOT NULL,
  evidence text NOT NULL,
  mirrored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (task_id, validator, slot)
);
CREATE INDEX evidence_validator ON pheme.evidence (validator);

-- The order of decisions at each node that writes here, from 1: a gap would be a result that did not arrive.
CREATE TABLE pheme.deliveries (
  node text NOT NULL,
  sequence bigint NOT NULL,
  task_id text NOT NULL REFERENCES pheme.results ON DELETE CASCADE,
  PRIMARY KEY (node, sequence)
);
CREATE INDEX deliveries_task ON pheme.deliveries (task_id);

CREATE VIEW pheme.verdicts_per_repository AS
SELECT
  r.network_id,
  t.repository,
  count(*) AS results,
  count(*) FILTER (WHERE r.outcome = 'APPROVED') AS approved,
  count(*) FILTER (WHERE r.outcome = 'REJECTED') AS rejected,
  count(*) FILTER (WHERE r.outcome NOT IN ('APPROVED', 'REJECTED')) AS without_verdict,
  avg(r.confidence) FILTER (WHERE r.outcome IN ('APPROVED', 'REJECTED')) AS mean_confidence,
  max(r.decided_at) AS last_decided_at
FROM pheme.results r
JOIN pheme.tasks t USING (task_id)
WHERE t.repository IS NOT NULL
GROUP BY r.network_id, t.repository;

-- How often a validator's own verdict was the network's; abstentions count neither way.
CREATE VIEW pheme.validator_agreement AS
WITH votes AS (
  SELECT
    r.network_id,
    j.validator,
    j.vote,
    j.confidence,
    CASE
      WHEN j.vote = 'abstain' OR r.outcome NOT IN ('APPROVED', 'REJECTED') THEN NULL
      ELSE (j.vote = 'approve') = r.approved
    END AS agreed
  FROM pheme.judgements j
  JOIN pheme.results r USING (task_id)
)
SELECT
  network_id,
  validator,
  count(*) AS judgements,
  count(*) FILTER (WHERE agreed) AS agreed,
  count(*) FILTER (WHERE NOT agreed) AS dissented,
  count(*) FILTER (WHERE vote = 'abstain') AS abstained,
  count(*) FILTER (WHERE agreed)::double precision / nullif(count(agreed), 0) AS agreement,
  avg(confidence) FILTER (WHERE vote <> 'abstain') AS mean_confidence
FROM votes
GROUP BY network_id, validator;

CREATE VIEW pheme.skill_verdicts AS
SELECT
  r.network_id,
  t.subject,
  t.skill,
  count(*) AS assessments,
  count(*) FILTER (WHERE r.approved) AS approved,
  max(t.level) FILTER (WHERE r.approved) AS highest_level,
  max(r.score) AS best_score,
  max(r.decided_at) AS last_decided_at
FROM pheme.results r
JOIN pheme.tasks t USING (task_id)
WHERE t.type = 'SKILL_ASSESSMENT' AND t.subject IS NOT NULL
GROUP BY r.network_id, t.subject, t.skill;
