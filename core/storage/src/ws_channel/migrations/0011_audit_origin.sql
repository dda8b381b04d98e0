-- The address that a request came from. Records with one have a hash of another form, which covers it.
ALTER TABLE audit ADD COLUMN origin {text};
