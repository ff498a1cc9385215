-- A second wall between projects, under the conditions that every query has: a row of what people wrote is there only for a
-- statement that has said its project. chatty.projects holds the names, parted by spaces, until the transaction ends; unset
-- it holds none, and then there are no rows. FORCE, so that it holds the tables' owner too; as whom the server works where
-- its user is exempt even so is in wall.ts.
-- array_position and not = ANY: a condition that the planner counts as true, so that it plans as if there were no wall; in
-- a SELECT of its own, so that the names are read once a statement and not for each row.
-- A dump by an owner who is not exempt needs all rows: chatty.backup, which the server never sets, lets it read and no more.
-- Projects, their keys, sanctions, staff and rules are read for all projects at once, so no wall stands there.
DO $$
DECLARE
  walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['rooms', 'messages', 'reactions', 'audit_log'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format($policy$
      CREATE POLICY own_project ON %I
        USING (array_position((SELECT string_to_array(current_setting('chatty.projects', true), ' ')), project_id) IS NOT NULL)
        WITH CHECK (array_position((SELECT string_to_array(current_setting('chatty.projects', true), ' ')), project_id) IS NOT NULL)
    $policy$, walled);
    EXECUTE format($policy$
      CREATE POLICY whole_backup ON %I FOR SELECT USING ((SELECT current_setting('chatty.backup', true)) = 'on')
    $policy$, walled);
  END LOOP;
END;
$$;
