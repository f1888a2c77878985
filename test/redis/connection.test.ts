import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PACKAGE_ROOT } from '../../lib/paths.js';
import { Outcome } from '../../lib/queue/enqueue.js';
import { dump, openQueue, redisFor, signalled, type Values } from '../support/queue.js';
import { type Manner, RedisProxy } from '../support/redis-proxy.js';

// Most of these wait for a time to be up. Each private Redis listens for the end of the process.
t.jobs = 3;
process.setMaxListeners(30);

async function proxyTo(t: Test, port: number): Promise<RedisProxy> {
  const proxy = await new RedisProxy(port).listen();
  t.teardown(() => proxy.close());
  return proxy;
}

const seconds = (begin: number): number => (performance.now() - begin) / 1000;

/** What stands on Redis' port and is no Redis. */
const IMPOSTORS: Readonly<Record<string, Manner>> = {
  'says nothing': 'silent',
  'hangs up': 'close',
  'answers HTTP': () => 'HTTP/1.1 400 Bad Request\r\n\r\n',
  'answers random bytes': () => Buffer.from([0, 255, 13, 10, 36, 45, 1, 13, 10, 200]),
  'answers OK to everything': sent => '+OK\r\n'.repeat(String(sent).split('*').length - 1),
  'answers nil to everything': sent => '$-1\r\n'.repeat(String(sent).split('*').length - 1),
  'answers more than it was asked': () => '+OK\r\n'.repeat(100),
  'announces a reply that never comes': () => '$500000000\r\nx',
  'announces a list without end': () => '*1000000000\r\n',
  'is another kind of error': sent => '-ERR unknown command\r\n'.repeat(String(sent).split('*').length - 1),
};

t.test('in place of Redis from the start', { jobs: 5 }, t => {
  for (const [name, manner] of Object.entries(IMPOSTORS)) {
    t.test(`something that ${name}: never usable; a real server there is, within 3 s`, async t => {
      const redis = await redisFor(t);
      const proxy = await proxyTo(t, redis.port);
      proxy.manner = manner;
      const begin = performance.now();
      const queue = await openQueue(t, proxy.port);
      t.ok(seconds(begin) < 3.5, 'the first word comes in time');
      t.match(queue.said[0], /^Redis at 127\.0\.0\.1:\d+: /);
      t.equal(queue.usable, false);
      t.equal(await queue.tryAdd(1), undefined);
      proxy.manner = 'forward';
      proxy.cut();
      await queue.until(undefined, 3000);
      t.equal(await queue.add(1), Outcome.Enqueued);
      t.equal(await redis.client.llen(queue.keys.list), 1);
    });
  }
  t.end();
});

t.test('in the middle of the work', { jobs: 5 }, t => {
  for (const [name, manner] of Object.entries(IMPOSTORS)) {
    t.test(`a server that ${name}: every update is settled in 3.5 s, none as stored`, async t => {
      const redis = await redisFor(t);
      const proxy = await proxyTo(t, redis.port);
      const queue = await openQueue(t, proxy.port);
      t.equal(await queue.add(1), Outcome.Enqueued);
      proxy.manner = manner;
      if (manner === 'close') proxy.cut();
      const begin = performance.now();
      const outcomes = await Promise.all(Array.from({ length: 200 }, (_, i) => queue.tryAdd(2 + i)));
      t.ok(seconds(begin) < 3.5, `${seconds(begin)} s`);
      t.same(new Set(outcomes), new Set([undefined]));
      t.equal(await redis.client.llen(queue.keys.list), 1);
      proxy.manner = 'forward';
      proxy.cut();
      await queue.until(/./);
      await queue.until(undefined, 3000);
      t.same(await Promise.all([1, 2].map(id => queue.add(id))), [Outcome.Duplicate, Outcome.Enqueued]);
    });
  }
  t.end();
});

t.test('a reply to the script that is none of its outcomes is not taken for one', { jobs: 5 }, t => {
  for (const reply of [
    '+OK\r\n',
    '$-1\r\n',
    '*-1\r\n',
    ':1\r\n',
    '*0\r\n',
    '*1\r\n$-1\r\n',
    '*1\r\n$1\r\n1\r\n',
    '*1\r\n:7\r\n',
    '*2\r\n:1\r\n:1\r\n',
    '*1\r\n*1\r\n:1\r\n',
    '$1\r\n1\r\n',
  ]) {
    t.test(JSON.stringify(reply), async t => {
      const redis = await redisFor(t);
      const proxy = await proxyTo(t, redis.port);
      const queue = await openQueue(t, proxy.port);
      proxy.manner = sent => (sent.includes('EVALSHA') ? reply : 'forward');
      t.equal(await queue.tryAdd(1), undefined);
      t.equal(await redis.client.llen(queue.keys.list), 0);
      proxy.manner = 'forward';
      t.equal(await queue.add(1), Outcome.Enqueued);
    });
  }
  t.end();
});

