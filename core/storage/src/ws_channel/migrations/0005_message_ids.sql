-- The message id of a processed payment file, where the simulator rejects those that it has seen.
ALTER TABLE upload ADD COLUMN message_id {text};
CREATE INDEX upload_by_message ON upload (api_key, connection, bank, message_id);
