/** The faults of the stories: each breaks one thing for a while and mends it. */

import pg from 'pg';
import { dumpRows } from '../../support/backup.js';
import { until } from '../../support/server.js';
import { createMember } from '../actors/index.js';
import { type Cluster, type ServerProcess, startServer } from './rig.js';
import type { Stage, Story } from './story.js';

const between = (random: () => number, low: number, high: number) => low + random() * (high - low);

/** Faults of the chat server and of the way to it. */
export const serverFaults: Record<
  'kill' | 'freeze' | 'reset' | 'halfOpen' | 'blackHole' | 'slowLink',
  Story
> = {
  kill: {
    name: 'server-kill-9',
    async fault({ server, random, heard }) {
      await heard(Math.floor(between(random, 1, 60)));
      await server.kill();
      await server.start();
    },
  },
  freeze: {
    name: 'server-stopped',
    async fault({ server, random, last }) {
      server.freeze();
      await last(between(random, 500, 5_000)).finally(() => server.thaw());
    },
  },
  reset: {
    name: 'client-resets',
    async fault({ proxy, random, last, heard }) {
      proxy.weather({ delay: 5, jitter: 20 });
      await heard(Math.floor(between(random, 1, 30)));
      const cut = proxy.reset(between(random, 0.3, 1));
      if (cut === 0) await last(50);
      proxy.weather({ delay: 0, jitter: 0 });
    },
  },
  halfOpen: {
    name: 'half-open-links',
    async fault({ proxy, random, last }) {
      proxy.strand();
      await last(between(random, 500, 3_000));
      proxy.abandon();
    },
  },
  blackHole: {
    name: 'black-hole',
    async fault({ proxy, random, last }) {
      proxy.freeze();
      await last(between(random, 500, 6_000)).finally(() => proxy.thaw());
    },
  },
  slowLink: {
    name: 'slow-link',
    async fault({ proxy, random, last }) {
      proxy.weather({ delay: 100, jitter: 100, bytesPerSecond: 24_000 });
      await last(between(random, 2_000, 4_000));
      proxy.reset(0.3);
      proxy.weather({ delay: 0, jitter: 0, bytesPerSecond: 0 });
    },
  },
};

/** The server is killed with this many plain members in the room: all come back at once. */
export function storm(size: number): Story {
  return {
    name: 'reconnect-storm',
    // Every line is heard, noted and checked once a member, by the process that is all of them.
    ...(size > 500 && { pace: size }),
    async fault({ server, history, url, random, heard }) {
      const round = history.count('reset');
      const members = Array.from({ length: size }, (_, index) =>
        createMember({
          history,
          url,
          project: 'kimpga',
          name: `storm${round}-${index}`,
          kind: 'plain',
          transports: ['websocket'],
          // A process that is all of them and gives each up after a few seconds ends up doing nothing else.
          patience: 60_000,
          random,
        }),
      );
      const inside = () => members.every(({ connected, position }) => connected && position > 0);
      await until(inside, 'the crowd', 60_000);
      await server.kill();
      await server.start();
      await heard(5);
      const missing = () => members.filter(({ connected }) => !connected).length;
      await until(() => missing() === 0 && inside(), `the crowd to be back`, 60_000);
      const head = Math.max(...members.map(({ position }) => position));
      await until(() => members.every(({ position }) => position >= head), 'the crowd at the head', 60_000);
      for (const member of members) member.leave();
    },
  };
}

/** A second server on the same database; the last word is said there, in a room that is quiet on the first. */
export function neighbour(): Story {
  let started: Promise<ServerProcess> | undefined;
  const speaker = async (stage: Stage, name: string) => {
    started ??= startServer(stage.context, stage.database);
    const { url } = await started;
    const { history, random } = stage;
    return createMember({ history, url, project: 'kimpga', name, kind: 'batch', random });
  };
  return {
    name: 'second-server',
    async fault(stage) {
      const visitor = await speaker(stage, `visitor${stage.acks()}`);
      visitor.talk(20);
      await until(() => visitor.acked >= 20, 'the visitor to be heard', 60_000);
      await visitor.hush();
      visitor.leave();
    },
    async last(stage) {
      const visitor = await speaker(stage, 'last');
      visitor.talk(20);
      await until(() => visitor.acked >= 3, 'the last word', 60_000);
      await visitor.hush();
      visitor.leave();
    },
  };
}

/** Everybody is away while one writes more than a page of the log. */
export const away: Story = {
  name: 'away-for-hundreds',
  async fault({ proxy, server, history, random, acks }) {
    proxy.freeze();
    proxy.reset(1);
    const name = `writer${acks()}`;
    const writer = createMember({ history, url: server.url, project: 'kimpga', name, kind: 'batch', random });
    try {
      writer.talk(0, 40);
      await until(() => writer.acked >= 700, 'hundreds of messages', 60_000);
      await writer.hush();
    } finally {
      writer.leave();
      proxy.thaw();
    }
  },
};

