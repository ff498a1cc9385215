/** The faults of the stories: each breaks one thing for a while and mends it. */

import pg from 'pg';
import { dumpRows } from '../../support/backup.js';
import { waitUntil } from '../../support/server.js';
import { createMember } from '../actors/index.js';
import { type ServerProcess, startServerProcess, type TestCluster } from './rig.js';
import type { FaultScenario, ScenarioContext } from './story.js';

const randomBetween = (random: () => number, low: number, high: number) => low + random() * (high - low);

/** Faults of the chat server and of the way to it. */
export const serverFaultScenarios: Record<
  'kill' | 'freeze' | 'reset' | 'halfOpen' | 'blackHole' | 'slowLink',
  FaultScenario
> = {
  kill: {
    name: 'server-kill-9',
    async injectFault({ server, random, waitForAcks: heard }) {
      await heard(Math.floor(randomBetween(random, 1, 60)));
      await server.kill();
      await server.start();
    },
  },
  freeze: {
    name: 'server-stopped',
    async injectFault({ server, random, wait: last }) {
      server.freeze();
      await last(randomBetween(random, 500, 5_000)).finally(() => server.thaw());
    },
  },
  reset: {
    name: 'client-resets',
    async injectFault({ network: proxy, random, wait: last, waitForAcks: heard }) {
      proxy.setConditions({ delay: 5, jitter: 20 });
      await heard(Math.floor(randomBetween(random, 1, 30)));
      const cut = proxy.resetConnections(randomBetween(random, 0.3, 1));
      if (cut === 0) await last(50);
      proxy.setConditions({ delay: 0, jitter: 0 });
    },
  },
  halfOpen: {
    name: 'half-open-links',
    async injectFault({ network: proxy, random, wait: last }) {
      proxy.blackholeConnections();
      await last(randomBetween(random, 500, 3_000));
      proxy.resetStrandedClients();
    },
  },
  blackHole: {
    name: 'black-hole',
    async injectFault({ network: proxy, random, wait: last }) {
      proxy.freeze();
      await last(randomBetween(random, 500, 6_000)).finally(() => proxy.thaw());
    },
  },
  slowLink: {
    name: 'slow-link',
    async injectFault({ network: proxy, random, wait: last }) {
      proxy.setConditions({ delay: 100, jitter: 100, bytesPerSecond: 24_000 });
      await last(randomBetween(random, 2_000, 4_000));
      proxy.resetConnections(0.3);
      proxy.setConditions({ delay: 0, jitter: 0, bytesPerSecond: 0 });
    },
  },
};

/** The server is killed with this many plain members in the room: all come back at once. */
export function createReconnectStorm(size: number): FaultScenario {
  return {
    name: 'reconnect-storm',
    // Every line is heard, noted and checked once a member, by the process that is all of them.
    ...(size > 500 && { sendIntervalMs: size }),
    async injectFault({ server, history, url, random, waitForAcks: heard }) {
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
          connectTimeoutMs: 60_000,
          random,
        }),
      );
      const inside = () => members.every(({ connected, position }) => connected && position > 0);
      await waitUntil(inside, 'the crowd', 60_000);
      await server.kill();
      await server.start();
      await heard(5);
      const missing = () => members.filter(({ connected }) => !connected).length;
      await waitUntil(() => missing() === 0 && inside(), `the crowd to be back`, 60_000);
      const head = Math.max(...members.map(({ position }) => position));
      await waitUntil(
        () => members.every(({ position }) => position >= head),
        'the crowd at the head',
        60_000,
      );
      for (const member of members) member.disconnect();
    },
  };
}

/** A second server on the same database; the last word is said there, in a room that is quiet on the first. */
export function createNoisyProject(): FaultScenario {
  let started: Promise<ServerProcess> | undefined;
  const speaker = async (stage: ScenarioContext, name: string) => {
    started ??= startServerProcess(stage.context, stage.database);
    const { url } = await started;
    const { history, random } = stage;
    return createMember({ history, url, project: 'kimpga', name, kind: 'batch', random });
  };
  return {
    name: 'second-server',
    async injectFault(stage) {
      const visitor = await speaker(stage, `visitor${stage.ackCount()}`);
      visitor.startSending(20);
      await waitUntil(() => visitor.ackedMessageCount >= 20, 'the visitor to be heard', 60_000);
      await visitor.stopSending();
      visitor.disconnect();
    },
    async finalPhase(stage) {
      const visitor = await speaker(stage, 'last');
      visitor.startSending(20);
      await waitUntil(() => visitor.ackedMessageCount >= 3, 'the last word', 60_000);
      await visitor.stopSending();
      visitor.disconnect();
    },
  };
}

