-- What following events needs to survive. Made when it is first used; an older program does not mind it.

CREATE TABLE IF NOT EXISTS inbox (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    event          TEXT NOT NULL UNIQUE,
    content        TEXT,
    received_at_ms INTEGER NOT NULL,
    state          TEXT NOT NULL,
    note           TEXT,
    ended_at_ms    INTEGER,
    seal           INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS inbox_token (
    id         TEXT PRIMARY KEY,
    expires_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS agreed (
    subject TEXT PRIMARY KEY,
    mark    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS agreed_by (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    profile TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS drift (
    entity    TEXT NOT NULL,
    source_id TEXT NOT NULL,
    content   TEXT NOT NULL,
    decision  TEXT,
    seal      INTEGER NOT NULL,
    PRIMARY KEY (entity, source_id)
) WITHOUT ROWID;
