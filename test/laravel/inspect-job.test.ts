import t from 'tap';
import { inspect, makeApp } from './support/inspect.js';
import { BOT, construct, inspectJob, jobSource, UPDATE } from './support/inspect-job.js';

const bot = { name: 'botId', value: 'bot' };
const update = { name: 'update', value: 'update' };

const SERVED: Record<string, { body: string; format?: string; properties?: object[]; payload?: object }> = {
  'the job of the docs': { body: construct(`${BOT}, ${UPDATE}`) },
  'parameters in another order, with other names': {
    body: construct('public \\Phptg\\BotApi\\Type\\Update\\Update $received, public string $token'),
    properties: [
      { name: 'received', value: 'update' },
      { name: 'token', value: 'bot' },
    ],
  },
  'no bot, and an update that may be null': {
    body: construct('public ?\\Phptg\\BotApi\\Type\\Update\\Update $update = null'),
    properties: [update],
  },
  'a bot that may be a number': { body: construct(`public int|string $botId, ${UPDATE}`) },
  'a bot without a type': { body: construct(`public $botId, ${UPDATE}`) },
  'parameters that have a default': {
    body: construct(`${BOT}, ${UPDATE}, public string $locale = 'en', public int $timeoutMs = 5`),
    properties: [
      bot,
      update,
      { name: 'locale', constant: 's:2:"en";' },
      { name: 'timeoutMs', constant: 'i:5;' },
    ],
  },
  'properties equal to their default, which SerializesModels leaves out': {
    body: `public $source = 'telegram'; ${construct(`${BOT}, ${UPDATE}`)}`,
  },
  'no traits: every property is there': {
    body: `final class Job {
      public ?string $none = null; public array $list = ['é' => [1.5, true]];
      ${construct(`${BOT}, ${UPDATE}`)}
    }`,
    properties: [
      { name: 'none', constant: 'N;' },
      { name: 'list', constant: 'a:1:{s:2:"é";a:2:{i:0;d:1.5;i:1;b:1;}}' },
      bot,
      update,
    ],
  },
  'private and protected properties': {
    body: construct(
      'private string $botId, protected \\Phptg\\BotApi\\Type\\Update\\Update $update, private string $a = "x"',
      '$this->a = "y";',
    ),
    properties: [
      { name: '\0App\\Jobs\\Job\0botId', value: 'bot' },
      { name: '\0*\0update', value: 'update' },
      { name: '\0App\\Jobs\\Job\0a', constant: 's:1:"y";' },
    ],
  },
  'a queue of its own, from the configuration': {
    body: construct(`${BOT}, ${UPDATE}`, '$this->onQueue(config("app.name")."_updates");'),
    properties: [bot, update, { name: 'queue', constant: 's:15:"Laravel_updates";' }],
  },
  'what the payload takes from the job': {
    body: `public $tries = 3; public $timeout = 90; public $maxExceptions = 2; public $failOnTimeout = true;
      public function backoff() { return [1, 5]; } public function displayName() { return 'Telegram'; }
      ${construct(`${BOT}, ${UPDATE}`)}`,
    payload: {
      displayName: 'Telegram',
      maxTries: 3,
      maxExceptions: 2,
      failOnTimeout: true,
      backoff: '1,5',
      timeout: 90,
    },
  },
  'several texts, of which one has the surest name': {
    body: construct(`${BOT}, ${UPDATE}, public string $botToken = 'none'`),
    properties: [bot, update, { name: 'botToken', constant: 's:4:"none";' }],
  },
  'a text whose name is like that of an update': {
    body: construct(`${BOT}, public readonly string $update, public string $metadata = ''`),
    format: 'json',
    properties: [bot, update, { name: 'metadata', constant: 's:0:"";' }],
  },
  'the update as text': { body: construct(`${BOT}, public readonly string $update`), format: 'json' },
  'the update as text, by another name': {
    body: construct('public string $payload, public string $bot'),
    format: 'json',
    properties: [
      { name: 'payload', value: 'update' },
      { name: 'bot', value: 'bot' },
    ],
  },
  'the update as text, and the time': {
    body: construct(
      'public string $bot_id, public string $update, public int $received_at, public int $chat = 1',
    ),
    format: 'legacy',
    properties: [
      { name: 'bot_id', value: 'bot' },
      update,
      { name: 'received_at', value: 'time' },
      { name: 'chat', constant: 'i:1;' },
    ],
  },
};

for (const [name, { body, format, properties, payload }] of Object.entries(SERVED)) {
  t.test(`serves ${name}`, t => {
    const { exitCode, document, stderr } = inspectJob(t, body);
    t.equal(exitCode, 0, stderr || JSON.stringify(document));
    t.strictSame(document?.job, {
      class: 'App\\Jobs\\Job',
      format: format ?? 'object',
      properties: properties ?? [bot, update],
      payload: payload ?? {},
    });
    t.end();
  });
}

t.test('a job in the format json needs no phptg, and no Laravel', t => {
  const folder = makeApp(t, {
    app: { Jobs: { 'Job.php': jobSource(`class Job { ${construct(`${BOT}, public string $body`)} }`) } },
    bootstrap: {},
    vendor: { 'autoload.php': "<?php require dirname(__DIR__).'/app/Jobs/Job.php';" },
  });
  const { document, stderr } = inspect(folder, { want: 'job', job: '\\App\\Jobs\\Job' });
  t.strictSame(
    document,
    {
      laravel: null,
      phptg: null,
      horizon: null,
      notes: [],
      job: {
        class: 'App\\Jobs\\Job',
        format: 'json',
        properties: [bot, { name: 'body', value: 'update' }],
        payload: {},
      },
      dispatch: { queue: null, connection: null, notes: [] },
    },
    stderr,
  );
  t.end();
});

t.test('what a job says of its own dispatch', t => {
  const dispatch = (body: string): unknown => inspectJob(t, body).document?.dispatch;
  const open = { queue: null, connection: null, notes: [] };
  const plain = construct(`${BOT}, ${UPDATE}`);
  t.strictSame(dispatch(plain), open);
  t.strictSame(dispatch(construct(`${BOT}, ${UPDATE}`, '$this->onQueue("bots")->onConnection("fast");')), {
    ...open,
    queue: 'bots',
    connection: 'fast',
  });
  const bare = `class Job implements \\Illuminate\\Contracts\\Queue\\ShouldQueue { public $queue = 'bots'; ${plain} }`;
  t.strictSame(dispatch(bare), { ...open, queue: 'bots' }, 'a default, which SerializesModels leaves out');
  t.match(dispatch(`public function tags() { return ['a']; } ${plain}`), {
    notes: [/tags\(\) is not called.*TGOOK_TAGS/],
  });
  const unique = `class Job implements \\Illuminate\\Contracts\\Queue\\ShouldBeUnique { ${plain} }`;
  t.match(dispatch(unique), { notes: [/ShouldBeUnique/] });
  t.end();
});
