/** Explains why a server cannot listen on its address. */

/** Why a server could not listen, in a sentence; the demo hosts say it the same way. */
export function listenErrorMessage(
  error: unknown,
  { host, port }: { host: string; port: number },
  setting = 'PORT',
): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program: stop it, or set ${setting} to a free port.`;
  if (code === 'EACCES')
    return `Port ${port} needs more rights than this user has: set ${setting} to one above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST "${host}" is not an address of this machine.`;
  return `The server could not listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}.`;
}
