<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use Carbon\Carbon;
use Phptg\BotApi\Type\Update\Update;
use ReflectionClass;
use ReflectionProperty;
use Throwable;

/**
 * How serialize() writes the app's job, found on jobs that its own constructor made: which properties stand where,
 * and which of them are the bot's id, the update, the time, or always the same.
 */
final class JobFacts
{
    /** The bot's id and the time, by probe: nothing the app knows, as different as they may be. */
    private const PROBES = [['7000000001', 1_600_000_001], ['Aa._:-Zz81', 1_650_000_002]];

    private const KINDS = [
        'message', 'edited_message', 'channel_post', 'callback_query', 'inline_query', 'pre_checkout_query', 'poll',
    ];

    private function __construct(private readonly JobConstructor $constructor) {}

    /** Those of the job that `tgook job` prints, for an app that has none yet. */
    public static function standard(string $class): array
    {
        return [
            'class' => $class,
            'format' => 'object',
            'properties' => [['name' => 'botId', 'value' => 'bot'], ['name' => 'update', 'value' => 'update']],
            'payload' => (object) [],
        ];
    }

    /**
     * @param  ?ClassFacts  $classes  of the Update, for the format object
     * @return array{array{class: string, format: string, properties: list<array<string, string>>, payload: object},
     *     array{queue: ?string, connection: ?string, notes: list<string>}} the facts, and what JobDispatch reads
     *
     * @throws Problem `job`
     */
    public static function read(JobConstructor $constructor, ?ClassFacts $classes): array
    {
        $self = new self($constructor);
        $updates = $classes === null ? self::bodies() : self::updates($classes);
        $jobs = $properties = [];
        foreach (self::PROBES as $index => [$bot, $time]) {
            // Another day and hour, where the job asks Carbon for them.
            self::travel($index === 0 ? null : '+400 days 7 hours');
            $jobs[$index] = $constructor->make($bot, $updates[$index], $time);
            self::travel(null);
            self::dropRaw($updates[$index]);
            $properties[$index] = $self->properties($jobs[$index], $bot, $updates[$index], $time);
            if ($index === 0 && self::mayHoldTheTime($properties[0])) {
                time_sleep_until(floor(microtime(true)) + 1);
            }
        }
        $self->requireSame($properties[0], $properties[1]);
        if ($classes !== null) {
            $self->requireUpdateUnread($properties[0]);
        }
        $kept = count(array_keys(array_column($properties[0], 'value'), 'update', true));
        if ($kept !== 1) {
            throw $constructor->problem($kept === 0 ? 'it does not keep the update in a property'
                : 'it keeps the update in several properties, and tgook writes it once');
        }

        $facts = [
            'class' => $constructor->class,
            'format' => $constructor->format,
            'properties' => array_values($properties[0]),
            'payload' => JobPayload::read($constructor, $jobs),
        ];

        return [$facts, JobDispatch::read($constructor, $jobs[0])];
    }

    /** @return list<Update> every field of an update, down to a message's chat */
    private static function updates(ClassFacts $classes): array
    {
        $json = fn (int $variant) => json_encode((new Samples($classes, $variant))->object(ClassFacts::ROOT, 3));

        return [Update::fromJson($json(0)), Update::fromJson($json(1))];
    }

    /** @return list<string> a command in a group; all kinds at once, in many lines and a very long text */
    private static function bodies(): array
    {
        $command = ['message_id' => 1, 'date' => 1_600_000_003, 'chat' => ['id' => 5, 'type' => 'group'], 'text' => '/a é'];
        $long = ['id' => '1', 'from' => ['id' => 7], 'text' => str_repeat("b\n", 40_000)];

        return [
            json_encode(['update_id' => 900_000_001, 'message' => $command]),
            json_encode(['update_id' => 900_000_000_002] + array_fill_keys(self::KINDS, $long), JSON_PRETTY_PRINT),
        ];
    }

    private static function travel(?string $time): void
    {
        if (class_exists(Carbon::class)) {
            Carbon::setTestNow($time);
        }
    }

    /** tgook writes them null. The constructor has seen them, as it would where the app makes the job. */
    private static function dropRaw(string|object $update): void
    {
        if (is_object($update)) {
            foreach ((new ReflectionClass($update))->getProperties(ReflectionProperty::IS_PRIVATE) as $property) {
                $property->setValue($update, null);
            }
        }
    }

    /** @return array<string, array{name: string, value?: string, constant?: string}> in the order of serialize() */
    private function properties(object $job, string $bot, string|object $update, int $time): array
    {
        $job = clone $job; // as Laravel does
        try {
            $serialized = serialize($job);
            $values = method_exists($job, '__serialize') ? $job->__serialize() : (array) $job;
            $texts = array_map(serialize(...), $values);
        } catch (Throwable $thrown) {
            throw $this->constructor->problem('serialize() threw '.Problem::describe($thrown), $thrown);
        }
        $known = ['update' => serialize($update), 'bot' => serialize($bot), 'time' => serialize($time)];
        $properties = [];
        $rebuilt = '';
        foreach ($texts as $name => $text) {
            $value = array_search($text, $known, true);
            $properties[$name] = ['name' => (string) $name] + ($value ? ['value' => $value] : ['constant' => $text]);
            $rebuilt .= serialize((string) $name).$text;
            if (! preg_match('//u', $name.$text)) {
                throw $this->constructor->problem("its property {$this->shortName($name)} is not UTF-8");
            }
        }
        $class = $job::class;
        if ($serialized !== sprintf('O:%d:"%s":%d:{%s}', strlen($class), $class, count($texts), $rebuilt)) {
            throw $this->constructor->problem('serialize() does not write its properties as they are '
                .'(__sleep(), Serializable, an object that stands in it twice)');
        }

        return $properties;
    }

    private function requireSame(array $properties, array $others): void
    {
        foreach ($properties + $others as $name => $any) {
            if (($properties[$name] ?? null) !== ($others[$name] ?? null)) {
                throw $this->constructor->problem("its property {$this->shortName($name)} depends on the update, "
                    .'the bot, the time or chance, which tgook cannot foresee: set it in handle()');
            }
        }
        if ($properties !== $others) {
            throw $this->constructor->problem('the order of its properties depends on the update');
        }
    }

    /**
     * An Update without any value throws when it is read: this finds the constructor that goes by the update's kind
     * or text without keeping a part of it.
     */
    private function requireUpdateUnread(array $properties): void
    {
        [[$bot, $time]] = self::PROBES;
        $empty = (new ReflectionClass(ClassFacts::ROOT))->newInstanceWithoutConstructor();
        try {
            $job = $this->constructor->make($bot, $empty, $time);
        } catch (Problem $problem) {
            throw $this->constructor->problem('its constructor reads the update, which tgook cannot do for it: '
                .'read it in handle()', $problem);
        }
        $this->requireSame($properties, $this->properties($job, $bot, $empty, $time));
    }

    private static function mayHoldTheTime(array $properties): bool
    {
        return preg_grep('/\d{4}|\d:\d\d/', array_column($properties, 'constant')) !== [];
    }

    private function shortName(int|string $name): string
    {
        return '$'.preg_replace('/^\0.*\0/', '', (string) $name);
    }
}