t.test('an answer that is cut: the retry is a duplicate', async t => {
  const redis = await redisFor(t);
  const proxy = await proxyTo(t, redis.port);
  const queue = await openQueue(t, proxy.port);
  t.equal(await queue.add(0), Outcome.Enqueued);
  proxy.deaf = true;
  const lost = queue.tryAdd(1);
  while ((await redis.client.llen(queue.keys.list)) < 2);
  const begin = performance.now();
  proxy.cut();
  t.equal(await lost, undefined);
  t.ok(seconds(begin) < 0.5, 'told as soon as the connection is gone');
  proxy.deaf = false;
  await queue.until(/lost/);
  await queue.until(undefined);
  t.equal(await queue.add(1), Outcome.Duplicate);
  t.equal(await redis.client.llen(queue.keys.list), 2);
});

t.test('a connection that breaks while it is examined is not paid for with the next one', async t => {
  const redis = await redisFor(t);
  const proxy = await proxyTo(t, redis.port);
  let cuts = 0;
  proxy.manner = sent => {
    if (!/client\r\n\$4\r\nINFO/i.test(String(sent)) || cuts > 0) return 'forward';
    cuts++;
    return 'close';
  };
  const queue = await openQueue(t, proxy.port);
  t.equal(cuts, 1);
  await queue.until(undefined);
  const { accepted } = proxy;
  // Nothing may happen now; what was planned behind the first examination would, after a second.
  await new Promise(resolve => setTimeout(resolve, 1300));
  t.equal(proxy.accepted, accepted, 'the connection is the same');
  t.equal(queue.said.at(-1), undefined);
});

t.test('Redis stands still: 503 in time, the retry is a duplicate', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  t.equal(await queue.add(1), Outcome.Enqueued);
  await signalled(redis, 'SIGSTOP');
  const begin = performance.now();
  const early = queue.tryAdd(2);
  const waiting = await new Promise<Promise<unknown>>(resolve =>
    setTimeout(() => resolve(queue.tryAdd(3)), 500),
  );
  t.same(await Promise.all([early, waiting]), [undefined, undefined]);
  t.ok(seconds(begin) < 3.5, `${seconds(begin)} s`);
  await queue.until(/./);
  await signalled(redis, 'SIGCONT');
  await queue.until(undefined, 3000);
  // What was in the socket has run, though it was answered 503.
  t.equal(await queue.add(2), Outcome.Duplicate);
  t.equal(await queue.add(3), Outcome.Enqueued, 'what was never sent has not');
  t.equal(await redis.client.llen(queue.keys.list), 3);
});

t.test('Redis is killed and comes back', async t => {
  const redis = await redisFor(t, ['--appendonly', 'yes', '--appendfsync', 'always']);
  const queue = await openQueue(t, redis.port);
  t.equal(await queue.add(1), Outcome.Enqueued);
  await redis.kill();
  t.equal(await queue.tryAdd(2), undefined);
  await queue.until(/ECONNREFUSED .* — is it running there\? check REDIS_HOST and REDIS_PORT$/);
  t.equal(await queue.tryAdd(2), undefined);
  await redis.restart();
  await queue.until(undefined, 3000);
  t.equal(await queue.add(1), Outcome.Duplicate);
  t.equal(await queue.add(2), Outcome.Enqueued);
});

t.test('a Redis that is idle keeps its connection', async t => {
  const redis = await redisFor(t);
  const proxy = await proxyTo(t, redis.port);
  const queue = await openQueue(t, proxy.port);
  // Longer than socketTimeout: that is for a server that owes an answer.
  await new Promise(resolve => setTimeout(resolve, 1800));
  t.equal(proxy.accepted, 1);
  t.same(queue.said, [undefined]);
  t.equal(await queue.add(1), Outcome.Enqueued);
});

t.test('a database that does not exist is never usable, and nothing gets into database 0', async t => {
  const redis = await redisFor(t, ['--databases', '4']);
  const queue = await openQueue(t, redis.port, { REDIS_DB: 4 });
  t.match(queue.said, [/ERR DB index is out of range|database 4 cannot be selected: check REDIS_DB/]);
  for (let i = 0; i < 40; i++) {
    if (queue.usable || (await queue.tryAdd(i)) !== undefined) t.fail('it was usable');
    await new Promise(resolve => setTimeout(resolve, 40));
  }
  t.same(await dump(redis.client), {});
  t.equal(await redis.client.dbsize(), 0);
  t.notOk(queue.said.includes(undefined), 'never said to be fine');
});

t.test('another database than 0', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port, { REDIS_DB: 7 });
  t.equal(await queue.add(1), Outcome.Enqueued);
  t.equal(await redis.client.dbsize(), 0);
  await redis.client.select(7);
  t.equal(await redis.client.llen(queue.keys.list), 1);
  // Also after the connection was lost.
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await queue.until(/lost/);
  await queue.until(undefined);
  t.equal(await queue.add(2), Outcome.Enqueued);
  t.equal(await redis.client.llen(queue.keys.list), 2);
});

