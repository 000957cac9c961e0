-- Times are µs since 1970 UTC unless said otherwise; days are year*10000 + month*100 + day.

CREATE TABLE devices (            -- everyone who ever sent a message
    address   TEXT PRIMARY KEY,
    hostname  TEXT NOT NULL,      -- as the device last called itself
    first_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    messages  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE checkpoints (        -- how far a follower has read
    follower  TEXT NOT NULL,
    day       INTEGER NOT NULL,
    id        INTEGER NOT NULL,   -- of the last message of the day that it has dealt with
    PRIMARY KEY (follower, day)
) WITHOUT ROWID;

CREATE TABLE alert_states (       -- troubles that are going on
    rule      TEXT NOT NULL,
    device    TEXT NOT NULL,
    last_at   INTEGER NOT NULL,
    state     TEXT NOT NULL,      -- JSON of alert.State
    PRIMARY KEY (rule, device)
) WITHOUT ROWID;

CREATE TABLE alerts (             -- what people were or are to be told, for the list
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    rule      TEXT NOT NULL,
    device    TEXT NOT NULL,
    severity  INTEGER NOT NULL,
    text      TEXT NOT NULL,
    notice    TEXT NOT NULL,      -- JSON of alert.Notice
    targets   TEXT NOT NULL       -- names of the notifiers it was for, separated by spaces; '' = nobody was set up
);
CREATE INDEX alerts_at ON alerts (at);

CREATE TABLE outbox (             -- what is not delivered yet
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    notifier   TEXT NOT NULL,
    alert      INTEGER,           -- id in alerts; NULL for a row that stands for many
    folded     INTEGER NOT NULL,  -- 1 = stands for many, and more may be added to it
    notice     TEXT NOT NULL,     -- JSON of alert.Notice
    created_at INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,  -- not to be tried before; 0 = at once
    attempts   INTEGER NOT NULL,
    last_error TEXT NOT NULL
);
CREATE INDEX outbox_notifier ON outbox (notifier, id);
CREATE INDEX outbox_alert ON outbox (alert);

CREATE TABLE delivered (          -- totals since the file was made
    notifier  TEXT PRIMARY KEY,
    notes     INTEGER NOT NULL,   -- delivered
    folded    INTEGER NOT NULL,   -- that were told as a number only, since the outbox was full
    last_at   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE ledger (             -- received = stored + dropped, by hour
    hour      INTEGER NOT NULL,   -- its beginning
    listener  TEXT NOT NULL,
    counter   TEXT NOT NULL,      -- 'received', 'stored', or the reason of a drop
    messages  INTEGER NOT NULL,
    PRIMARY KEY (hour, listener, counter)
) WITHOUT ROWID;

CREATE TABLE days (               -- days that are closed for good
    day       INTEGER PRIMARY KEY,
    sha256    TEXT NOT NULL,      -- of the file, hexadecimal
    bytes     INTEGER NOT NULL,
    messages  INTEGER NOT NULL,
    sealed_at INTEGER NOT NULL
);

CREATE TABLE sessions (           -- who is logged in to the console
    token     BLOB PRIMARY KEY,   -- SHA-256 of what the browser keeps
    user      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at   INTEGER NOT NULL,
    address   TEXT NOT NULL
) WITHOUT ROWID;