/** The clock of the server is an hour off for a while. */
export const clockStep: Story = {
  name: 'clock-step',
  async fault({ server, random, last }) {
    await server.setClock(random() < 0.5 ? -3_600_000 : 3_600_000);
    await last(between(random, 1_000, 5_000));
    await server.setClock(0);
  },
};

/** With all servers of the database stopped it is dumped and restored: nothing is lost, and every row is written anew. */
export const restore: Story = {
  name: 'restore',
  async fault({ server, database }) {
    await server.kill();
    try {
      await (await dumpRows(database))();
    } finally {
      await server.start();
    }
  },
};

/** Faults of the database. */
export function databaseFaults(cluster: Cluster) {
  const signals = (name: string, ...list: ('SIGINT' | 'SIGQUIT' | 'SIGKILL')[]): Story => ({
    name,
    async fault({ random, heard }) {
      await heard(Math.floor(between(random, 1, 60)));
      await cluster.signal(list[Math.floor(random() * list.length)] ?? 'SIGINT');
    },
  });
  return {
    restart: signals('database-restart', 'SIGINT', 'SIGQUIT'),
    immediate: signals('database-immediate-restart', 'SIGQUIT'),
    kill: signals('database-kill-9', 'SIGKILL'),
    terminate: { name: 'backends-terminated', fault: terminate },
    lock: { name: 'tables-locked', fault: lock },
    diskFull: {
      name: 'disk-full',
      async fault(stage: Stage) {
        cluster.fillDisk();
        try {
          await exhaust(stage);
        } finally {
          cluster.clearDisk();
        }
      },
    },
  } satisfies Record<string, Story>;
}

/** Works on a connection of its own, as soon as there is a database; one that goes meanwhile ends the work. */
async function onClient(stage: Stage, work: (client: pg.Client) => Promise<void>): Promise<void> {
  let client: pg.Client | undefined;
  await until(
    async () => {
      const next = new pg.Client({
        ...stage.database,
        connectionTimeoutMillis: 5_000,
        query_timeout: 20_000,
      });
      next.on('error', () => undefined);
      const connected = await next.connect().then(
        () => true,
        () => false,
      );
      if (connected) client = next;
      return connected;
    },
    'a database to work on',
    60_000,
  );
  if (client) await work(client).finally(() => client?.end().catch(() => undefined));
}

/** Every few milliseconds, whatever the server's connections are doing. */
async function terminate(stage: Stage): Promise<void> {
  await onClient(stage, async (client) => {
    const end = performance.now() + 4_000;
    while (performance.now() < end) {
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
      );
      await stage.last(between(stage.random, 20, 300));
    }
  });
}

async function lock(stage: Stage): Promise<void> {
  await onClient(stage, async (client) => {
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${stage.random() < 0.5 ? 'rooms' : 'messages'} IN ACCESS EXCLUSIVE MODE`);
    await stage.last(between(stage.random, 1_000, 7_000));
    await client.query('ROLLBACK');
  });
}

/** Asks for new files until there is no room for one, then lets the members run into it for a while. */
async function exhaust(stage: Stage): Promise<void> {
  let failed = false;
  await until(
    async () => {
      await onClient(stage, async (client) => {
        await client.query('CREATE TABLE IF NOT EXISTS waste (bytes text)');
        await client.query(
          `INSERT INTO waste SELECT repeat(md5(n::text), 60) FROM generate_series(1, 400) n`,
        );
        await client.query('SELECT pg_switch_wal()');
      }).catch(() => {
        failed = true;
      });
      return failed;
    },
    'a full disk to be noticed',
    60_000,
  );
  await stage.last(2_000);
}

/** One or two of these at once, in any order. */
export function mixed(stories: readonly Story[]): Story {
  const pick = (random: () => number) => stories[Math.floor(random() * stories.length)];
  return {
    name: 'everything',
    async fault(stage) {
      const first = pick(stage.random);
      const second = stage.random() < 0.3 ? pick(stage.random) : undefined;
      const chosen = second && second !== first ? [first, second] : [first];
      // Two at once get in each other's way: a lock is lost with the database that held it.
      const tolerant = chosen.length > 1;
      await Promise.all(
        chosen.map((story) =>
          story?.fault(stage).catch((error: unknown) => {
            if (!tolerant) throw error;
            process.stderr.write(`${chosen.map((each) => each?.name).join(' and ')}: ${error}\n`);
          }),
        ),
      );
    },
  };
}
