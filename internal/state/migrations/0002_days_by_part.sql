-- A day has more than one file after trouble, each with a checksum of its own.

CREATE TABLE day_files (          -- files of days that are closed for good
    day       INTEGER NOT NULL,
    part      INTEGER NOT NULL,   -- 0 = the file that is named after the day alone
    sha256    TEXT NOT NULL,      -- of the file, hexadecimal
    bytes     INTEGER NOT NULL,
    messages  INTEGER NOT NULL,
    sealed_at INTEGER NOT NULL,
    PRIMARY KEY (day, part)
) WITHOUT ROWID;
INSERT INTO day_files SELECT day, 0, sha256, bytes, messages, sealed_at FROM days;
DROP TABLE days;
