<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Contracts\Redis\Connector;
use Illuminate\Redis\Connectors\PhpRedisConnector;
use Illuminate\Redis\RedisManager;
use InvalidArgumentException;
use RuntimeException;

/**
 * What Laravel would connect to Redis with. Laravel's own manager and connector put it together from URL, connection
 * and options; this is thrown where they would connect.
 */
final class RedisResolution extends RuntimeException
{
    /** @param  array<string, mixed>  $config  all that the client would be given */
    public function __construct(public readonly array $config)
    {
        parent::__construct();
    }

    /**
     * @param  string  $name  in config/database.php, under redis or redis.clusters
     * @return array<string, mixed> of a cluster: its first node, and the cluster's options
     *
     * @throws Problem `config`
     */
    public static function of(Application $app, string $name): array
    {
        $redis = $app->make(Repository::class)->get('database.redis', []);
        $client = self::client($redis);
        $manager = new RedisManager($app, $client, $redis);
        $connector = $client === 'predis' ? self::predis() : self::phpRedis();
        $manager->extend($client, fn () => $connector);
        try {
            $manager->resolve($name);
        } catch (RedisResolution $resolution) {
            return $resolution->config;
        } catch (InvalidArgumentException $thrown) {
            throw new Problem('config', "config/database.php: {$thrown->getMessage()}", $thrown);
        }
        throw new Problem('config', "config/database.php: the Redis connection $name cannot be read");
    }

    /** @param  array<string, mixed>  $redis  database.redis */
    public static function client(array $redis): string
    {
        return $redis['client'] ?? 'phpredis';
    }

    private static function phpRedis(): Connector
    {
        return new class extends PhpRedisConnector
        {
            protected function createClient(array $config)
            {
                throw new RedisResolution($config);
            }

            public function connectToCluster(array $config, array $clusterOptions, array $options)
            {
                throw RedisResolution::ofCluster($config, $clusterOptions, $options);
            }
        };
    }

    /** Laravel's own connector for it needs Predis itself, where it could not be stopped. */
    private static function predis(): Connector
    {
        return new class implements Connector
        {
            public function connect(array $config, array $options)
            {
                $prefix = $config['prefix'] ?? $config['options']['prefix'] ?? $options['prefix'] ?? null;

                throw new RedisResolution(['prefix' => $prefix] + $config + ($options['parameters'] ?? []));
            }

            public function connectToCluster(array $config, array $clusterOptions, array $options)
            {
                throw RedisResolution::ofCluster($config, $clusterOptions, $options);
            }
        };
    }

    public static function ofCluster(array $nodes, array $clusterOptions, array $options): self
    {
        $ownOptions = array_filter(['prefix' => $nodes['prefix'] ?? null]) + ($nodes['options'] ?? []);
        unset($nodes['options'], $nodes['prefix']);

        return new self(array_merge(reset($nodes) ?: [], $options, $clusterOptions, $ownOptions));
    }
}
