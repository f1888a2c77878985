<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Foundation\Application;
use Laravel\Horizon\Horizon;
use ReflectionClass;

/** What the app's configuration says of its queue in Redis. */
final class QueueConfiguration
{
    private readonly Repository $config;

    public function __construct(private readonly Application $app)
    {
        $this->config = $app->make(Repository::class);
    }

    /**
     * @param  string  $wanted  the name of a queue connection, or empty: the app's default one where it is in Redis,
     *                          else one that is
     * @return array<string, mixed> null for what the app has not: without a connection in Redis, all about Redis
     *
     * @throws Problem `config`
     */
    public function read(string $wanted): array
    {
        $queues = $this->config->get('queue.connections', []);
        $name = $this->queueConnection($queues, $wanted);
        $redis = $name === null ? null : $queues[$name]['connection'] ?? 'default';
        $database = $this->config->get('database.redis', []);
        $horizonPrefix = $this->horizonPrefix(); // first, as in Laravel: Horizon changes database.redis
        $resolved = $redis === null ? null : RedisResolution::of($this->app, $redis);

        return [
            'name' => $this->config->get('app.name'),
            'timezone' => $this->config->get('app.timezone'),
            'connection' => $name,
            'redis' => $resolved === null ? null : self::connection($resolved),
            'cluster' => $redis !== null && ! isset($database[$redis]) && isset($database['clusters'][$redis]),
            'serializer' => $resolved['serializer'] ?? null,
            'compression' => $resolved['compression'] ?? null,
            'horizonPrefix' => $horizonPrefix,
        ];
    }

    private function queueConnection(array $queues, string $wanted): ?string
    {
        $inRedis = array_keys(array_filter($queues, fn ($queue) => ($queue['driver'] ?? null) === 'redis'));
        if ($wanted !== '' && ! in_array($wanted, $inRedis, true)) {
            throw new Problem('config', isset($queues[$wanted])
                ? "the queue connection $wanted has the driver {$queues[$wanted]['driver']}, and tgook needs redis: "
                    .'name another with TGOOK_QUEUE_CONNECTION'
                : "config/queue.php has no connection $wanted: set TGOOK_QUEUE_CONNECTION to one in Redis ("
                    .(implode(', ', $inRedis) ?: 'there is none').')');
        }
        $preferred = array_intersect([$wanted, $this->config->get('queue.default'), 'redis'], $inRedis);

        return reset($preferred) ?: $inRedis[0] ?? null;
    }

    /** @param  array<string, mixed>  $resolved */
    private static function connection(array $resolved): array
    {
        $scheme = $resolved['scheme'] ?? null;
        $host = $resolved['host'] ?? $resolved['path'] ?? null;
        if (is_string($host) && preg_match('#^(tls|tcp|unix)://(.*)$#', $host, $parts)) {
            [, $scheme, $host] = $parts;
        }
        $text = fn ($value) => $value === null || $value === '' ? null : (string) $value;

        return [
            'host' => $text($host),
            'port' => isset($resolved['port']) ? (int) $resolved['port'] : null,
            'database' => (int) ($resolved['database'] ?? 0),
            'username' => $text($resolved['username'] ?? null),
            'password' => $text($resolved['password'] ?? null),
            'scheme' => $text($scheme),
            'prefix' => (string) ($resolved['prefix'] ?? ''),
        ];
    }

    /** Of the keys that Horizon writes. It does what Horizon's service provider does to the configuration. */
    private function horizonPrefix(): ?string
    {
        if (! class_exists(Horizon::class)) {
            return null;
        }
        if (! $this->app->configurationIsCached()) {
            $file = dirname((new ReflectionClass(Horizon::class))->getFileName(), 2).'/config/horizon.php';
            $this->config->set('horizon', array_merge(require $file, $this->config->get('horizon', [])));
        }
        Horizon::use($this->config->get('horizon.use', 'default'));

        return (string) (RedisResolution::of($this->app, 'horizon')['prefix'] ?? '');
    }
}
