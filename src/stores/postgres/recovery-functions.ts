/** Version 1: RECOVERY. All locks first and in one order, then the truth, then the log. */

export const recoveryFunctions = (s: string): string => `
CREATE FUNCTION ${s}.is_held(p_kind text, p_key text, p_subject text, p_number bigint, p_details text, p_until bigint)
  RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE p_kind
    WHEN 'session' THEN EXISTS (SELECT FROM ${s}.log l WHERE l.kind = 'session' AND l.key = p_key AND l.until >= p_until)
    WHEN 'token' THEN EXISTS (SELECT FROM ${s}.log l WHERE l.kind = 'token' AND l.key = p_key AND l.until >= p_until)
    WHEN 'floor' THEN EXISTS (SELECT FROM ${s}.log l WHERE l.kind = 'floor' AND l.number >= p_number
      AND l.until >= p_until AND l.details::jsonb @> p_details::jsonb)
    ELSE EXISTS (SELECT FROM ${s}.log l WHERE l.kind IN ('subject', 'claims') AND l.subject = p_subject
      AND l.kind = p_kind AND l.until >= p_until
      AND CASE WHEN p_details IS NULL THEN l.number >= p_number ELSE l.number = p_number AND l.details IS NOT NULL END)
  END;
END $$;

CREATE FUNCTION ${s}.restore(p_events json, p_now bigint,
  OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  e record;
BEGIN
  PERFORM ${s}.begin_step();
  PERFORM pg_advisory_xact_lock(k.key) FROM (
    SELECT DISTINCT x.kind <> 'floor' AS later, CASE x.kind WHEN 'floor' THEN ${s}.lock_key('floor', '')
      WHEN 'token' THEN ${s}.lock_key('token', x.key) ELSE ${s}.lock_key('subject', x.subject) END AS key
    FROM json_to_recordset(p_events) AS x (kind text, key text, subject text) WHERE x.kind <> 'session' ORDER BY 1, 2
  ) k;
  -- All of them held before the first goes, by id, as whoever else ends several does.
  DELETE FROM ${s}.sessions WHERE id = ANY (ARRAY(
    SELECT x.id FROM ${s}.sessions x WHERE x.id IN (
      SELECT r.key FROM json_to_recordset(p_events) AS r (kind text, key text) WHERE r.kind = 'session' UNION
      SELECT y.id FROM json_to_recordset(p_events) AS r (kind text, subject text, number bigint)
        JOIN ${s}.sessions y ON y.subject = r.subject AND y.generation < r.number WHERE r.kind = 'subject'
    ) ORDER BY x.id FOR UPDATE
  ));
  FOR e IN SELECT * FROM json_to_recordset(p_events) AS x (kind text, key text, subject text, number bigint)
    ORDER BY x.kind, x.key, x.subject
  LOOP
    IF e.kind = 'subject' THEN
      INSERT INTO ${s}.subjects AS u VALUES (e.subject, e.number, e.number, 0) ON CONFLICT (subject) DO UPDATE
        SET generation = greatest(u.generation, e.number), dead_below = greatest(u.dead_below, e.number);
    ELSIF e.kind = 'claims' THEN
      INSERT INTO ${s}.subjects AS u VALUES (e.subject, e.number, 0, e.number) ON CONFLICT (subject) DO UPDATE
        SET generation = greatest(u.generation, e.number), stale_below = greatest(u.stale_below, e.number);
    ELSIF e.kind = 'floor' THEN
      UPDATE ${s}.emergency_floor SET floor = greatest(floor, e.number);
    END IF;
  END LOOP;
  FOR e IN SELECT x.kind, x.key, x.subject, x.number, x.drain_seconds, x.until,
      -- A patch of an older generation is worth nothing.
      CASE WHEN x.kind = 'claims' AND x.number < u.generation THEN NULL ELSE x.details END AS details
    FROM json_to_recordset(p_events)
      AS x (kind text, key text, subject text, number bigint, details text, drain_seconds bigint, until bigint)
    LEFT JOIN ${s}.subjects u ON u.subject = x.subject
    WHERE x.until > p_now
  LOOP
    CONTINUE WHEN ${s}.is_held(e.kind, e.key, e.subject, e.number, e.details, e.until);
    PERFORM ${s}.append(e.kind, e.key, e.subject, e.number, e.details, e.drain_seconds, e.until);
  END LOOP;
  SELECT x.head INTO log_position FROM ${s}.state x;
  SELECT i.* INTO incarnation, settled FROM ${s}.standing() i;
  SELECT coalesce(json_agg(json_build_array(m.id, m.renewals, m.acked)), '[]')::text INTO members FROM ${s}.members m;
END $$;
`
