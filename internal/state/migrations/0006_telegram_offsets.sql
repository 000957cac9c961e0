CREATE TABLE offsets (            -- how far the commands of a chat program were taken
    bot       TEXT PRIMARY KEY,   -- its number
    next      INTEGER NOT NULL,   -- update to take next
    at        INTEGER NOT NULL    -- when the last came
) WITHOUT ROWID;
