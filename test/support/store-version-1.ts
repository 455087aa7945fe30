/**
 * Builds a database as the first released schema had it, frozen here as text: what a migration finds in the field, whatever
 * today's code would make.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SCHEMA = `
    CREATE TABLE state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      incarnation TEXT NOT NULL,
      head INTEGER NOT NULL,
      floor INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE log (
      position INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      key ANY,
      event TEXT NOT NULL,
      until INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE members (
      id TEXT PRIMARY KEY,
      renewals INTEGER NOT NULL,
      acked INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE subjects (
      subject TEXT PRIMARY KEY,
      generation INTEGER NOT NULL,
      dead_below INTEGER NOT NULL,
      stale_below INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sessions (
      id TEXT NOT NULL PRIMARY KEY,
      secret_hash TEXT,
      subject TEXT,
      mode TEXT NOT NULL,
      generation INTEGER NOT NULL,
      floor INTEGER NOT NULL,
      version INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      last_seen_at INTEGER NOT NULL,
      idle_timeout_seconds INTEGER NOT NULL,
      absolute_expires_at INTEGER NOT NULL,
      details TEXT NOT NULL
    ) STRICT;
    CREATE INDEX sessions_by_subject ON sessions (subject, created_at, id) WHERE subject IS NOT NULL;
    CREATE TABLE families (
      id TEXT NOT NULL PRIMARY KEY,
      session_id TEXT NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE,
      floor INTEGER NOT NULL,
      step INTEGER NOT NULL,
      secret_hash TEXT NOT NULL,
      previous_hash TEXT,
      rotated_at INTEGER,
      sealed_successor TEXT,
      created_at INTEGER NOT NULL,
      details TEXT NOT NULL
    ) STRICT;
    CREATE TABLE accounts (
      id TEXT NOT NULL PRIMARY KEY,
      email TEXT NOT NULL UNIQUE,
      password_hash TEXT NOT NULL,
      claims TEXT NOT NULL,
      must_change_password INTEGER NOT NULL CHECK (must_change_password IN (0, 1)),
      created_at INTEGER NOT NULL,
      version INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE audit (
      sequence INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      action TEXT NOT NULL,
      actor TEXT NOT NULL,
      subject TEXT,
      session_id TEXT,
      address TEXT,
      detail TEXT NOT NULL
    ) STRICT;
    CREATE TABLE records (
      kind TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      version INTEGER NOT NULL,
      expires_at INTEGER,
      PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID;
    PRAGMA application_id = 1397379662;
    PRAGMA user_version = 1;`

/** Times are relative to `t0`; the same rows whenever it is called. */
const rows = (t0: number) => `
  INSERT INTO state VALUES (1, 'incarnation-of-version-1', 3, 1);
  INSERT INTO log VALUES (2, 'token', 'token-1', '{"kind":"token","tokenId":"token-1","until":${t0 + 500}}', ${t0 + 500});
  INSERT INTO log VALUES (3, 'floor', NULL, '{"kind":"floor","floor":1,"keyIds":["key-1"],"until":${t0 + 500}}', ${t0 + 500});
  INSERT INTO members VALUES ('verifier-1', 7, 2);
  INSERT INTO subjects VALUES ('subject-1', 4, 2, 4);
  INSERT INTO sessions VALUES ('live', 'hash', 'subject-1', 'cookie', 3, 1, 5, ${t0}, ${t0}, 100, ${t0 + 1000},
    '{"authenticatedAt":${t0},"acr":null,"amr":["pwd"],"clientId":null,"browserId":"b","device":{"userAgent":"UA","address":null},"claims":{"roles":["reader"]},"claimsGeneration":4,"data":{"kept":true}}');
  INSERT INTO sessions VALUES ('idle', NULL, 'subject-2', 'token', 0, 1, 1, ${t0}, ${t0}, 10, ${t0 + 1000},
    '{"authenticatedAt":${t0},"acr":null,"amr":[],"clientId":null,"browserId":null,"device":{"userAgent":null,"address":null},"claims":{},"claimsGeneration":0,"data":null}');
  INSERT INTO families VALUES ('family-1', 'live', 1, 2, 'current', 'previous', ${t0}, 'sealed', ${t0},
    '{"subject":"subject-1","clientId":"phone","audience":["https://api.example"],"scope":null}');
  INSERT INTO accounts VALUES ('subject-1', 'a@example.com', '$argon2id$', '{"roles":["reader"]}', 1, ${t0}, 3);
  INSERT INTO audit VALUES (9, ${t0}, 'session.sign_in', '{"kind":"cli"}', 'subject-1', 'live', NULL, '{}');
  INSERT INTO records VALUES ('code', 'k', '"v"', 6, ${t0 + 50});`

export function buildVersion1(path: string, t0: number): void {
  mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(SCHEMA)
  database.exec(rows(t0))
  database.close()
}
