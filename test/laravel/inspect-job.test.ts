import t, { type Test } from 'tap';
import { inspect, makeApp, problem } from './support/inspect.js';
import { laravelApp } from './support/laravel.js';

const TRAITS = `use \\Illuminate\\Foundation\\Bus\\Dispatchable, \\Illuminate\\Queue\\InteractsWithQueue,
    \\Illuminate\\Bus\\Queueable, \\Illuminate\\Queue\\SerializesModels;`;
const BOT = 'public readonly string $botId';
const UPDATE = 'public readonly \\Phptg\\BotApi\\Type\\Update\\Update $update';

/** @param body what stands in the class; with Laravel's traits, unless it is a whole class */
function jobSource(body: string): string {
  return `<?php
namespace App\\Jobs;
${/^(final |abstract )?class /.test(body) ? body : `class Job implements \\Illuminate\\Contracts\\Queue\\ShouldQueue { ${TRAITS} ${body} }`}
`;
}

function inspectJob(t: Test, body: string): ReturnType<typeof inspect> {
  const folder = makeApp(
    t,
    { app: { Jobs: { 'Job.php': jobSource(body) } } },
    { phptg: laravelApp().phptg() },
  );
  return inspect(folder, { want: 'job', job: 'App\\Jobs\\Job' });
}

function construct(parameters: string, body = ''): string {
  return `public function __construct(${parameters}) { ${body} }`;
}

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

const REFUSED: Record<string, [body: string, message: RegExp]> = {
  'no constructor': ['', /takes no update/],
  'no update': [construct(BOT), /takes no update/],
  'a parameter that nobody fills': [
    construct(`${BOT}, ${UPDATE}, int $shard`),
    /parameter \$shard .*a default/,
  ],
  'a text that nobody fills': [construct(`${BOT}, string $update, string $locale`), /parameter \$locale /],
  'a number of an update for the time': [
    construct(`${BOT}, string $update, int $updateId`),
    /parameter \$updateId /,
  ],
  'a bot that must be a number': [construct(`public int $botId, ${UPDATE}`), /\$botId takes no string/],
  'an abstract class': [`abstract class Job { ${construct(`${BOT}, ${UPDATE}`)} }`, /abstract/],
  'a private constructor': [`private function __construct(${BOT}, ${UPDATE}) {}`, /not public/],
  'a constructor that throws': [
    construct(`${BOT}, ${UPDATE}`, 'throw new \\DomainException("no bot of ours\\nmore");'),
    /DomainException: no bot of ours$/,
  ],
  encryption: [
    `class Job implements \\Illuminate\\Contracts\\Queue\\ShouldBeEncrypted { ${construct(`${BOT}, ${UPDATE}`)} }`,
    /ShouldBeEncrypted/,
  ],
  'encryption by a property': [
    `public $shouldBeEncrypted = true; ${construct(`${BOT}, ${UPDATE}`)}`,
    /ShouldBeEncrypted/,
  ],
  'an update that it does not keep': [
    construct(`${BOT}, \\Phptg\\BotApi\\Type\\Update\\Update $update`),
    /does not keep/,
  ],
  'a property made of the update': [
    `private $text; ${construct(`${BOT}, ${UPDATE}`, '$this->text = $update->callbackQuery?->message?->text ?? null;')}`,
    /property \$text depends on the update/,
  ],
  'a property made of the raw body': [
    `public $raw; ${construct(`${BOT}, ${UPDATE}`, '$this->raw = $update->getRaw();')}`,
    /property \$raw depends on the update/,
  ],
  'a property made of the text': [
    `public $id; ${construct(`${BOT}, string $update`, '$this->id = json_decode($update)->update_id;')}`,
    /property \$id depends on the update/,
  ],
  'a property made of the bot': [
    `public $key; ${construct(`${BOT}, ${UPDATE}`, '$this->key = "bot:$botId";')}`,
    /property \$key depends on the update, the bot/,
  ],
  'a property made of the time': [
    `public $at; ${construct(`${BOT}, ${UPDATE}`, '$this->at = time();')}`,
    /property \$at depends on .* the time/,
  ],
  'a queue by the kind of the update': [
    construct(`${BOT}, ${UPDATE}`, 'if ($update->message?->chat->type === "private") $this->onQueue("low");'),
    /constructor reads the update/,
  ],
  'a queue for updates of one kind': [
    construct(`${BOT}, ${UPDATE}`, 'if (isset($update->poll)) $this->onQueue("polls");'),
    /property \$queue depends on the update/,
  ],
  'the update kept twice': [
    `public $same; ${construct(`${BOT}, ${UPDATE}`, '$this->same = $update;')}`,
    /stands in it twice/,
  ],
  'properties chosen by __sleep()': [
    `class Job { ${construct(`${BOT}, ${UPDATE}`)} public function __sleep() { return ['update']; } }`,
    /__sleep/,
  ],
  'a closure': [
    `public $then; ${construct(`${BOT}, ${UPDATE}`, '$this->then = fn () => 1;')}`,
    /Serialization of 'Closure'/,
  ],
  'bytes that are not text': [
    `public $key; ${construct(`${BOT}, ${UPDATE}`, '$this->key = "\\xff";')}`,
    /\$key is not UTF-8/,
  ],
  retryUntil: [
    `public function retryUntil() { return now()->addHour(); } ${construct(`${BOT}, ${UPDATE}`)}`,
    /retryUntil is a moment .* \$tries/,
  ],
  'a name made of the bot': [
    `public function displayName() { return "Job of $this->botId"; } ${construct(`${BOT}, ${UPDATE}`)}`,
    /displayName depends on the update, the bot/,
  ],
};

for (const [name, [body, message]] of Object.entries(REFUSED)) {
  t.test(`refuses ${name}`, t => {
    const error = problem(t, inspectJob(t, body));
    t.equal(error.code, 'job');
    t.match(error.message, message);
    t.match(error.message, /^tgook cannot make the job App\\Jobs\\Job: /);
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
      php: document?.php,
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
    },
    stderr,
  );
  t.match(document?.php, /^8\.\d+\.\d+/);
  t.end();
});
