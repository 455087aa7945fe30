/** Version 1: accounts, audit and records, each method that writes as one step. */

export const otherFunctions = (s: string): string => `
CREATE FUNCTION ${s}.create_account(p_account json) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  INSERT INTO ${s}.accounts SELECT a.* FROM json_populate_record(NULL::${s}.accounts, p_account) a ON CONFLICT DO NOTHING;
  RETURN CASE WHEN FOUND THEN 'created' ELSE 'exists' END;
END $$;

CREATE FUNCTION ${s}.save_account(p_account json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_next ${s}.accounts := json_populate_record(NULL::${s}.accounts, p_account);
  v_version bigint;
BEGIN
  PERFORM ${s}.begin_step();
  SELECT a.version INTO v_version FROM ${s}.accounts a WHERE a.id = v_next.id FOR UPDATE;
  IF NOT FOUND THEN RETURN 'missing'; END IF;
  IF v_version <> v_next.version - 1 THEN RETURN 'conflict'; END IF;
  UPDATE ${s}.accounts SET email = v_next.email, password_hash = v_next.password_hash, claims = v_next.claims,
    must_change_password = v_next.must_change_password, created_at = v_next.created_at, version = v_next.version
    WHERE id = v_next.id;
  RETURN 'saved';
EXCEPTION WHEN unique_violation THEN
  RETURN 'exists';
END $$;

CREATE FUNCTION ${s}.append_audit(p_at bigint, p_action text, p_actor text, p_subject text, p_session text, p_address text,
  p_detail text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  INSERT INTO ${s}.audit (at, action, actor, subject, session_id, address, detail)
    VALUES (p_at, p_action, p_actor, p_subject, p_session, p_address, p_detail);
END $$;

CREATE FUNCTION ${s}.put_record(p_kind text, p_key text, p_value text, p_expires_at bigint) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  INSERT INTO ${s}.records VALUES (p_kind, p_key, p_value, 1, p_expires_at)
    ON CONFLICT (kind, key) DO UPDATE SET value = EXCLUDED.value, version = 1, expires_at = EXCLUDED.expires_at;
END $$;

CREATE FUNCTION ${s}.set_record(p_kind text, p_key text, p_version bigint, p_value text, p_expires_at bigint, p_now bigint)
  RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  IF p_version IS NULL THEN
    INSERT INTO ${s}.records AS r VALUES (p_kind, p_key, p_value, 1, p_expires_at)
      ON CONFLICT (kind, key) DO UPDATE SET value = EXCLUDED.value, version = 1, expires_at = EXCLUDED.expires_at
      WHERE r.expires_at <= p_now;
  ELSE
    UPDATE ${s}.records SET value = p_value, version = version + 1, expires_at = p_expires_at
      WHERE kind = p_kind AND key = p_key AND version = p_version AND (expires_at IS NULL OR expires_at > p_now);
  END IF;
  RETURN FOUND;
END $$;

CREATE FUNCTION ${s}.take_record(p_kind text, p_key text, p_now bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_gone ${s}.records;
BEGIN
  PERFORM ${s}.begin_step();
  DELETE FROM ${s}.records WHERE kind = p_kind AND key = p_key RETURNING * INTO v_gone;
  RETURN CASE WHEN v_gone.expires_at <= p_now THEN NULL ELSE v_gone.value END;
END $$;

CREATE FUNCTION ${s}.delete_expired_records(p_kind text, p_now bigint, p_rows bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_rows bigint;
BEGIN
  PERFORM ${s}.begin_step();
  WITH doomed AS MATERIALIZED (
    SELECT r.key FROM ${s}.records r WHERE r.kind = p_kind AND r.expires_at <= p_now LIMIT p_rows FOR UPDATE SKIP LOCKED
  )
  DELETE FROM ${s}.records r USING doomed d WHERE r.kind = p_kind AND r.key = d.key;
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  RETURN v_rows;
END $$;
`
