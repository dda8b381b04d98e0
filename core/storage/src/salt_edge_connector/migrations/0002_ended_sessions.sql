-- With open sessions in it too, SQLite looked through all of them for those whose time is over.
DROP INDEX session_ended;
CREATE INDEX session_ended ON session (ended_at) WHERE ended_at IS NOT NULL;
