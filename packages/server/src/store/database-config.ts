/** Where the database is and as which user the server connects to it. */

export type DatabaseConfig = {
  host: string;
  port: number;
  user: string;
  password?: string;
  database: string;
};