/** Everybody is away while one writes more than a page of the log. */
export const memberOutage: FaultScenario = {
  name: 'away-for-hundreds',
  async injectFault({ network: proxy, server, history, random, ackCount: acks }) {
    proxy.freeze();
    proxy.resetConnections(1);
    const name = `writer${acks()}`;
    const writer = createMember({ history, url: server.url, project: 'kimpga', name, kind: 'batch', random });
    try {
      writer.startSending(0, 40);
      await waitUntil(() => writer.ackedMessageCount >= 700, 'hundreds of messages', 60_000);
      await writer.stopSending();
    } finally {
      writer.disconnect();
      proxy.thaw();
    }
  },
};

/** The clock of the server is an hour off for a while. */
export const clockStep: FaultScenario = {
  name: 'clock-step',
  async injectFault({ server, random, wait: last }) {
    await server.setClock(random() < 0.5 ? -3_600_000 : 3_600_000);
    await last(randomBetween(random, 1_000, 5_000));
    await server.setClock(0);
  },
};

/** With all servers of the database stopped it is dumped and restored: nothing is lost, and every row is written anew. */
export const backupRestore: FaultScenario = {
  name: 'restore',
  async injectFault({ server, database }) {
    await server.kill();
    try {
      await (await dumpRows(database))();
    } finally {
      await server.start();
    }
  },
};

/** Faults of the database. */
export function createDatabaseFaults(cluster: TestCluster) {
  const signals = (name: string, ...list: ('SIGINT' | 'SIGQUIT' | 'SIGKILL')[]): FaultScenario => ({
    name,
    async injectFault({ random, waitForAcks: heard }) {
      await heard(Math.floor(randomBetween(random, 1, 60)));
      await cluster.signalPostmaster(list[Math.floor(random() * list.length)] ?? 'SIGINT');
    },
  });
  return {
    restart: signals('database-restart', 'SIGINT', 'SIGQUIT'),
    immediate: signals('database-immediate-restart', 'SIGQUIT'),
    kill: signals('database-kill-9', 'SIGKILL'),
    terminate: { name: 'backends-terminated', injectFault: terminateDatabaseSessions },
    lock: { name: 'tables-locked', injectFault: lockTables },
    diskFull: {
      name: 'disk-full',
      async injectFault(stage: ScenarioContext) {
        cluster.fillDisk();
        try {
          await exhaustDatabaseConnections(stage);
        } finally {
          cluster.clearDisk();
        }
      },
    },
  } satisfies Record<string, FaultScenario>;
}

/** Works on a connection of its own, as soon as there is a database; one that goes meanwhile ends the work. */
async function withDatabaseClient(
  stage: ScenarioContext,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  let client: pg.Client | undefined;
  await waitUntil(
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
async function terminateDatabaseSessions(stage: ScenarioContext): Promise<void> {
  await withDatabaseClient(stage, async (client) => {
    const end = performance.now() + 4_000;
    while (performance.now() < end) {
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
      );
      await stage.wait(randomBetween(stage.random, 20, 300));
    }
  });
}

async function lockTables(stage: ScenarioContext): Promise<void> {
  await withDatabaseClient(stage, async (client) => {
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${stage.random() < 0.5 ? 'rooms' : 'messages'} IN ACCESS EXCLUSIVE MODE`);
    await stage.wait(randomBetween(stage.random, 1_000, 7_000));
    await client.query('ROLLBACK');
  });
}

/** Asks for new files until there is no room for one, then lets the members run into it for a while. */
async function exhaustDatabaseConnections(stage: ScenarioContext): Promise<void> {
  let failed = false;
  await waitUntil(
    async () => {
      await withDatabaseClient(stage, async (client) => {
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
  await stage.wait(2_000);
}

/** One or two of these at once, in any order. */
export function combineFaults(stories: readonly FaultScenario[]): FaultScenario {
  const pick = (random: () => number) => stories[Math.floor(random() * stories.length)];
  return {
    name: 'everything',
    async injectFault(stage) {
      const first = pick(stage.random);
      const second = stage.random() < 0.3 ? pick(stage.random) : undefined;
      const chosen = second && second !== first ? [first, second] : [first];
      // Two at once get in each other's way: a lock is lost with the database that held it.
      const tolerant = chosen.length > 1;
      await Promise.all(
        chosen.map((story) =>
          story?.injectFault(stage).catch((error: unknown) => {
            if (!tolerant) throw error;
            process.stderr.write(`${chosen.map((each) => each?.name).join(' and ')}: ${error}\n`);
          }),
        ),
      );
    },
  };
}
