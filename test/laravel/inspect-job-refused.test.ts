import t from 'tap';
import { problem } from './support/inspect.js';
import { BOT, construct, inspectJob, UPDATE } from './support/inspect-job.js';

const REFUSED: Record<string, [body: string, message: RegExp]> = {
  'no constructor': ['', /takes no update/],
  'no update': [construct(BOT), /takes no update/],
  'a parameter that nobody fills': [
    construct(`${BOT}, ${UPDATE}, int $shard`),
    /parameter \$shard .*a default/,
  ],
  'a bot by another name, where the update is text': [
    construct('public string $token, public string $update'),
    /parameter \$token .* make it string \$botId/,
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
  'an update that it keeps twice': [
    `public $raw; ${construct(`${BOT}, public string $update`, '$this->raw = $update;')}`,
    /keeps the update in several properties/,
  ],
  'an update without a type': [construct('public string $botId, public $update'), /\$update has no type/],
  'a method that pushes it': [
    `public function queue() {} ${construct(`${BOT}, ${UPDATE}`)}`,
    /method queue\(\)/,
  ],
  'a property made of the day': [
    `public $day; ${construct(`${BOT}, ${UPDATE}`, '$this->day = today()->format("Y");')}`,
    /property \$day depends on .* the time/,
  ],
  "a property that is the bot's id in another case": [
    `public $key; ${construct(`${BOT}, ${UPDATE}`, '$this->key = strtolower($botId);')}`,
    /property \$key depends on the update, the bot/,
  ],
  'a queue by the kind of the text': [
    construct(
      `${BOT}, public string $update`,
      '$this->queue = isset(json_decode($update)->pre_checkout_query) ? "high" : "low";',
    ),
    /property \$queue depends on the update/,
  ],
  'an update that is cut': [
    `public $text; ${construct(`${BOT}, string $update`, '$this->text = mb_substr($update, 0, 4096);')}`,
    /depends on the update|does not keep/,
  ],
  'a delay': [construct(`${BOT}, ${UPDATE}`, '$this->delay(60);'), /has a delay/],
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
