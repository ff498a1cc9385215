/** Every plan that PostgreSQL carries out for a connection, those inside functions too, with the rows it read (auto_explain). */

import type { DatabaseConfig } from '@chatty/server/testing';
import pg from 'pg';

/** A node of a plan as EXPLAIN (ANALYZE, FORMAT JSON) gives it. */
type PlanNode = {
  'Node Type': string;
  'Relation Name'?: string;
  'Total Cost': number;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
};
type AutoExplainOutput = { 'Query Text': string; Plan: PlanNode; JIT?: unknown };

/** `rowsRead`: rows of tables that were looked at, whether or not they were of use. */
export type ExecutedPlan = {
  text: string;
  rowsRead: number;
  totalCost: number;
  jitCompiled: boolean;
  /** Each with its table and the rows it read. */
  nodes: string[];
};

const AUTO_EXPLAIN_SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
};

/** From now on new connections to the database are told the plans of what they ask. */
export async function enableAutoExplain(client: pg.Client, database: string): Promise<void> {
  for (const [name, value] of Object.entries(AUTO_EXPLAIN_SETTINGS))
    await client.query(`ALTER DATABASE ${database} SET ${name} = '${value}'`);
}

/** A connection whose plans are collected in `plans`, and the names of its statements in `names`. */
export function recordPlans(connection: DatabaseConfig, options: string) {
  const plans: ExecutedPlan[] = [];
  const names = new Set<string>();
  class Recorder extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config);
      this.on('notice', ({ message }) => {
        const start = message?.indexOf('plan:\n{') ?? -1;
        if (message && start >= 0) plans.push(parsePlan(JSON.parse(message.slice(start + 'plan:\n'.length))));
      });
      const ask = this.query.bind(this) as (...given: unknown[]) => unknown;
      this.query = ((...given: unknown[]) => {
        const [statement] = given;
        if (typeof statement === 'object' && statement !== null && 'name' in statement)
          names.add(String(statement.name));
        return ask(...given);
      }) as typeof this.query;
    }
  }
  // The driver's pool makes its connections of the class that it is given.
  const recorded = { ...connection, options, Client: Recorder };
  return { connection: recorded, plans, names };
}

function parsePlan(explained: AutoExplainOutput): ExecutedPlan {
  const nodes = flattenPlanNodes(explained.Plan);
  return {
    text: explained['Query Text'],
    rowsRead: nodes.reduce((sum, node) => sum + rowsReadOf(node), 0),
    totalCost: explained.Plan['Total Cost'],
    jitCompiled: explained.JIT !== undefined,
    nodes: nodes.map((node) => `${node['Node Type']} ${node['Relation Name'] ?? ''} ${rowsReadOf(node)}`),
  };
}

const flattenPlanNodes = (node: PlanNode): PlanNode[] => [
  node,
  ...(node.Plans ?? []).flatMap(flattenPlanNodes),
];

function rowsReadOf(node: PlanNode): number {
  if (!node['Relation Name'] || node['Node Type'] === 'ModifyTable') return 0;
  const { 'Rows Removed by Filter': filtered = 0, 'Rows Removed by Index Recheck': rechecked = 0 } = node;
  return (node['Actual Rows'] + filtered + rechecked) * node['Actual Loops'];
}
