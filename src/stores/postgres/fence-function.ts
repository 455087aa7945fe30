/** Version 1: the fence. */
import { alive } from './rules.ts'

export const fenceFunction = (s: string): string => `
-- For a transaction of the application: what it holds until its end keeps every step that would end this login waiting.
-- Runs with its owner's rights, so that the application's role needs none on the tables.
CREATE FUNCTION ${s}.fence(p_session text, p_subject text, p_token text, p_generation bigint, p_now bigint)
  RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_subject text;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the isolation level must be read committed' USING ERRCODE = 'SJ001';
  END IF;
  PERFORM pg_advisory_xact_lock_shared(${s}.lock_key('floor', ''));
  IF p_token IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock_shared(${s}.lock_key('token', p_token));
  END IF;
  -- The weakest lock that keeps the row from being deleted, as every end does; last-seen and data may still be written.
  SELECT x.subject INTO v_subject FROM ${s}.sessions x WHERE x.id = p_session AND ${alive(s, 'x', 'p_now')} FOR KEY SHARE;
  RETURN CASE
    WHEN v_subject IS NULL OR v_subject <> p_subject THEN 'dead'
    WHEN p_token IS NOT NULL AND EXISTS (SELECT FROM ${s}.log l WHERE l.kind = 'token' AND l.key = p_token) THEN 'dead'
    ELSE (
      SELECT CASE
        WHEN p_generation IS NULL OR p_generation < coalesce(max(u.dead_below), 0) THEN 'dead'
        WHEN p_generation < coalesce(max(u.stale_below), 0) THEN 'stale'
        ELSE 'alive'
      END FROM ${s}.subjects u WHERE u.subject = p_subject
    )
  END;
END $$;
REVOKE ALL ON FUNCTION ${s}.fence(text, text, text, bigint, bigint) FROM PUBLIC;
`
