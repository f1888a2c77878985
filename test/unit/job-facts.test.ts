import t from 'tap';
import { JobWriter } from '../../lib/laravel/job.js';
import { compileKeys } from '../../lib/laravel/keys.js';
import { ByteWriter } from '../../lib/php/byte-writer.js';
import type { JobFacts } from '../../lib/schema/facts.js';
import { STANDARD_JOBS } from '../../lib/schema/job.js';
import { parseUpdate } from '../../lib/webhook/update.js';
import type { Payload } from '../support/golden.js';
import { settingsOf } from '../support/queue.js';
import { textUpdate } from '../support/tgook.js';

/** The payload of a job class like this. */
function payloadOf(job: Partial<JobFacts>, laravel = '12'): Payload {
  const plain = settingsOf({ TGOOK_LARAVEL: laravel, TGOOK_JOB_FORMAT: job.format ?? 'object' });
  const settings = { ...plain, schema: { ...plain.schema, job: { ...STANDARD_JOBS.object, ...job } } };
  const writer = new ByteWriter(64, 0);
  writer.begin(0);
  new JobWriter(settings, compileKeys(settings)).write(writer, 'main', parseUpdate(BODY), 1_764_000_000_000);
  return JSON.parse(writer.buffer.toString('utf8', 0, writer.position)) as Payload;
}

const BODY = Buffer.from(textUpdate(1));

t.test('the job has the properties of its class, in their order, constants among them', t => {
  const { data } = payloadOf({
    class: 'Bots\\Handle',
    properties: [
      { name: '\0Bots\\Handle\0tries', constant: 'i:3;' },
      { name: 'update', value: 'update' },
      { name: '\0*\0note', constant: 's:8:"ä€\0\n\\";' },
      { name: 'bot', value: 'bot' },
    ],
  });
  t.equal(data.commandName, 'Bots\\Handle');
  t.match(
    data.command,
    /^O:11:"Bots\\Handle":4:\{s:18:"\0Bots\\Handle\0tries";i:3;s:6:"update";O:31:"Phptg\\BotApi\\Type\\Update\\Update":28:\{/,
  );
  t.ok(
    data.command.endsWith('}s:7:"\0*\0note";s:8:"ä€\0\n\\";s:3:"bot";s:4:"main";}'),
    data.command.slice(-80),
  );
  t.end();
});

t.test('the time stands wherever the class has it', t => {
  const { data } = payloadOf({
    format: 'legacy',
    properties: [
      { name: 'at', value: 'time' },
      { name: 'update', value: 'update' },
      { name: 'bot', value: 'bot' },
    ],
  });
  const body = BODY.toString();
  t.equal(
    data.command,
    `O:33:"App\\Jobs\\ProcessTelegramUpdateJob":3:{s:2:"at";i:1764000000;s:6:"update";s:${BODY.length}:"${body}";s:3:"bot";s:4:"main";}`,
  );
  t.end();
});

t.test("the class's own values stand in Laravel's payload", t => {
  const payload = payloadOf({
    payload: {
      displayName: 'Handle command uuid',
      maxTries: 5,
      backoff: '1,5,10',
      timeout: 30,
      failOnTimeout: true,
    },
  });
  t.match(payload, {
    displayName: 'Handle command uuid',
    maxTries: 5,
    maxExceptions: null,
    failOnTimeout: true,
    backoff: '1,5,10',
    timeout: 30,
    attempts: 0,
    data: { commandName: 'App\\Jobs\\ProcessTelegramUpdateJob' },
  });
  t.match(payloadOf({ payload: { deleteWhenMissingModels: true } }, '13'), { deleteWhenMissingModels: true });
  t.end();
});
