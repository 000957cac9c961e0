CREATE TABLE mute (               -- until when people are not told; no row = they are
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    until     INTEGER NOT NULL
);
