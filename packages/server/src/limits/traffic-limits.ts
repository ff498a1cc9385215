/** Builds every limit on traffic from the settings: packets, connections, cooldowns and rates. */

import type { Config } from '../config/config.js';
import type { Projects } from '../projects/projects.js';
import type { Log } from '../runtime/logger.js';
import { createConnectionLimits } from './connection-limits.js';
import { createCooldowns } from './cooldowns.js';
import { createRateLimits } from './rate-limits.js';
import { createTokenBuckets } from './token-bucket.js';

export function createTrafficLimits(config: Config, projects: Projects, log: Log) {
  const { limits } = config;
  const sendRate = { burst: config.sendBurst, perSecond: config.sendPerSecond };
  const settingsOf = (project: string) => projects.get(project)?.settings;
  const addressBuckets = createTokenBuckets({
    burst: limits.addressEventBurst,
    perSecond: limits.addressEventsPerSecond,
  });
  const cooldowns = createCooldowns({
    allowedStrikes: limits.rateLimitStrikes,
    cooldownSeconds: limits.cooldownSeconds,
  });
  const packetBudget = {
    burst: limits.packetBurst + sendRate.burst + limits.readBurst,
    perSecond: limits.packetsPerSecond + sendRate.perSecond + limits.readPerSecond,
  };
  const connectionLimits = createConnectionLimits({
    limits,
    addressBuckets,
    maxConnectionsOf: (project) => settingsOf(project)?.connections ?? limits.connectionsPerProject,
    cooldowns,
    log,
  });
  const rateLimits = createRateLimits({
    send: sendRate,
    limits,
    addressBuckets,
    projectRateOf: (project) => settingsOf(project)?.perSecond ?? limits.projectEventsPerSecond,
    cooldowns,
  });
  return {
    packetBudget,
    connectionLimits,
    cooldowns,
    rateLimits,
  };
}
