/** Version 1: the tables. A released migration never changes; a new need is a new number. */

/** The tables, by name: whoever has one of them in our schema without our mark beside it is another program. */
export const TABLES = [
  'schema_version',
  'state',
  'emergency_floor',
  'log',
  'members',
  'subjects',
  'sessions',
  'families',
  'accounts',
  'audit',
  'records',
] as const

/**
 * Ids compare by bytes (`COLLATE "C"`), as everywhere else. Rows that are written again and again leave room on their page, so
 * that no index has to change with them.
 * @param s  the quoted name of the schema
 */
export const tables = (s: string): string => `
CREATE TABLE ${s}.schema_version (
  product text COLLATE "C" PRIMARY KEY CHECK (product = 'sojourn'),
  version integer NOT NULL
);

-- One row: its lock puts all appends into one order, which a sequence would not (a lower number may commit later).
CREATE TABLE ${s}.state (
  id smallint PRIMARY KEY CHECK (id = 1),
  incarnation text NOT NULL,
  -- The incarnation (as it is told) that is known to lack nothing.
  settled_as text,
  head bigint NOT NULL
) WITH (fillfactor = 20);
INSERT INTO ${s}.state VALUES (1, gen_random_uuid()::text, NULL, 0);

-- Apart from the head, so that whoever only reads it never waits for an append.
CREATE TABLE ${s}.emergency_floor (
  id smallint PRIMARY KEY CHECK (id = 1),
  floor bigint NOT NULL
);
INSERT INTO ${s}.emergency_floor VALUES (1, 0);

CREATE TABLE ${s}.log (
  log_position bigint PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  key text COLLATE "C",
  subject text COLLATE "C",
  number bigint,
  details text,
  drain_seconds bigint,
  until bigint NOT NULL
);
CREATE INDEX log_by_token ON ${s}.log (key) WHERE kind = 'token';
CREATE INDEX log_by_session ON ${s}.log (key) WHERE kind = 'session';
CREATE INDEX log_by_subject ON ${s}.log (subject) WHERE kind IN ('subject', 'claims');

CREATE TABLE ${s}.members (
  id text COLLATE "C" PRIMARY KEY,
  renewals bigint NOT NULL,
  acked bigint NOT NULL
) WITH (fillfactor = 20);

CREATE TABLE ${s}.subjects (
  subject text COLLATE "C" PRIMARY KEY,
  generation bigint NOT NULL,
  dead_below bigint NOT NULL,
  stale_below bigint NOT NULL
);

CREATE TABLE ${s}.sessions (
  id text COLLATE "C" PRIMARY KEY,
  secret_hash text,
  subject text COLLATE "C",
  mode text NOT NULL,
  generation bigint NOT NULL,
  floor bigint NOT NULL,
  version bigint NOT NULL,
  created_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  idle_timeout_seconds bigint NOT NULL,
  absolute_expires_at bigint NOT NULL,
  details text NOT NULL,
  expires_at bigint NOT NULL GENERATED ALWAYS AS (least(last_seen_at + idle_timeout_seconds, absolute_expires_at)) STORED
);
CREATE INDEX sessions_by_subject ON ${s}.sessions (subject, created_at, id) WHERE subject IS NOT NULL;
CREATE INDEX sessions_by_expiry ON ${s}.sessions (expires_at);
CREATE INDEX sessions_by_floor ON ${s}.sessions (floor);

CREATE TABLE ${s}.families (
  id text COLLATE "C" PRIMARY KEY,
  session_id text COLLATE "C" NOT NULL UNIQUE REFERENCES ${s}.sessions (id) ON DELETE CASCADE,
  subject text COLLATE "C" NOT NULL,
  floor bigint NOT NULL,
  step bigint NOT NULL,
  secret_hash text NOT NULL,
  previous_hash text,
  rotated_at bigint,
  sealed_successor text,
  created_at bigint NOT NULL,
  details text NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX families_by_floor ON ${s}.families (floor);

CREATE TABLE ${s}.accounts (
  id text COLLATE "C" PRIMARY KEY,
  email text COLLATE "C" NOT NULL UNIQUE,
  password_hash text NOT NULL,
  claims text NOT NULL,
  must_change_password boolean NOT NULL,
  created_at bigint NOT NULL,
  version bigint NOT NULL
);

CREATE TABLE ${s}.audit (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  action text COLLATE "C" NOT NULL,
  actor text NOT NULL,
  subject text COLLATE "C",
  session_id text COLLATE "C",
  address text,
  detail text NOT NULL
);
CREATE INDEX audit_by_subject ON ${s}.audit (subject, sequence) WHERE subject IS NOT NULL;
CREATE INDEX audit_by_session ON ${s}.audit (session_id, sequence) WHERE session_id IS NOT NULL;
CREATE INDEX audit_by_action ON ${s}.audit (action, sequence);

CREATE TABLE ${s}.records (
  kind text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text NOT NULL,
  version bigint NOT NULL,
  expires_at bigint,
  PRIMARY KEY (kind, key)
);
CREATE INDEX records_by_expiry ON ${s}.records (kind, expires_at) WHERE expires_at IS NOT NULL;
`
