/** Promise: what a crowd writes at the same moment is stored, on a database with its default settings. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import pg from 'pg';
import { assertStored, connectClient, createTestToken, startTestServer } from '../support/server.js';

const MEMBERS = 100;
const MESSAGES_EACH = 6;

for (const { title, projectOf } of [
  { title: 'into one room', projectOf: () => 'kimpga' },
  { title: 'into as many rooms, of a project each', projectOf: (member: number) => `shop-${member}` },
])
  it(`everything that ${MEMBERS} members write at once ${title} is stored`, async (context) => {
    const { url, connection } = await startTestServer(context);
    const members = await Promise.all(
      Array.from({ length: MEMBERS }, (_, n) =>
        connectClient(context, url, createTestToken(`회원${n}`, { projectId: projectOf(n) })),
      ),
    );
    const answers = await Promise.all(
      members.flatMap((member, n) =>
        Array.from({ length: MESSAGES_EACH }, (_, time) => member.send(`${n}의 ${time}번째 말`)),
      ),
    );
    const ids = answers.map((answer) => assertStored(answer).id);
    assert.equal(ids.length, MEMBERS * MESSAGES_EACH);
    const client = new pg.Client(connection);
    await client.connect();
    // The numbers of each room begin at 1 and have no hole.
    const { rows } = await client
      .query<{ messages: number; dense: boolean }>(
        `SELECT sum(c.messages)::integer AS messages, bool_and(c.messages = r.last_seq AND c.last = r.last_seq) AS dense
         FROM rooms r JOIN (
           SELECT project_id, room_id, count(*) AS messages, max(id) AS last FROM messages GROUP BY 1, 2
         ) c USING (project_id, room_id)`,
      )
      .finally(() => client.end());
    assert.deepEqual(rows, [{ messages: MEMBERS * MESSAGES_EACH, dense: true }]);
  });
