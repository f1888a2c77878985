import { readFileSync } from 'node:fs';
import t from 'tap';
import { findServer, startPrivateRedis, type Version } from '../../lib/demo/private-redis.js';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { post, startTgook, textUpdate, tgookOutput } from '../support/tgook.js';

const DOCS = readFileSync(`${PACKAGE_ROOT}docs/redis.md`, 'utf8').replaceAll(/\\\n\s+/g, '');

/** What the page gives the user, by each of its ACL lines. */
const RULES = [...DOCS.matchAll(/^ {4}ACL SETUSER tgook (.*)$/gm)].map(([, rules = '']) =>
  rules.split(/\s+/),
);

t.test(
  'the ACL user of docs/redis.md has the rights that tgook needs, Horizon and quarantine included',
  async t => {
    const redis = await startPrivateRedis();
    await redis.client.acl('SETUSER', 'tgook', ...RULES[0]!);
    await redis.client.sadd('laravel_horizon:monitoring', 'telegram');
    const settings = {
      REDIS_PORT: redis.port,
      REDIS_USERNAME: 'tgook',
      REDIS_PASSWORD: 'password',
      TGOOK_HORIZON: 'always',
      TGOOK_TAGS: 'telegram',
    };
    const tgook = await startTgook(settings);
    t.teardown(async () => {
      await tgook.stop('SIGKILL');
      await redis.stop();
    });
    t.equal((await post(tgook, 'main', textUpdate(1))).status, 200);
    t.equal((await post(tgook, 'main', '{"update_id":2,"message":{}}')).status, 200);
    t.same((await redis.client.keys('*tgook*')).filter(key => !key.endsWith(':probe')).sort(), [
      'laravel_database_tgook:quarantine',
      'laravel_database_tgook:quarantine:bytes',
      'laravel_database_tgook:quarantine:ids',
      'laravel_database_tgook:seen:main:0',
    ]);
    t.equal(await redis.client.zcard('laravel_horizon:telegram'), 1);
    t.equal((await tgook.admin('/readyz')).status, 200);

    t.equal((await post(tgook, 'main', '{"update_id":3,"message":{}}')).status, 200);
    const quarantine = (args: string, format = 'object') =>
      tgookOutput(['quarantine', ...args.split(' ')], { ...settings, TGOOK_JOB_FORMAT: format });
    const [entry] = JSON.parse((await quarantine('ls --json')).stdout) as Array<{ id: string }>;
    t.match(await quarantine(`show ${entry!.id}`), { code: 0 });
    t.match(await quarantine(`replay ${entry!.id}`, 'json'), {
      code: 0,
      stdout: 'replayed 1: 1 delivered\n',
    });
    t.match(await quarantine('drop --all'), { code: 0, stdout: /dropped 1 update,/ });
    t.same(await redis.client.acl('LOG'), [], 'nothing was denied');
  },
);

const WITH_WAITAOF: Version = [7, 2];
const needsWaitaof =
  findServer(WITH_WAITAOF) === undefined && 'no redis-server from 7.2 on and no valkey-server is in PATH';

for (const [ack, line, minimum] of [
  ['replicas:1', 1, undefined],
  ['aof', 2, WITH_WAITAOF],
] as const) {
  t.test(
    `TGOOK_ACK=${ack} needs the right that the page names for it, and no other`,
    { skip: ack === 'aof' && needsWaitaof },
    async t => {
      const options = ['--appendonly', 'yes', '--appendfsync', 'always', '--repl-diskless-sync-delay', '0'];
      const redis = await startPrivateRedis(options, minimum);
      const replica = await startPrivateRedis(['--replicaof', '127.0.0.1', String(redis.port)], minimum);
      t.teardown(() => Promise.all([redis.stop(), replica.stop()]));
      await redis.client.acl('SETUSER', 'tgook', ...RULES[0]!);
      const tgook = await startTgook({
        REDIS_PORT: redis.port,
        REDIS_USERNAME: 'tgook',
        REDIS_PASSWORD: 'password',
        TGOOK_ACK: ack,
      });
      t.teardown(() => tgook.stop('SIGKILL'));
      t.equal((await post(tgook, 'main', textUpdate(1))).status, 503);
      await tgook.line(/NOPERM .* — check the ACL rights of tgook's Redis user/);
      await redis.client.acl('SETUSER', 'tgook', ...RULES[line]!);
      await tgook.line(/^Redis takes writes again$/);
      t.equal((await post(tgook, 'main', textUpdate(1))).status, 200);
      t.equal((await post(tgook, 'main', '{"update_id":2,"message":{}}')).status, 200);
      t.equal((await tgook.admin('/readyz')).status, 200);
      t.match(
        tgook.log.find(({ msg }) => msg.startsWith('tgook is')),
        { ack },
      );
      t.equal(await redis.client.llen('laravel_database_queues:telegram_updates'), 1);
    },
  );
}
