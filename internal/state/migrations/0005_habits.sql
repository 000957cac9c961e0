CREATE TABLE habits (             -- how often a device speaks
    device    TEXT PRIMARY KEY,
    last_at   INTEGER NOT NULL,   -- its newest message
    habit     TEXT NOT NULL       -- JSON of silence.Habit
) WITHOUT ROWID;
