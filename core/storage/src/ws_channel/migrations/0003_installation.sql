-- What the data belongs to: the installation's id and the ids of the keys that it needs. An id is public: it helps nobody to
-- guess its key.
CREATE TABLE installation (
  kind {text} NOT NULL,
  id {text} NOT NULL,
  PRIMARY KEY (kind, id)
){strict};