t.test('REDIS_URL', { jobs: 4 }, t => {
  for (const [name, options, url] of [
    ['redis:// with a database', [], (port: number) => `redis://127.0.0.1:${port}/3`],
    ['redis:// with ?db', [], (port: number) => `redis://127.0.0.1:${port}?db=3`],
    [
      'redis:// with a user whose password has signs in it',
      [],
      (port: number) => `redis://us%3Aer:p%40ss%2Fw%25rd@127.0.0.1:${port}/3`,
    ],
    [
      'unix: with a database',
      ['--unixsocket', 'redis.sock'],
      (_: number, folder: string) => `unix:${folder}/redis.sock?db=3`,
    ],
    [
      'unix://',
      ['--unixsocket', 'redis.sock'],
      (_: number, folder: string) => `unix://${folder}/redis.sock?db=3`,
    ],
  ] as const) {
    t.test(`${name}: what it has wins over the other settings`, async t => {
      const redis = await redisFor(t, options);
      await redis.client.acl('SETUSER', 'us:er', 'on', '>p@ss/w%rd', '~*', '+@all');
      const values: Values = {
        REDIS_URL: url(redis.port, redis.folder),
        REDIS_HOST: 'nowhere.invalid',
        REDIS_PORT: 1,
        REDIS_DB: 5,
        ...(name.includes('user') && { REDIS_USERNAME: 'nobody', REDIS_PASSWORD: 'wrong' }),
      };
      const queue = await openQueue(t, 1, values);
      t.same(queue.said, [undefined]);
      t.equal(await queue.add(1), Outcome.Enqueued);
      await redis.client.select(3);
      t.equal(await redis.client.llen(queue.keys.list), 1);
    });
  }
  t.test('what it leaves out is left to the other settings, as in Laravel', async t => {
    const redis = await redisFor(t);
    await redis.client.acl('SETUSER', 'us:er', 'on', '>p@ss', '~*', '+@all');
    const queue = await openQueue(t, redis.port, {
      REDIS_URL: 'redis://127.0.0.1',
      REDIS_DB: 3,
      REDIS_USERNAME: 'us:er',
      REDIS_PASSWORD: 'p@ss',
    });
    t.equal(await queue.add(1), Outcome.Enqueued);
    t.equal(await redis.client.acl('WHOAMI'), 'default');
    t.match(await redis.client.client('LIST'), /db=3 .*user=us:er/);
    await redis.client.select(3);
    t.equal(await redis.client.llen(queue.keys.list), 1);
  });
  t.test('the path of a socket as REDIS_HOST', async t => {
    const redis = await redisFor(t, ['--unixsocket', 'redis.sock']);
    const queue = await openQueue(t, 1, { REDIS_HOST: `${redis.folder}/redis.sock` });
    t.equal(await queue.add(1), Outcome.Enqueued);
  });
  t.test('a password is not told when it is wrong', async t => {
    const redis = await redisFor(t);
    const queue = await openQueue(t, 1, {
      REDIS_URL: `redis://hidden-user:hidden-word@127.0.0.1:${redis.port}/3`,
    });
    t.match(queue.said, [/^Redis at 127\.0\.0\.1:\d+: WRONGPASS /]);
    t.notMatch(queue.said.join(), /hidden/);
  });
  t.end();
});

t.test('rediss:// checks the certificate', async t => {
  const folder = t.testdir();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=tgook-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat(subject, ['-keyout', key, '-out', certificate]),
    { stdio: 'ignore' },
  );
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  const tls = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key];
  const redis = await redisFor(t, [...tls, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no']);
  const told = async (trusted: boolean) => {
    // The list of those that are trusted is read when a process starts: hence one of its own.
    const child = spawn(process.execPath, [`${PACKAGE_ROOT}dist/test/support/add-one.js`], {
      env: {
        PATH: process.env.PATH,
        REDIS_URL: `rediss://127.0.0.1:${port}/2`,
        ...(trusted && { NODE_EXTRA_CA_CERTS: certificate }),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', chunk => {
      output += chunk;
    });
    await once(child, 'close');
    return output.trim();
  };
  t.match(readFileSync(certificate, 'utf8'), /BEGIN CERTIFICATE/);
  t.match(await told(false), /^Redis at 127\.0\.0\.1:\d+: .*self-signed certificate/);
  t.equal(await redis.client.dbsize(), 0);
  t.equal(await told(true), `outcome ${Outcome.Enqueued}`);
  await redis.client.select(2);
  t.equal(await redis.client.llen('laravel_database_queues:telegram_updates'), 1);
});

t.test('a queue that is closed settles what it has, and lets the process end', async t => {
  const redis = await redisFor(t);
  const queue = await openQueue(t, redis.port);
  await signalled(redis, 'SIGSTOP');
  const adds = Promise.all(Array.from({ length: 300 }, (_, i) => queue.tryAdd(i)));
  await new Promise(resolve => setImmediate(resolve));
  queue.queue.close();
  t.same(new Set(await adds), new Set([undefined]));
  t.equal(await queue.tryAdd(1000), undefined);
  redis.process.kill('SIGCONT');
});
