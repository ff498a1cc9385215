/** What a scenario gets to work with and what it answers: servers of the run, and rows of one table. */

import type { DatabaseConfig } from '@chatty/server/testing';
import { type BenchServer, type ServerKind, startBenchServer } from './server.js';

/** One figure: ours beside the baselines of the same run. A null was not measured, or means nothing there. */
export type ResultRow = {
  scenario: string;
  measure: string;
  ours: number | null;
  bare: number | null;
  started: number | null;
  /** What it should be, as the project set it. */
  bar?: string;
  note?: string;
};

export type BenchContext = {
  /** Fewer repetitions, shorter steps, smaller tables. */
  quick: boolean;
  report(sentence: string): void;
  /** Processor seconds the database has used so far, all its processes together. */
  databaseCpu(): number;
  /** Runs the work with these servers up, each with an empty database and these settings; stops them whatever happens. */
  withServers<Result>(
    wanted: readonly ServerKind[],
    work: (servers: BenchServer[]) => Promise<Result>,
    settings?: Record<string, string>,
  ): Promise<Result>;
};

export type BenchScenario = (stage: BenchContext) => Promise<ResultRow[]>;

export function createBenchContext(options: {
  postgres: DatabaseConfig;
  databaseCpu(): number;
  quick: boolean;
  profile: string | null;
  say(sentence: string): void;
}): BenchContext {
  const { postgres, databaseCpu, quick, profile, say } = options;
  return {
    quick,
    report: say,
    databaseCpu,
    withServers: async (wanted, work, settings = {}) => {
      const servers: BenchServer[] = [];
      try {
        for (const kind of wanted)
          servers.push(
            await startBenchServer({ kind, postgres, settings, profile: kind === 'ours' ? profile : null }),
          );
        return await work(servers);
      } finally {
        for (const server of servers) await server.stop();
      }
    },
  };
}

/** The three columns of a row from figures by kind. */
export function formatColumns(figures: Partial<Record<ServerKind, number>>): Pick<ResultRow, ServerKind> {
  const { ours = null, bare = null, started = null } = figures;
  return { ours, bare, started };
}
