/** Version 1: what every step that writes begins with, the log, and the registry. */
export const logFunctions = (s: string, channel: string): string => `
-- Each statement of a step sees what was committed before it began: only so does a lock that was waited for protect what is
-- read after it. A commit is on the disk (and on the synchronous standby, where there is one) when it returns, whatever the
-- server's or the role's default is. Nobody waits for a lock longer than three seconds.
CREATE FUNCTION ${s}.begin_step() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the isolation level must be read committed' USING ERRCODE = 'SJ001';
  END IF;
  IF current_setting('synchronous_commit') IN ('off', 'local', 'remote_write') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  PERFORM set_config('lock_timeout', '3s', true);
END $$;

CREATE FUNCTION ${s}.channel() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '${channel}' $$;

-- A lock on something that may have no row.
CREATE FUNCTION ${s}.lock_key(p_kind text, p_id text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended('${channel}/' || p_kind || '/' || p_id, 0)
$$;

CREATE FUNCTION ${s}.durability() RETURNS text LANGUAGE sql AS $$
  SELECT CASE
    WHEN current_setting('fsync') = 'off' OR current_setting('full_page_writes') = 'off' THEN 'D0'
    WHEN current_setting('synchronous_standby_names') <> '' THEN 'D3'
    ELSE 'D1'
  END
$$;

-- Changes whenever acknowledged entries may be missing: another cluster or database (a restored dump), another line of history
-- (a standby was promoted, a backup restored), another file behind the table (a restored table), on a server that does not
-- write through another start; and when a member has seen more of the server's journal than there is (see renew).
CREATE FUNCTION ${s}.standing(OUT incarnation text, OUT settled boolean) LANGUAGE plpgsql AS $$
DECLARE
  v_state ${s}.state;
  v_cluster text := current_setting('sojourn.cluster', true);
BEGIN
  -- From a file: read once by each process of the server, which serves one database as long as it lives.
  IF coalesce(v_cluster, '') = '' THEN
    SELECT concat_ws('/', c.system_identifier, d.oid) INTO v_cluster
      FROM pg_control_system() c, pg_database d WHERE d.datname = current_database();
    PERFORM set_config('sojourn.cluster', v_cluster, false);
  END IF;
  SELECT x.* INTO v_state FROM ${s}.state x;
  incarnation := left(encode(sha256(convert_to(concat_ws('/',
    v_state.incarnation,
    v_cluster,
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
    pg_relation_filenode('${s}.state'),
    CASE WHEN ${s}.durability() = 'D0' THEN extract(epoch FROM pg_postmaster_start_time()) END
  ), 'UTF8')), 'hex'), 22);
  settled := incarnation IS NOT DISTINCT FROM v_state.settled_as;
END $$;

-- Brand-new: there is nothing that could be missing.
UPDATE ${s}.state SET settled_as = (SELECT i.incarnation FROM ${s}.standing() i);

CREATE FUNCTION ${s}.settle(p_incarnation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  UPDATE ${s}.state SET settled_as = p_incarnation WHERE p_incarnation = (SELECT i.incarnation FROM ${s}.standing() i);
END $$;

-- By how much numbers rise: while entries may be missing, past everything that may have been given and lost.
CREATE FUNCTION ${s}.rise() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT CASE WHEN i.settled THEN 1 ELSE 65536 END FROM ${s}.standing() i);
END $$;

-- Last of all in a step: from here to its commit everybody else's append waits.
CREATE FUNCTION ${s}.append(p_kind text, p_key text, p_subject text, p_number bigint, p_details text, p_drain bigint,
  p_until bigint, OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  UPDATE ${s}.state SET head = head + 1 RETURNING head INTO log_position;
  INSERT INTO ${s}.log VALUES (log_position, p_kind, p_key, p_subject, p_number, p_details, p_drain, p_until);
  SELECT i.* INTO incarnation, settled FROM ${s}.standing() i;
  -- Under the lock of the head: whoever joins holds it too, so it is either listed here or has read this entry's number.
  SELECT coalesce(json_agg(json_build_array(m.id, m.renewals, m.acked)), '[]')::text INTO members FROM ${s}.members m;
  PERFORM pg_notify('${channel}', '');
END $$;

-- p_seen: how far the journal had been written, and in which incarnation, when this process last asked. A journal that is
-- shorter now was put back to an earlier state of its disk, which is nothing that the server itself could know.
CREATE FUNCTION ${s}.renew(p_id text, p_incarnation text, p_seen text, OUT incarnation text, OUT head bigint,
  OUT first_retained bigint, OUT durability text, OUT settled boolean, OUT seen text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM ${s}.begin_step();
  SELECT i.* INTO incarnation, settled FROM ${s}.standing() i;
  IF incarnation = p_incarnation AND pg_current_wal_insert_lsn() < p_seen::pg_lsn THEN
    UPDATE ${s}.state SET incarnation = gen_random_uuid()::text WHERE p_incarnation = (SELECT i.incarnation FROM ${s}.standing() i);
    SELECT i.* INTO incarnation, settled FROM ${s}.standing() i;
  END IF;
  UPDATE ${s}.members SET renewals = renewals + 1 WHERE id = p_id;
  IF FOUND THEN
    SELECT x.head INTO head FROM ${s}.state x;
  ELSE
    -- JOIN waits for an append under way and holds up the next one: nobody is missed by both.
    SELECT x.head INTO head FROM ${s}.state x FOR SHARE;
    INSERT INTO ${s}.members AS m VALUES (p_id, 1, 0) ON CONFLICT (id) DO UPDATE SET renewals = m.renewals + 1;
  END IF;
  SELECT coalesce(min(l.log_position), head + 1) INTO first_retained FROM ${s}.log l;
  durability := ${s}.durability();
  seen := pg_current_wal_flush_lsn()::text;
END $$;

CREATE FUNCTION ${s}.acknowledge(p_id text, p_offset bigint, p_seen text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- An ack that is lost costs waiting, nothing else: it need not wait for the disk.
  PERFORM set_config('synchronous_commit', 'off', true);
  -- Beyond the head, or of a journal that was put back, nothing can have been applied: such an ack would count for entries
  -- that come later.
  UPDATE ${s}.members SET acked = p_offset
    WHERE id = p_id AND acked < p_offset AND p_offset <= (SELECT head FROM ${s}.state)
      AND (p_seen IS NULL OR pg_current_wal_insert_lsn() >= p_seen::pg_lsn);
END $$;

CREATE FUNCTION ${s}.leave(p_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  DELETE FROM ${s}.members WHERE id = p_id;
END $$;

CREATE FUNCTION ${s}.reap(p_id text, p_renewals bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  DELETE FROM ${s}.members WHERE id = p_id AND renewals = p_renewals;
  RETURN FOUND;
END $$;

CREATE FUNCTION ${s}.revoke_token(p_token text, p_until bigint,
  OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ${s}.begin_step();
  -- A fence may hold it.
  PERFORM pg_advisory_xact_lock(${s}.lock_key('token', p_token));
  SELECT a.* INTO incarnation, log_position, members, settled FROM ${s}.append('token', p_token, NULL, NULL, NULL, NULL, p_until) a;
END $$;

CREATE FUNCTION ${s}.bump_claims(p_subject text, p_until bigint,
  OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean, OUT generation bigint)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_rise bigint := ${s}.rise();
BEGIN
  PERFORM ${s}.begin_step();
  PERFORM pg_advisory_xact_lock(${s}.lock_key('subject', p_subject));
  INSERT INTO ${s}.subjects AS u VALUES (p_subject, v_rise, 0, v_rise)
    ON CONFLICT (subject) DO UPDATE SET generation = u.generation + v_rise, stale_below = u.generation + v_rise
    RETURNING u.generation INTO generation;
  SELECT a.* INTO incarnation, log_position, members, settled
    FROM ${s}.append('claims', NULL, p_subject, generation, NULL, NULL, p_until) a;
END $$;

-- No row: the generation is not the subject's newest.
CREATE FUNCTION ${s}.publish_patch(p_subject text, p_generation bigint, p_patch text, p_until bigint)
  RETURNS TABLE (incarnation text, log_position bigint, members text, settled boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM ${s}.begin_step();
  PERFORM pg_advisory_xact_lock_shared(${s}.lock_key('subject', p_subject));
  IF p_generation = coalesce((SELECT u.generation FROM ${s}.subjects u WHERE u.subject = p_subject), 0) THEN
    RETURN QUERY SELECT a.* FROM ${s}.append('claims', NULL, p_subject, p_generation, p_patch, NULL, p_until) a;
  END IF;
END $$;

CREATE FUNCTION ${s}.raise_floor(p_key_ids text, p_until bigint,
  OUT incarnation text, OUT log_position bigint, OUT members text, OUT settled boolean, OUT floor bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM ${s}.begin_step();
  -- Every fence holds it.
  PERFORM pg_advisory_xact_lock(${s}.lock_key('floor', ''));
  UPDATE ${s}.emergency_floor AS f SET floor = f.floor + ${s}.rise() RETURNING f.floor INTO floor;
  SELECT a.* INTO incarnation, log_position, members, settled FROM ${s}.append('floor', NULL, NULL, floor, p_key_ids, NULL, p_until) a;
END $$;

CREATE FUNCTION ${s}.prune(p_now bigint, p_rows bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_rows bigint;
BEGIN
  PERFORM ${s}.begin_step();
  WITH doomed AS MATERIALIZED (
    SELECT l.log_position FROM ${s}.log l
    WHERE l.log_position < coalesce(
      (SELECT k.log_position FROM ${s}.log k WHERE k.until > p_now ORDER BY k.log_position LIMIT 1), 9223372036854775807)
    ORDER BY l.log_position LIMIT p_rows FOR UPDATE SKIP LOCKED
  )
  DELETE FROM ${s}.log l USING doomed d WHERE l.log_position = d.log_position;
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  RETURN v_rows;
END $$;
`
