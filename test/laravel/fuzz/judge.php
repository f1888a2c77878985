<?php

/**
 * Is this what PHP itself would have made of a body? Reads a line of JSON for each case on stdin
 *
 *     {"body": base64, "payload": base64 or null, "outcome": "job" | "misfit" | "not-an-update", "zone", "bot"}
 *
 * and writes one for each: null where all is well, or what is wrong, as text. The line "unseen" is answered with
 * the properties that no job so far has had filled.
 *
 * php judge.php FACTS    decides from json_decode() and the class facts, and, where the whole phptg/bot-api is
 *                        there, from its Update::fromJson(), too
 */

declare(strict_types=1);

require __DIR__.'/../app/bootstrap/autoload.php';

use App\Jobs\ProcessTelegramUpdateJob;
use Phptg\BotApi\ParseResult\TelegramParseResultException;
use Phptg\BotApi\TelegramBotApi;
use Phptg\BotApi\Type\Update\Update;

const MAX_DEPTH = 100;
const MAX_UPDATE_ID = 2 ** 53 - 1;
const YEAR_10000 = 253_402_300_800;

set_error_handler(fn ($level, $message) => throw new ErrorException($message, severity: $level));
ini_set('serialize_precision', '-1');
ini_set('memory_limit', '-1');

$judge = new Judge(json_decode(file_get_contents($argv[1]), true, flags: JSON_THROW_ON_ERROR));
while (($line = fgets(STDIN)) !== false) {
    try {
        $answer = $line === "unseen\n" ? $judge->unseen() : $judge->problem(json_decode($line));
    } catch (Throwable $error) {
        $answer = $error::class.': '.$error->getMessage();
    }
    echo json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR), "\n";
}

final class Judge
{
    private readonly bool $ofObjects;

    private readonly array $allowed;

    private array $seen = [];

    public function __construct(private readonly array $facts)
    {
        $type = (new ReflectionProperty(ProcessTelegramUpdateJob::class, 'update'))->getType();
        $this->ofObjects = $type->getName() === Update::class;
        $this->allowed = [ProcessTelegramUpdateJob::class, DateTimeImmutable::class, ...array_keys($facts['classes'])];
    }

    public function problem(object $case): ?string
    {
        date_default_timezone_set($case->zone);
        $body = withoutLoneSurrogates(base64_decode($case->body, true));
        $update = json_decode($body, true, MAX_DEPTH + 1);
        $id = is_array($update) ? $update['update_id'] ?? null : null;
        $isUpdate = is_int($id) && $id >= 0 && $id <= MAX_UPDATE_ID;
        if (($case->outcome !== 'not-an-update') !== $isUpdate) {
            return "$case->outcome, and the body is ".($isUpdate ? 'an' : 'no').' update: '.json_last_error_msg();
        }

        return match (true) {
            ! $isUpdate => null,
            ! $this->ofObjects => $this->problemOfJob($case, $body, null),
            default => $this->problemOfUpdate($case, $body, $update),
        };
    }

    /** @return list<string> */
    public function unseen(): array
    {
        $filled = [];
        foreach ($this->facts['classes'] as $class => $properties) {
            foreach ($properties as $property) {
                if ($property['key'] !== null) {
                    $filled[] = "$class.$property[name]";
                }
            }
        }

        return array_values(array_diff($filled, array_keys($this->seen)));
    }

    private function problemOfUpdate(object $case, string $body, array $update): ?string
    {
        $fits = $this->fits($this->root(), $update);
        $expected = null;
        if (class_exists(TelegramBotApi::class)) {
            $expected = expectedUpdate($body);
            if ($fits !== ($expected !== null)) {
                return 'the class facts say '.($fits ? 'fits' : 'does not fit').', and phptg says otherwise';
            }
        }
        if ($case->outcome === 'job') {
            return $fits ? $this->problemOfJob($case, $update, $expected) : 'a job of an update that PHP refuses';
        }

        return $fits && $this->fitsStrictly($body) ? 'no job of an update that PHP takes' : null;
    }

