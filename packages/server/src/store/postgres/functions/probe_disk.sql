-- Whether the database is read-only; fails if the disk is full. The rows exceed work_mem and so go to a temporary file, which
-- ends with the statement. Inserting a row would not show a full disk, because an existing page may have room for it.
CREATE OR REPLACE FUNCTION probe_disk() RETURNS boolean LANGUAGE sql VOLATILE SET work_mem = '64kB' AS $$
  SELECT current_setting('transaction_read_only')::boolean AND n > 0 FROM (SELECT count(*) AS n FROM generate_series(1, 20000)) w
$$;
