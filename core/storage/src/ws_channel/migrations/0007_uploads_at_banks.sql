-- What a bank is asked by about an upload, stored before anything of it leaves: the customer's id there, the id and the time of
-- the request.
ALTER TABLE upload ADD COLUMN customer_id {text};
ALTER TABLE upload ADD COLUMN request_id {text};
ALTER TABLE upload ADD COLUMN request_timestamp {text};
-- What the customer may read about its state.
ALTER TABLE upload ADD COLUMN message {text};
-- From when on the customer is to be told of its state; null if there is nothing to tell.
ALTER TABLE upload ADD COLUMN tell_at {int};
CREATE INDEX upload_to_tell ON upload (tell_at) WHERE tell_at IS NOT NULL;
-- 1: the operator allows the same bytes to be sent once more, although it is unknown whether the bank has these.
ALTER TABLE upload ADD COLUMN may_repeat {int} NOT NULL DEFAULT 0;
-- The same bytes are not sent again while it is unknown whether the bank has them.
CREATE INDEX upload_by_content ON upload (sha256, bank);
-- An account's uploads in order.
CREATE INDEX upload_by_uploader ON upload (api_key, email, bank, received);
