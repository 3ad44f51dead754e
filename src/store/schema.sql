-- The state of one connection. Every row of `memory`, `run`, `record` and `call` carries a seal over its content,
-- so that a flipped bit is noticed when the row is read.

CREATE TABLE memory (
    kind  TEXT NOT NULL,
    key   TEXT NOT NULL,
    value TEXT NOT NULL,
    seal  INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;

CREATE TABLE run (
    id              TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    plan_id         TEXT NOT NULL,
    plan            TEXT NOT NULL,
    planned         TEXT NOT NULL,
    total           INTEGER NOT NULL,
    of_run          TEXT,
    started_at_ms   INTEGER NOT NULL,
    seal            INTEGER NOT NULL,
    finished_at_ms  INTEGER,
    status          TEXT NOT NULL,
    summary         TEXT,
    source_accounts INTEGER
);

CREATE TABLE record (
    run        TEXT NOT NULL REFERENCES run (id),
    row        INTEGER NOT NULL,
    outcome    TEXT NOT NULL,
    event      TEXT NOT NULL,
    request_id TEXT,
    seal       INTEGER NOT NULL,
    PRIMARY KEY (run, row)
);

CREATE TABLE call (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    run    TEXT NOT NULL REFERENCES run (id),
    row    INTEGER NOT NULL,
    step   INTEGER NOT NULL,
    write  TEXT NOT NULL,
    before TEXT NOT NULL,
    is_preparation INTEGER NOT NULL,
    at_ms  INTEGER NOT NULL,
    seal   INTEGER NOT NULL,
    ended  TEXT,
    ended_seal INTEGER
);

CREATE TABLE account_cache (
    id          TEXT PRIMARY KEY,
    update_time INTEGER NOT NULL,
    checked_day INTEGER NOT NULL,
    account     TEXT NOT NULL,
    seal        INTEGER NOT NULL
) WITHOUT ROWID;

-- For people who look in with an SQLite shell.
CREATE VIEW user_binding AS SELECT key AS account, value AS user FROM memory WHERE kind = 'user';
CREATE VIEW department_binding AS SELECT key AS unit, value AS department FROM memory WHERE kind = 'department';
