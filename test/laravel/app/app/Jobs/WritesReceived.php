<?php

declare(strict_types=1);

namespace App\Jobs;

use DateTimeImmutable;
use ReflectionObject;
use ReflectionProperty;

/** Writes what the job holds, as one line of JSON, to the file that TGOOK_TEST_RECEIVED names. */
trait WritesReceived
{
    private const JSON =
        JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION;

    private function writeReceived(string $bot, array $more = []): void
    {
        $line = json_encode([
            'bot' => $bot,
            'type' => get_debug_type($this->update),
            'attempts' => $this->attempts(),
            'id' => $this->job->getJobId(),
            'uuid' => $this->job->uuid(),
            'update' => self::dump($this->update),
            'serialized' => base64_encode(serialize($this->update)),
            ...$more,
        ], self::JSON);
        file_put_contents(getenv('TGOOK_TEST_RECEIVED'), "$line\n", FILE_APPEND | LOCK_EX);
    }

    private static function dump(mixed $value): mixed
    {
        if (is_array($value)) {
            return array_map(self::dump(...), $value);
        }
        if ($value instanceof DateTimeImmutable) {
            return [
                '@' => 'DateTimeImmutable',
                'timestamp' => $value->getTimestamp(),
                'text' => $value->format('Y-m-d H:i:s e'),
            ];
        }
        if (! is_object($value)) {
            return $value;
        }
        $class = new ReflectionObject($value);
        $dump = ['@' => $class->getShortName()];
        foreach ($class->getProperties(ReflectionProperty::IS_PUBLIC) as $property) {
            // Throws where the bytes left a property out, since unserialize() calls no constructor.
            $dump[$property->getName()] = self::dump($property->getValue($value));
        }

        return $dump;
    }
}
