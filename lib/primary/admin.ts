import { createServer, type Server } from 'node:http';
import { SettingError } from '../errors.js';

/** Why tgook is not ready, or undefined when it is. */
export type Readiness = () => string | undefined;

/**
 * Serves /healthz (tgook is alive) and /readyz (a worker is listening and Redis takes writes).
 *
 * @throws SettingError when the address cannot be listened on
 */
export function startAdmin(address: { host: string; port: number }, readiness: Readiness): Promise<Server> {
  const server = createServer((request, response) => {
    const [status, text] = answer(request.method, request.url, readiness);
    response.writeHead(status, { 'Content-Type': 'text/plain' });
    response.end(`${text}\n`);
  });
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      const problem =
        code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be listened on (${code})`;
      reject(new SettingError('TGOOK_ADMIN', `${address.host}:${address.port} ${problem}`, '127.0.0.1:9072'));
    });
    server.listen(address.port, address.host, () => resolve(server));
  });
}

function answer(method: string | undefined, url: string | undefined, readiness: Readiness): [number, string] {
  if (url !== '/healthz' && url !== '/readyz') return [404, 'not found'];
  if (method !== 'GET' && method !== 'HEAD') return [405, 'method not allowed'];
  const problem = url === '/readyz' ? readiness() : undefined;
  return problem === undefined ? [200, 'ok'] : [503, problem];
}
