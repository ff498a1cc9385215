/** Parts for tests, benchmarks and measurements. Not a stable interface. */

export type { App } from './app.js';
export { type AuthResult, createAuth } from './auth/auth.js';
export type { RefusalCount } from './auth/rejection-counts.js';
export { createRefusalLog, type RecentRefusal } from './auth/rejection-log.js';
export { environmentSettings } from './config/config.js';
export { createDoctor, type DoctorReport } from './doctor/token-doctor.js';
export { createRoomPermissions } from './messages/permissions.js';
export { createDisplayNames } from './moderation/display-names.js';
export { createModerationState } from './moderation/moderation-state.js';
export { roomRulesSchema } from './moderation/room-rules.js';
export { createKnownOrigins } from './projects/known-origins.js';
export { projectSettingsSchema, settingsFromStored } from './projects/project-settings.js';
export { createProjects, type Project, type Projects } from './projects/projects.js';
export { createSecretCipher } from './projects/secret-encryption.js';
export { UnavailableError } from './runtime/unavailable-error.js';
export type { DatabaseConfig } from './store/database-config.js';
export type { SanctionKind } from './store/moderation-store.js';
export { applyFunctions, FUNCTIONS_VERSION, readFunctionFiles } from './store/postgres/database-functions.js';
export { migrate } from './store/postgres/migrate.js';
export { createModerationRecords } from './store/postgres/moderation-queries.js';
export { createQuery, openPool } from './store/postgres/pool.js';
export { createPostgresStore } from './store/postgres/postgres-store.js';
export { createProjectRecords } from './store/postgres/project-queries.js';
export { assumeRole } from './store/postgres/row-level-security.js';
export {
  type AppendJob,
  createAppendFlush,
  createEditFlush,
  createReactionFlush,
} from './store/postgres/write-batches.js';
export type { ProjectId, Store } from './store/store.js';
