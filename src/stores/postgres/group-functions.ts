/** Version 1: ends that wait at the same time share a transaction, and so one flush to the disk and one turn at the head. */
import { alive } from './rules.ts'

export const groupFunctions = (s: string): string => `
-- Ends sessions and tokens. It waits for nobody before the head of the log: what somebody else holds is left out, and is to be
-- ended alone. \`answers\`: for each step its place in the log (null: left out), and the session as it was if it was alive.
CREATE FUNCTION ${s}.end_many(p_steps json, OUT answers text, OUT incarnation text, OUT members text, OUT settled boolean)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  e record;
  v_gone ${s}.sessions;
  v_turn integer := 0;
  v_turns integer[] := '{}';
  v_subjects text[] := '{}';
  v_ended text[] := '{}';
  v_head bigint;
BEGIN
  PERFORM ${s}.begin_step();
  FOR e IN SELECT * FROM json_to_recordset(p_steps) AS x (kind text, key text, now bigint) LOOP
    v_gone := NULL;
    IF e.kind = 'session' THEN
      SELECT x.* INTO v_gone FROM ${s}.sessions x WHERE x.id = e.key FOR UPDATE SKIP LOCKED;
      DELETE FROM ${s}.sessions WHERE id = v_gone.id;
    END IF;
    IF (CASE e.kind WHEN 'session' THEN NOT EXISTS (SELECT FROM ${s}.sessions x WHERE x.id = e.key)
      ELSE pg_try_advisory_xact_lock(${s}.lock_key('token', e.key)) END)
    THEN
      v_turn := v_turn + 1;
      v_turns := v_turns || v_turn;
    ELSE
      v_turns := v_turns || NULL::integer;
    END IF;
    v_subjects := v_subjects || v_gone.subject;
    v_ended := v_ended || CASE WHEN v_gone.id IS NOT NULL AND ${alive(s, 'v_gone', 'e.now')} THEN row_to_json(v_gone)::text END;
  END LOOP;
  IF v_turn > 0 THEN
    UPDATE ${s}.state SET head = head + v_turn RETURNING head - v_turn INTO v_head;
    INSERT INTO ${s}.log (log_position, kind, key, subject, drain_seconds, until)
      SELECT v_head + v_turns[x.n], x.kind, x.key, v_subjects[x.n], x.drain_seconds, x.until
      FROM ROWS FROM (json_to_recordset(p_steps) AS (kind text, key text, drain_seconds bigint, until bigint))
        WITH ORDINALITY AS x (kind, key, drain_seconds, until, n)
      WHERE v_turns[x.n] IS NOT NULL;
    PERFORM pg_notify(${s}.channel(), '');
  END IF;
  SELECT i.* INTO incarnation, settled FROM ${s}.standing() i;
  SELECT coalesce(json_agg(json_build_array(m.id, m.renewals, m.acked)), '[]')::text INTO members FROM ${s}.members m;
  answers := (SELECT json_agg(json_build_array(v_head + v_turns[n], v_ended[n]) ORDER BY n)
    FROM generate_subscripts(v_turns, 1) n)::text;
END $$;
`
