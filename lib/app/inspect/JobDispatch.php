<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use BackedEnum;
use Illuminate\Contracts\Queue\ShouldBeUnique;
use ReflectionProperty;

/** What a job says of its own dispatch: dispatch() looks at these properties, and tgook stands in for it. */
final class JobDispatch
{
    /**
     * @return array{queue: ?string, connection: ?string, notes: list<string>}
     *
     * @throws Problem `job`
     */
    public static function read(JobConstructor $constructor, object $job): array
    {
        if (self::property($job, 'delay') !== null) {
            throw $constructor->problem('it has a delay, and tgook pushes jobs that may be worked on at once');
        }
        if (method_exists($job, 'queue')) {
            throw $constructor->problem('its method queue() pushes it, and tgook cannot call that: use onQueue()');
        }
        $notes = [];
        if (method_exists($job, 'tags')) {
            $notes[] = "{$constructor->class}::tags() is not called for jobs of tgook: TGOOK_TAGS gives them tags";
        }
        if ($job instanceof ShouldBeUnique) {
            $notes[] = "{$constructor->class} is ShouldBeUnique, and tgook takes no lock: it makes one job of an update";
        }

        return [
            'queue' => self::property($job, 'queue'),
            'connection' => self::property($job, 'connection'),
            'notes' => $notes,
        ];
    }

    private static function property(object $job, string $name): mixed
    {
        if (! property_exists($job, $name)) {
            return null;
        }
        $property = new ReflectionProperty($job, $name);
        $value = $property->isInitialized($job) ? $property->getValue($job) : null;

        return $value instanceof BackedEnum ? $value->value : $value;
    }
}