    /** @param string|array $update what it must hold: the text of the body, or what was decoded of it */
    private function problemOfJob(object $case, string|array $update, ?Update $expected): ?string
    {
        $bytes = json_decode(base64_decode($case->payload, true), flags: JSON_THROW_ON_ERROR)->data->command;
        $job = unserialize($bytes, ['allowed_classes' => $this->allowed]);

        return match (true) {
            ! $job instanceof ProcessTelegramUpdateJob => 'not the job',
            $job->botId !== $case->bot => 'another bot',
            serialize($job) !== $bytes => 'other bytes when serialized again',
            is_string($update) => $job->update === $update ? null : 'another text than the body',
            default => $this->difference($this->root(), $update, $job->update, 'update')
                ?? ($expected !== null && serialize(new ProcessTelegramUpdateJob($case->bot, $expected)) !== $bytes
                    ? 'other bytes than those of phptg' : null),
        };
    }

    private function root(): array
    {
        return ['kind' => 'object', 'class' => $this->facts['root']];
    }

    /** Would phptg take this value? Nothing is coerced; PHP has one array for lists and objects. */
    private function fits(array $type, mixed $value): bool
    {
        return match ($type['kind']) {
            'string' => is_string($value),
            'int', 'date', 'until-date' => is_int($value),
            'float' => is_float($value),
            'bool' => is_bool($value),
            'true' => $value === true,
            'list' => is_array($value) && array_all($value, fn ($item) => $this->fits($type['of'], $item)),
            'rich-text' => is_string($value) || is_array($value) && (array_is_list($value)
                ? array_all($value, fn ($item) => $this->fits($type, $item))
                : $this->fitsClass($this->classOf($type, $value), $value)),
            'object', 'union', 'maybe-inaccessible-message' => is_array($value)
                && $this->fitsClass($this->classOf($type, $value), $value),
        };
    }

    private function fitsClass(?string $class, array $value): bool
    {
        if ($class === null) {
            return false;
        }
        foreach ($this->facts['classes'][$class] as ['key' => $key, 'optional' => $optional, 'type' => $type]) {
            if ($key !== null && (isset($value[$key]) ? ! $this->fits($type, $value[$key]) : ! $optional)) {
                return false;
            }
        }

        return true;
    }

    /** The class that an object becomes, if any. */
    private function classOf(array $type, array $value): ?string
    {
        if ($type['kind'] === 'object') {
            return $type['class'];
        }
        if ($type['kind'] === 'maybe-inaccessible-message') {
            $date = $value['date'] ?? null;

            return is_int($date) ? $type[$date === 0 ? 'inaccessible' : 'message'] : null;
        }
        ['key' => $key, 'map' => $map] = $this->facts['unions'][$type['union']];
        $kind = $value[$key] ?? null;

        return is_string($kind) ? $map[$kind] ?? null : null;
    }

    /**
     * False where tgook may keep an update that PHP takes from the queue: an object in the place of a list, a list in
     * that of an object, a date before 1970 or after 9999.
     */
    private function fitsStrictly(string $body): bool
    {
        // PHP has no place in an object for a key that begins with NUL; no class has such a key either.
        $update = json_decode(str_replace('"\u0000', '"-\u0000', $body), flags: JSON_THROW_ON_ERROR);

        return $this->isStrict($this->root(), $update);
    }

    /** @param mixed $value of an update that fits, its objects as objects */
    private function isStrict(array $type, mixed $value): bool
    {
        return match ($type['kind']) {
            'date' => isOrdinaryDate($value),
            'until-date' => $value === 0 || isOrdinaryDate($value),
            'list' => is_array($value) && array_all($value, fn ($item) => $this->isStrict($type['of'], $item)),
            'rich-text' => match (true) {
                is_string($value) => true,
                is_array($value) => array_all($value, fn ($item) => $this->isStrict($type, $item)),
                default => $this->isStrictObject($type, $value),
            },
            'object', 'union', 'maybe-inaccessible-message' => is_object($value) && $this->isStrictObject($type, $value),
            default => true,
        };
    }

    private function isStrictObject(array $type, object $value): bool
    {
        $class = $this->classOf($type, (array) $value);

        return $class !== null && array_all(
            $this->facts['classes'][$class],
            fn ($property) => $property['key'] === null || ! isset($value->{$property['key']})
                || $this->isStrict($property['type'], $value->{$property['key']}),
        );
    }

