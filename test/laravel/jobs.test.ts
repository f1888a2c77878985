import { spawnSync } from 'node:child_process';
import t, { type Test } from 'tap';
import { startPrivateRedis } from '../../lib/demo/private-redis.js';
import { JOB_CLASSES, jobClassFiles } from '../support/job-classes.js';
import { post, startTgook, textUpdate, tgookOutput } from '../support/tgook.js';
import { vendorOf, work } from './support/laravel.js';

/** What `frameworks/*.php` in the test application wrote. */
interface Handled {
  handler: string;
  bot: string;
  text: string;
}

interface Sent {
  bot: string;
  body: string;
}

/** Lets the real worker handle updates with the class that `tgook job` prints. */
async function handle(
  t: Test,
  { format, framework }: { format: string; framework: string },
  sent: readonly Sent[],
): Promise<{ file: string; handled: Handled[]; output: string }> {
  const { stdout } = await tgookOutput(['job', '--format', format, '--for', framework]);
  const folder = t.testdir({ 'job.php': stdout });
  const file = `${folder}/job.php`;
  const redis = await startPrivateRedis();
  t.teardown(() => redis.stop());
  const tgook = await startTgook({ REDIS_PORT: redis.port, TGOOK_JOB_FORMAT: format });
  t.teardown(() => tgook.stop('SIGKILL'));
  for (const { bot, body } of sent) t.equal((await post(tgook, bot, body)).status, 200);
  const vendor = vendorOf(framework);
  const { received, output } = await work({
    redisPort: redis.port,
    env: {
      TGOOK_TEST_JOB: file,
      TGOOK_TEST_FRAMEWORK: framework,
      TGOOK_TEST_SCRATCH: folder,
      // HybridGram's vendor folder has the real phptg, the others need none.
      ...(vendor !== undefined && { COMPOSER_VENDOR_DIR: vendor, TGOOK_TEST_PHPTG: '' }),
    },
  });
  return { file, handled: received as unknown as Handled[], output };
}

/** The bots of `frameworks/<framework>.php`: the end of the webhook URL, and what the framework knows it by. */
const FRAMEWORKS = [
  { format: 'json', framework: 'nutgram', bots: [{ id: 'main', known: '1, data of 1 job' }] },
  {
    format: 'json',
    framework: 'telegraph',
    bots: [
      { id: '1', known: 'main' },
      { id: '2', known: 'second' },
    ],
    refusal: /telegraph_bots has no bot with the id nobody/,
  },
  {
    format: 'json',
    framework: 'telegram-bot-sdk',
    bots: [
      { id: 'main', known: 'token of main' },
      { id: 'second', known: 'token of second' },
    ],
    refusal: /Bot \[nobody\] is not configured/,
  },
  ...['object', 'json'].map(format => ({
    format,
    framework: 'hybridgram',
    bots: [
      { id: 'main', known: 'main' },
      { id: 'second', known: 'second' },
    ],
    refusal: /no bot with the bot_id nobody/,
  })),
];

function skipWithout(framework: string): false | string {
  return (
    vendorOf(framework) === undefined && `TGOOK_TEST_FRAMEWORKS names no folder with ${framework}/vendor`
  );
}

/** A message of the chat 1001, with a command or without. */
function messageUpdate(id: number, text: string): string {
  const update = JSON.parse(textUpdate(1, text));
  update.update_id = id;
  update.message.from = { id: 7, is_bot: false, first_name: 'Anna' };
  const command = /^\/\w+/.exec(text)?.[0];
  if (command) update.message.entities = [{ type: 'bot_command', offset: 0, length: command.length }];
  return JSON.stringify(update);
}

t.test('every class is PHP', t => {
  for (const file of jobClassFiles()) {
    const { status, stdout } = spawnSync('php', ['-l', JOB_CLASSES + file], { encoding: 'utf8' });
    t.equal(status, 0, stdout);
  }
  t.end();
});

for (const format of ['object', 'json', 'legacy']) {
  t.test(`a worker runs the printed class of the format ${format}`, async t => {
    const sent = ['plain', 'Привет, мир 👋🏽'].map((text, i) => ({
      bot: 'main',
      body: textUpdate(i + 1, text),
    }));
    const { file, handled, output } = await handle(t, { format, framework: 'plain' }, sent);
    t.same(
      handled,
      [
        { handler: file, bot: 'main', text: 'plain' },
        { handler: file, bot: 'main', text: 'Привет, мир 👋🏽' },
      ],
      output.slice(-500),
    );
  });
}

for (const { format, framework, bots, refusal } of FRAMEWORKS) {
  const skip = skipWithout(framework);

  t.test(`${framework} handles the updates of each bot, in the format ${format}`, { skip }, async t => {
    const sent = bots.flatMap(({ id: bot }) => [
      { bot, body: messageUpdate(1, '/start привет') },
      { bot, body: messageUpdate(2, 'Привет, мир 👋🏽') },
    ]);
    const { handled, output } = await handle(t, { format, framework }, sent);
    t.same(
      handled,
      bots.flatMap(({ known }) => [
        { handler: 'command', bot: known, text: 'привет' },
        { handler: 'text', bot: known, text: 'Привет, мир 👋🏽' },
      ]),
      output.slice(-2000),
    );
    t.notMatch(output, / FAIL/);
  });

  if (refusal === undefined) continue;

  t.test(
    `${framework} fails the job of a bot that it does not know, in the format ${format}`,
    { skip },
    async t => {
      const sent = [{ bot: 'nobody', body: messageUpdate(1, 'lost?') }];
      const { handled, output } = await handle(t, { format, framework }, sent);
      t.same(handled, []);
      t.match(output, refusal);
      t.match(output, / FAIL/);
    },
  );
}

t.test(
  'telegraph refuses a chat that it does not know, and the job is done with',
  { skip: skipWithout('telegraph') },
  async t => {
    const sent = [{ bot: '1', body: textUpdate(2) }];
    const { handled, output } = await handle(t, { format: 'json', framework: 'telegraph' }, sent);
    t.same(handled, []);
    t.match(output, / DONE/);
    t.notMatch(output, / FAIL/);
  },
);
