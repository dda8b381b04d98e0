-- What a customer waits for (0) goes before the rest (1), and before what only informs (2). Rows of the former version
-- come without a rank.
ALTER TABLE task ADD COLUMN rank {int} NOT NULL DEFAULT 0;
UPDATE task SET rank = CASE kind WHEN 'notice' THEN 2 WHEN 'refresh' THEN 1 ELSE 0 END;
CREATE INDEX task_by_rank ON task (rank, due_at);
ALTER TABLE callback ADD COLUMN rank {int} NOT NULL DEFAULT 0;
UPDATE callback SET rank = CASE
    WHEN kind = 'revoke' THEN 2
    WHEN EXISTS (SELECT 1 FROM session WHERE session.id = callback.session AND session.kind = 'refresh') THEN 1
    ELSE 0 END
WHERE state = 'waiting' OR state = 'stopped';
CREATE INDEX callback_by_rank ON callback (rank, due_at) WHERE state = 'waiting' AND due_at IS NOT NULL;

-- The customer whom a session has named, as the hash that finds tokens.
ALTER TABLE session ADD COLUMN holder {blob};

-- Third parties' JWTs that sessions have used, as hashes: each counts for one session.
CREATE TABLE client_jwt (
    hash {blob} PRIMARY KEY,
    session {blob} NOT NULL,
    expires_at {int} NOT NULL
){strict};
CREATE INDEX client_jwt_expired ON client_jwt (expires_at);