    /** Where an object does not hold what was decoded, if anywhere. */
    private function difference(array $type, mixed $decoded, mixed $value, string $where): ?string
    {
        switch ($type['kind']) {
            case 'date':
                return sameDate($decoded, $value) ? null : "$where: another date";
            case 'until-date':
                return ($decoded === 0 ? $value === false : sameDate($decoded, $value)) ? null : "$where: another date";
            case 'list':
                return $this->differenceOfLists($type['of'], $decoded, $value, $where);
            case 'rich-text':
                if (is_string($decoded)) {
                    return $decoded === $value ? null : "$where: another text";
                }

                return array_is_list($decoded)
                    ? $this->differenceOfLists($type, $decoded, $value, $where)
                    : $this->differenceOfObjects($this->classOf($type, $decoded), $decoded, $value, $where);
            case 'object':
            case 'union':
            case 'maybe-inaccessible-message':
                return $this->differenceOfObjects($this->classOf($type, $decoded), $decoded, $value, $where);
            case 'float':
                // === takes -0.0 for 0.0.
                return is_float($value) && pack('E', $decoded) === pack('E', $value) ? null : "$where: another float";
            default:
                return $decoded === $value ? null : "$where: another value";
        }
    }

    private function differenceOfLists(array $of, array $decoded, mixed $value, string $where): ?string
    {
        if (! is_array($value) || array_keys($value) !== array_keys($decoded)) {
            return "$where: other items";
        }
        foreach ($decoded as $at => $item) {
            $difference = $this->difference($of, $item, $value[$at], "{$where}[$at]");
            if ($difference !== null) {
                return $difference;
            }
        }

        return null;
    }

    private function differenceOfObjects(string $class, array $decoded, mixed $value, string $where): ?string
    {
        if (! is_object($value) || $value::class !== $class) {
            return "$where: not a $class";
        }
        // Private properties too, and none that was left uninitialized.
        $properties = (array) $value;
        if (array_keys($properties) !== array_column($this->facts['classes'][$class], 'name')) {
            return "$where: other properties";
        }
        foreach ($this->facts['classes'][$class] as ['name' => $name, 'key' => $key, 'type' => $type]) {
            $property = $properties[$name];
            if ($key === null || ! isset($decoded[$key])) {
                if ($property !== null) {
                    return "$where.$name: not null";
                }

                continue;
            }
            $this->seen["$class.$name"] = true;
            $difference = $this->difference($type, $decoded[$key], $property, "$where.$name");
            if ($difference !== null) {
                return $difference;
            }
        }

        return null;
    }
}

/** What phptg makes of a body, without the body itself; null where it refuses. */
function expectedUpdate(string $body): ?Update
{
    try {
        $update = Update::fromJson($body);
    } catch (TelegramParseResultException) {
        return null;
    }
    foreach (['raw', 'rawDecoded'] as $name) {
        (new ReflectionProperty($update, $name))->setValue($update, null);
    }

    return $update;
}

/** PHP refuses a body with them; tgook puts U+FFFD in their place. */
function withoutLoneSurrogates(string $body): string
{
    json_decode($body, true);
    if (json_last_error() !== JSON_ERROR_UTF16) {
        return $body;
    }
    $pair = '\\\\u[dD][89abAB]..\\\\u[dD][c-fC-F]..';

    return preg_replace("/(?:$pair|\\\\\\\\|\\\\u(?![dD][89a-fA-F]))(*SKIP)(*FAIL)|\\\\u..../s", '\\\\ufffd', $body);
}

/** A wall time that occurs twice is read as another moment than the one it was written for. */
function sameDate(int $seconds, mixed $value): bool
{
    $format = 'Y-m-d H:i:s.u e';

    return $value instanceof DateTimeImmutable
        && $value->format($format) === (new DateTimeImmutable)->setTimestamp($seconds)->format($format);
}

function isOrdinaryDate(int $seconds): bool
{
    return $seconds >= 0 && $seconds < YEAR_10000
        && (int) (new DateTimeImmutable)->setTimestamp($seconds)->format('Y') < 10_000;
}

if (! function_exists('array_all')) {
    function array_all(array $array, callable $callback): bool
    {
        foreach ($array as $item) {
            if (! $callback($item)) {
                return false;
            }
        }

        return true;
    }
}
