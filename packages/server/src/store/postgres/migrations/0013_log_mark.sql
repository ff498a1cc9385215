-- Where this database stands: which server and which tables, and the transaction that wrote the row. A dump carries the
-- text, but whoever restores it writes the row anew, so that the text is no longer true of it (R5, store/restored.ts).
CREATE TABLE log_mark (one boolean PRIMARY KEY DEFAULT true CHECK (one), mark text NOT NULL);
