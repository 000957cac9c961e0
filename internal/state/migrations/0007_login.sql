-- A session ends with the password that began it.
ALTER TABLE sessions ADD COLUMN version TEXT NOT NULL DEFAULT '';

CREATE TABLE audit (              -- who changed what
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,
    address   TEXT NOT NULL,      -- from where; '' = not over the network
    action    TEXT NOT NULL,
    detail    TEXT NOT NULL,
    mark      TEXT UNIQUE         -- of a change that may be told again; NULL = it is not
);
