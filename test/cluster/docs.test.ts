import { readFileSync } from 'node:fs';
import t from 'tap';
import { startPrivateRedis } from '../../lib/demo/private-redis.js';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { post, startTgook, textUpdate, tgookOutput } from '../support/tgook.js';

t.test(
  'the ACL user of docs/redis.md has the rights that tgook needs, Horizon and quarantine included',
  async t => {
    const redis = await startPrivateRedis();
    const text = readFileSync(`${PACKAGE_ROOT}docs/redis.md`, 'utf8').replaceAll(/\\\n\s+/g, '');
    const rules = /^ {4}ACL SETUSER tgook (.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [];
    await redis.client.acl('SETUSER', 'tgook', ...rules);
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
