-- Messages become incidents: a trouble is on something of a device, and people
-- are told of it in one message that is edited.

CREATE TABLE troubles (           -- that are going on
    rule      TEXT NOT NULL,
    device    TEXT NOT NULL,
    object    TEXT NOT NULL,      -- '' = the device as a whole
    last_at   INTEGER NOT NULL,
    state     TEXT NOT NULL,      -- JSON of alert.State
    PRIMARY KEY (rule, device, object)
) WITHOUT ROWID;
INSERT INTO troubles SELECT rule, device, '', last_at, state FROM alert_states;
DROP TABLE alert_states;

CREATE TABLE incidents (
    id         INTEGER PRIMARY KEY,
    state      TEXT NOT NULL,     -- open, cleared, expired, merged
    rule       TEXT NOT NULL,
    device     TEXT NOT NULL,
    object     TEXT NOT NULL,
    severity   INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    cleared_at INTEGER NOT NULL,  -- 0 = not yet
    incident   TEXT NOT NULL      -- JSON of alert.Incident
);
CREATE INDEX incidents_open ON incidents (state, id);

CREATE TABLE handled (            -- what people did about incidents
    incident    INTEGER PRIMARY KEY,
    acked_at    INTEGER NOT NULL, -- 0 = not
    acked_by    TEXT NOT NULL,
    muted_until INTEGER NOT NULL, -- 0 = not
    note        TEXT NOT NULL
);

CREATE TABLE messages (           -- in which people were told of an incident, to be edited
    notifier  TEXT NOT NULL,
    incident  INTEGER NOT NULL,
    place     TEXT NOT NULL,      -- where: of Telegram, the chat
    message   TEXT NOT NULL,      -- its number there
    alarm     INTEGER NOT NULL,   -- alert.Incident.Alarms that it told
    at        INTEGER NOT NULL,
    PRIMARY KEY (notifier, incident, place)
) WITHOUT ROWID;
CREATE INDEX messages_incident ON messages (incident);
CREATE INDEX messages_message ON messages (message);

CREATE TABLE vendors (            -- whose equipment a device has shown to be
    device    TEXT PRIMARY KEY,
    vendor    TEXT NOT NULL
) WITHOUT ROWID;

ALTER TABLE outbox ADD COLUMN incident INTEGER NOT NULL DEFAULT 0; -- that it tells of; a newer note of it takes its place
CREATE INDEX outbox_incident ON outbox (incident) WHERE incident <> 0;
