-- Clearer names. A trigger refers to its function by number and so follows the new name.
ALTER FUNCTION take_order_version() RENAME TO next_moderation_version;
ALTER FUNCTION take_projects_version() RENAME TO next_projects_version;
ALTER FUNCTION change_project_of_row() RENAME TO touch_project_of_row;
ALTER FUNCTION count_removal() RENAME TO record_project_removal;

ALTER TABLE order_version RENAME TO moderation_version;
-- The former name, for servers of the previous release during a rolling upgrade. May be dropped one release later.
CREATE VIEW order_version AS SELECT one, version FROM moderation_version;
DO $$
BEGIN
  -- Those servers have granted themselves this right on the table only.
  IF to_regrole('chatty_app') IS NOT NULL THEN GRANT SELECT, UPDATE ON order_version TO chatty_app; END IF;
END;
$$;
