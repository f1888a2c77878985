<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use Closure;
use Illuminate\Container\Container;
use Illuminate\Queue\RedisQueue;
use ReflectionClass;
use Throwable;

/** What the job itself sets in Laravel's payload, as $tries does. */
final class JobPayload
{
    private const KEYS = [
        'displayName', 'maxTries', 'maxExceptions', 'failOnTimeout', 'backoff', 'timeout', 'retryUntil',
        'countCrashesAsExceptions', 'deleteWhenMissingModels',
    ];

    /**
     * @param  list<object>  $jobs  that differ in all that a job is made of
     * @return object by key of the payload; without what is null or false, and the displayName that is the class
     *
     * @throws Problem `job`
     */
    public static function read(JobConstructor $constructor, array $jobs): object
    {
        if (! class_exists(RedisQueue::class)) {
            return (object) [];
        }
        [$payload, $other] = array_map(fn ($job) => self::made($constructor, $job), $jobs);
        if (isset($payload['retryUntil'])) {
            throw $constructor->problem('retryUntil is a moment that only PHP can tell: use $tries, '
                .'or the worker\'s --tries');
        }
        foreach ($payload + $other as $key => $value) {
            if (($payload[$key] ?? null) !== ($other[$key] ?? null)) {
                throw $constructor->problem("its $key depends on the update, the bot, the time or chance, "
                    .'which tgook cannot foresee');
            }
        }

        return (object) $payload;
    }

    /** Laravel's own queue makes the payload; it needs no connection for that. */
    private static function made(JobConstructor $constructor, object $job): array
    {
        $queue = (new ReflectionClass(RedisQueue::class))->newInstanceWithoutConstructor();
        $queue->setContainer(Container::getInstance());
        $create = Closure::bind(fn () => $queue->createPayloadArray($job, 'queues:default'), null, $queue);
        try {
            $payload = array_intersect_key($create(), array_flip(self::KEYS));
        } catch (Throwable $thrown) {
            throw $constructor->problem('Laravel cannot make its payload: '.Problem::describe($thrown), $thrown);
        }
        if ($payload['displayName'] === $constructor->class) {
            unset($payload['displayName']);
        }

        return array_filter($payload, fn ($value) => $value !== null && $value !== false);
    }
}
