/** Version 1: each method that writes a refresh family, as one step. The session is locked before its family. */
import { alive } from './rules.ts'

export const familyFunctions = (s: string): string => `
CREATE FUNCTION ${s}.create_family(p_family json, p_now bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_next ${s}.families := json_populate_record(NULL::${s}.families, p_family);
BEGIN
  PERFORM ${s}.begin_step();
  PERFORM FROM ${s}.sessions x WHERE x.id = v_next.session_id AND ${alive(s, 'x', 'p_now')} FOR KEY SHARE;
  IF NOT FOUND OR v_next.floor < (SELECT f.floor FROM ${s}.emergency_floor f) THEN RETURN 'missing'; END IF;
  INSERT INTO ${s}.families SELECT v_next.* ON CONFLICT DO NOTHING;
  RETURN CASE WHEN FOUND THEN 'created' ELSE 'exists' END;
END $$;

CREATE FUNCTION ${s}.rotate_family(p_id text, p_step bigint, p_hash text, p_next_hash text, p_sealed text, p_window bigint,
  p_until bigint, p_now bigint,
  OUT outcome text, OUT family text, OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean)
  LANGUAGE plpgsql AS $$
DECLARE
  v_session text;
  v_family ${s}.families;
BEGIN
  PERFORM ${s}.begin_step();
  -- The session before its family, as every end does; a rotation of the session may re-point the family meanwhile.
  LOOP
    SELECT x.session_id INTO v_session FROM ${s}.families x WHERE x.id = p_id;
    EXIT WHEN NOT FOUND;
    PERFORM FROM ${s}.sessions x WHERE x.id = v_session FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    SELECT f.* INTO v_family FROM ${s}.families f JOIN ${s}.sessions x ON x.id = f.session_id
      WHERE f.id = p_id AND f.session_id = v_session AND ${alive(s, 'x', 'p_now')}
        AND f.floor >= (SELECT e.floor FROM ${s}.emergency_floor e)
      FOR NO KEY UPDATE OF f;
    EXIT;
  END LOOP;
  outcome := CASE
    WHEN v_family.id IS NULL THEN 'missing'
    WHEN p_step < 0 OR p_step > v_family.step THEN 'unknown'
    WHEN p_step = v_family.step THEN CASE WHEN p_hash = v_family.secret_hash THEN 'rotated' ELSE 'unknown' END
    WHEN p_step < v_family.step - 1 THEN 'reused'
    WHEN v_family.previous_hash IS DISTINCT FROM p_hash THEN 'unknown'
    WHEN p_now < v_family.rotated_at + p_window THEN 'replayed'
    ELSE 'reused'
  END;
  IF outcome = 'rotated' THEN
    -- Spent now, however long others were in the way: the window for asking again begins here.
    UPDATE ${s}.families SET step = step + 1, secret_hash = p_next_hash, previous_hash = p_hash,
      rotated_at = p_now + floor(extract(epoch FROM clock_timestamp() - statement_timestamp())), sealed_successor = p_sealed WHERE id = p_id RETURNING * INTO v_family;
    UPDATE ${s}.sessions SET last_seen_at = p_now WHERE id = v_session AND last_seen_at < p_now;
  ELSIF outcome = 'reused' THEN
    -- Its family goes with it (ON DELETE CASCADE).
    DELETE FROM ${s}.sessions WHERE id = v_session;
    SELECT a.* INTO incarnation, log_position, members, settled
      FROM ${s}.append('session', v_session, v_family.subject, NULL, NULL, NULL, p_until) a;
  END IF;
  family := row_to_json(v_family)::text;
END $$;

CREATE FUNCTION ${s}.revoke_family(p_id text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  DELETE FROM ${s}.families WHERE id = p_id;
  RETURN FOUND;
END $$;

CREATE FUNCTION ${s}.delete_expired_families(p_now bigint, p_rows bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_ended bigint;
  v_below bigint;
BEGIN
  PERFORM ${s}.begin_step();
  WITH doomed AS MATERIALIZED (
    SELECT f.id FROM ${s}.sessions x JOIN ${s}.families f ON f.session_id = x.id
    WHERE x.expires_at <= p_now LIMIT p_rows FOR UPDATE OF f SKIP LOCKED
  )
  DELETE FROM ${s}.families f USING doomed d WHERE f.id = d.id;
  GET DIAGNOSTICS v_ended = ROW_COUNT;
  WITH doomed AS MATERIALIZED (
    SELECT f.id FROM ${s}.families f WHERE f.id IN (
      SELECT y.id FROM ${s}.families y WHERE y.floor < (SELECT e.floor FROM ${s}.emergency_floor e) UNION
      SELECT y.id FROM ${s}.sessions x JOIN ${s}.families y ON y.session_id = x.id
      WHERE x.floor < (SELECT e.floor FROM ${s}.emergency_floor e)
    ) LIMIT p_rows - v_ended FOR UPDATE SKIP LOCKED
  )
  DELETE FROM ${s}.families f USING doomed d WHERE f.id = d.id;
  GET DIAGNOSTICS v_below = ROW_COUNT;
  RETURN v_ended + v_below;
END $$;
`
