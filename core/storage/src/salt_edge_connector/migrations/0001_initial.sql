-- The data of a bank's connector to Salt Edge. Times are Unix milliseconds. What only the connector's key opens is
-- `sealed`; hashes find what must not be readable.

-- Which key has sealed the rest.
CREATE TABLE sealing_key (
    one {int} PRIMARY KEY,
    key_id {blob} NOT NULL
){strict};

-- Access tokens that customers have given, or are about to give. While the hub has not been told of a renewal, the former
-- token counts too.
CREATE TABLE token (
    id {blob} PRIMARY KEY,
    access_token {blob} UNIQUE,
    generation {int} NOT NULL,
    granted_by {blob},
    client_id {int} NOT NULL,
    state {text} NOT NULL,
    holder {blob},
    created_at {int} NOT NULL,
    expires_at {int},
    ended_at {int},
    sealed {blob} NOT NULL,
    former {blob} UNIQUE,
    former_expires_at {int},
    former_sealed {blob}
){strict};
CREATE INDEX token_of_holder ON token (holder, created_at, id);
CREATE INDEX token_by_age ON token (created_at, id);

-- Sessions that Salt Edge has begun.
CREATE TABLE session (
    id {blob} PRIMARY KEY,
    secret {blob} NOT NULL UNIQUE,
    client_id {int} NOT NULL,
    kind {text} NOT NULL,
    state {text} NOT NULL,
    token {blob} NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    ended_at {int},
    tries {int} NOT NULL,
    last_answer {blob},
    callbacks {int} NOT NULL,
    sealed {blob} NOT NULL,
    last_update {blob}
){strict};
CREATE INDEX session_open ON session (expires_at) WHERE ended_at IS NULL;
CREATE INDEX session_of_token ON session (token);
CREATE INDEX session_ended ON session (ended_at);

-- What the bank's code has still to be asked. A session has one question at a time.
CREATE TABLE task (
    id {blob} PRIMARY KEY,
    session {blob} UNIQUE,
    kind {text} NOT NULL,
    due_at {int} NOT NULL,
    lease {int} NOT NULL,
    created_at {int} NOT NULL,
    sealed {blob} NOT NULL
){strict};
CREATE INDEX task_due ON task (due_at);

-- What Salt Edge has still to be told, and what became of it. Of a session only the first that waits is due.
CREATE TABLE callback (
    id {blob} PRIMARY KEY,
    session {blob},
    position {int} NOT NULL,
    token {blob},
    generation {int} NOT NULL,
    kind {text} NOT NULL,
    ends_session {int} NOT NULL,
    state {text} NOT NULL,
    due_at {int},
    expires_at {int} NOT NULL,
    created_at {int} NOT NULL,
    lease {int} NOT NULL,
    sent {int} NOT NULL,
    reason {text},
    status {int},
    class {text},
    ended_at {int},
    sealed {blob}
){strict};
CREATE UNIQUE INDEX callback_order ON callback (session, position);
CREATE UNIQUE INDEX callback_one_end ON callback (session) WHERE ends_session = 1;
CREATE INDEX callback_due ON callback (due_at) WHERE state = 'waiting' AND due_at IS NOT NULL;
CREATE INDEX callback_stopped ON callback (expires_at) WHERE state = 'stopped';
CREATE INDEX callback_of_token ON callback (token);

-- How far the hub's list of revoked tokens was read.
CREATE TABLE reading (
    list {text} PRIMARY KEY,
    next_id {int} NOT NULL
){strict};
