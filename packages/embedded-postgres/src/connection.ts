/** How to connect to the database that was started: over TCP on the loopback address. */
export type Connection = { host: string; port: number; user: string; password?: string; database: string };
