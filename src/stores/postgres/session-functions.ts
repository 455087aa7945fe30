/** Version 1: each method that writes a session, as one step. Locks in one order: subject, sessions (by id), families, log. */
import { alive } from './rules.ts'

export const sessionFunctions = (s: string): string => `
CREATE FUNCTION ${s}.insert_session(p_next ${s}.sessions) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ${s}.sessions (id, secret_hash, subject, mode, generation, floor, version, created_at, last_seen_at,
      idle_timeout_seconds, absolute_expires_at, details)
    VALUES (p_next.id, p_next.secret_hash, p_next.subject, p_next.mode, p_next.generation, p_next.floor, p_next.version,
      p_next.created_at, p_next.last_seen_at, p_next.idle_timeout_seconds, p_next.absolute_expires_at, p_next.details)
    ON CONFLICT (id) DO NOTHING;
  RETURN FOUND;
END $$;

CREATE FUNCTION ${s}.is_superseded(p_next ${s}.sessions) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN p_next.generation < coalesce((SELECT u.generation FROM ${s}.subjects u WHERE u.subject = p_next.subject), 0)
    OR p_next.floor < (SELECT f.floor FROM ${s}.emergency_floor f);
END $$;

CREATE FUNCTION ${s}.create_session(p_session json, p_max bigint, p_now bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_next ${s}.sessions := json_populate_record(NULL::${s}.sessions, p_session);
BEGIN
  PERFORM ${s}.begin_step();
  -- Sign-ins of one subject keep out whatever would raise its generation; where they are counted, also each other.
  IF v_next.subject IS NOT NULL AND p_max IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(${s}.lock_key('subject', v_next.subject));
  ELSIF v_next.subject IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock_shared(${s}.lock_key('subject', v_next.subject));
  END IF;
  IF EXISTS (SELECT FROM ${s}.sessions x WHERE x.id = v_next.id) THEN RETURN 'exists'; END IF;
  IF ${s}.is_superseded(v_next) THEN RETURN 'superseded'; END IF;
  IF p_max IS NOT NULL AND v_next.subject IS NOT NULL AND p_max <=
    (SELECT count(*) FROM ${s}.sessions x WHERE x.subject = v_next.subject AND ${alive(s, 'x', 'p_now')})
  THEN
    RETURN 'limit';
  END IF;
  RETURN CASE WHEN ${s}.insert_session(v_next) THEN 'created' ELSE 'exists' END;
END $$;

CREATE FUNCTION ${s}.save_session(p_session json, p_now bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_next ${s}.sessions := json_populate_record(NULL::${s}.sessions, p_session);
  v_version bigint;
BEGIN
  PERFORM ${s}.begin_step();
  SELECT x.version INTO v_version FROM ${s}.sessions x
    WHERE x.id = v_next.id AND ${alive(s, 'x', 'p_now')} FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN 'missing'; END IF;
  IF v_version <> v_next.version - 1 THEN RETURN 'conflict'; END IF;
  UPDATE ${s}.sessions SET secret_hash = v_next.secret_hash, mode = v_next.mode, version = v_next.version,
    created_at = v_next.created_at, last_seen_at = greatest(last_seen_at, v_next.last_seen_at),
    idle_timeout_seconds = v_next.idle_timeout_seconds, absolute_expires_at = v_next.absolute_expires_at,
    details = v_next.details WHERE id = v_next.id;
  RETURN 'saved';
END $$;

CREATE FUNCTION ${s}.touch_session(p_id text, p_last_seen_at bigint, p_now bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  UPDATE ${s}.sessions x SET last_seen_at = greatest(x.last_seen_at, p_last_seen_at)
    WHERE x.id = p_id AND ${alive(s, 'x', 'p_now')};
  RETURN FOUND;
END $$;

CREATE FUNCTION ${s}.rotate_session(p_id text, p_version bigint, p_next json, p_until bigint, p_now bigint,
  OUT outcome text, OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean) LANGUAGE plpgsql AS $$
DECLARE
  v_next ${s}.sessions := json_populate_record(NULL::${s}.sessions, p_next);
  v_current ${s}.sessions;
BEGIN
  PERFORM ${s}.begin_step();
  IF v_next.subject IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock_shared(${s}.lock_key('subject', v_next.subject));
  END IF;
  SELECT x.* INTO v_current FROM ${s}.sessions x WHERE x.id = p_id AND ${alive(s, 'x', 'p_now')} FOR UPDATE;
  outcome := CASE
    WHEN v_current.id IS NULL THEN 'missing'
    WHEN v_current.version <> p_version THEN 'conflict'
    WHEN EXISTS (SELECT FROM ${s}.sessions x WHERE x.id = v_next.id) THEN 'exists'
    WHEN ${s}.is_superseded(v_next) THEN 'superseded'
    WHEN NOT ${s}.insert_session(v_next) THEN 'exists'
    ELSE 'rotated'
  END;
  IF outcome = 'rotated' THEN
    UPDATE ${s}.families SET session_id = v_next.id WHERE session_id = p_id;
    DELETE FROM ${s}.sessions WHERE id = p_id;
    SELECT a.* INTO incarnation, log_position, members, settled
      FROM ${s}.append('session', p_id, v_current.subject, NULL, NULL, NULL, p_until) a;
  END IF;
END $$;

CREATE FUNCTION ${s}.end_session(p_id text, p_drain bigint, p_until bigint, p_now bigint,
  OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean, OUT ended text) LANGUAGE plpgsql AS $$
DECLARE
  v_gone ${s}.sessions;
BEGIN
  PERFORM ${s}.begin_step();
  DELETE FROM ${s}.sessions WHERE id = p_id RETURNING * INTO v_gone;
  IF v_gone.id IS NOT NULL AND ${alive(s, 'v_gone', 'p_now')} THEN
    ended := row_to_json(v_gone)::text;
  END IF;
  SELECT a.* INTO incarnation, log_position, members, settled
    FROM ${s}.append('session', p_id, v_gone.subject, NULL, NULL, p_drain, p_until) a;
END $$;

-- \`outcome\`: ended; or, nothing having changed, over (the session that must be alive is not), foreign or used (the replacement).
CREATE FUNCTION ${s}.end_subject(p_subject text, p_replacement json, p_only_if_alive text, p_version bigint, p_drain bigint,
  p_until bigint, p_now bigint, OUT outcome text, OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean, OUT generation bigint,
  OUT ended bigint, OUT replacement_floor bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_next ${s}.sessions;
  v_rise bigint := ${s}.rise();
BEGIN
  PERFORM ${s}.begin_step();
  PERFORM pg_advisory_xact_lock(${s}.lock_key('subject', p_subject));
  -- All of them before the first goes, by id: whoever else ends several takes them in the same order.
  PERFORM FROM ${s}.sessions x WHERE x.subject = p_subject ORDER BY x.id FOR UPDATE;
  IF p_replacement IS NOT NULL THEN
    v_next := json_populate_record(NULL::${s}.sessions, p_replacement);
    PERFORM FROM ${s}.sessions x WHERE x.id = p_only_if_alive AND x.subject = p_subject
      AND x.version = coalesce(p_version, x.version) AND ${alive(s, 'x', 'p_now')};
    outcome := CASE
      WHEN NOT FOUND THEN 'over'
      WHEN v_next.subject IS DISTINCT FROM p_subject THEN 'foreign'
      WHEN EXISTS (SELECT FROM ${s}.sessions x WHERE x.id = v_next.id) THEN 'used'
    END;
    IF outcome IS NOT NULL THEN RETURN; END IF;
  END IF;
  outcome := 'ended';
  WITH gone AS (DELETE FROM ${s}.sessions x WHERE x.subject = p_subject RETURNING x.*)
    SELECT count(*) INTO ended FROM gone WHERE ${alive(s, 'gone', 'p_now')};
  INSERT INTO ${s}.subjects AS u VALUES (p_subject, v_rise, v_rise, 0)
    ON CONFLICT (subject) DO UPDATE SET generation = u.generation + v_rise, dead_below = u.generation + v_rise
    RETURNING u.generation INTO generation;
  IF p_replacement IS NOT NULL THEN
    v_next.generation := generation;
    v_next.floor := greatest(v_next.floor, (SELECT f.floor FROM ${s}.emergency_floor f));
    replacement_floor := v_next.floor;
    IF NOT ${s}.insert_session(v_next) THEN
      RAISE EXCEPTION 'the replacement needs a new id' USING ERRCODE = 'unique_violation';
    END IF;
  END IF;
  SELECT a.* INTO incarnation, log_position, members, settled
    FROM ${s}.append('subject', NULL, p_subject, generation, NULL, p_drain, p_until) a;
END $$;

-- What others hold is left for the next time: so it waits for nobody, and nobody's end waits for a batch of it.
CREATE FUNCTION ${s}.delete_expired_sessions(p_now bigint, p_rows bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_expired bigint;
  v_below bigint;
BEGIN
  PERFORM ${s}.begin_step();
  WITH doomed AS MATERIALIZED (
    SELECT x.id FROM ${s}.sessions x WHERE x.expires_at <= p_now ORDER BY x.expires_at LIMIT p_rows FOR UPDATE SKIP LOCKED
  )
  DELETE FROM ${s}.sessions x USING doomed d WHERE x.id = d.id;
  GET DIAGNOSTICS v_expired = ROW_COUNT;
  WITH doomed AS MATERIALIZED (
    SELECT x.id FROM ${s}.sessions x WHERE x.floor < (SELECT f.floor FROM ${s}.emergency_floor f)
    LIMIT p_rows - v_expired FOR UPDATE SKIP LOCKED
  )
  DELETE FROM ${s}.sessions x USING doomed d WHERE x.id = d.id;
  GET DIAGNOSTICS v_below = ROW_COUNT;
  RETURN v_expired + v_below;
END $$;
`
