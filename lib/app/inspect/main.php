<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use Illuminate\Foundation\Application;
use Laravel\Horizon\Horizon;
use Phptg\BotApi\Type\Update\Update;
use Throwable;

foreach (glob(__DIR__.'/[A-Z]*.php') as $file) {
    require $file;
}
register_shutdown_function(Report::failUnlessSent(...));

try {
    [, $folder, $jobClass, $connection, $want] = $argv;
    Report::send(inspect($folder, ltrim($jobClass, '\\'), $connection, explode(',', $want)));
} catch (Throwable $thrown) {
    Report::fail($thrown instanceof Problem ? $thrown : Problem::inApp($thrown));
    exit(1);
}

/**
 * @param  list<string>  $want
 *
 * @throws Problem
 */
function inspect(string $folder, string $jobClass, string $connection, array $want): array
{
    $app = App::open($folder);
    // A job's constructor may read the configuration too, as onQueue(config(…)) does.
    $laravel = in_array('config', $want, true) || $app->isLaravel() ? $app->loadConfiguration() : null;
    $phptg = $app->version('phptg/bot-api', Update::class);
    $document = [
        'laravel' => $app->version('laravel/framework', Application::class),
        'phptg' => $phptg,
        'horizon' => $app->version('laravel/horizon', Horizon::class),
        'notes' => [],
    ];
    if (array_intersect(['job', 'schema'], $want) !== []) {
        $document = array_merge($document, jobAndSchema($jobClass, $want, $phptg));
    }
    if (in_array('config', $want, true)) {
        $ofJob = $document['dispatch']['connection'] ?? '';
        $document['config'] = (new QueueConfiguration($laravel))->read($connection === '' ? $ofJob : $connection);
    }

    return $document;
}

function jobAndSchema(string $jobClass, array $want, ?string $phptg): array
{
    if (! in_array('job', $want, true) && ! class_exists($jobClass)) {
        return [
            'notes' => ["no class $jobClass in the app: the facts are those of the job that 'tgook job' prints"],
            'schema' => schema(new ClassFacts, $phptg, JobFacts::standard($jobClass)),
        ];
    }
    $constructor = new JobConstructor($jobClass);
    $classes = $constructor->format === 'object' ? new ClassFacts : null;
    [$job, $dispatch] = JobFacts::read($constructor, $classes);

    return [
        'notes' => $dispatch['notes'],
        ...in_array('job', $want, true) ? ['job' => $job, 'dispatch' => $dispatch] : [],
        ...in_array('schema', $want, true) ? ['schema' => $classes ? schema($classes, $phptg, $job) : null] : [],
    ];
}

function schema(ClassFacts $classes, ?string $phptg, array $job): array
{
    Samples::prove($classes);

    return [
        'format' => 1,
        'package' => 'phptg/bot-api',
        'version' => $phptg,
        'root' => ClassFacts::ROOT,
        'job' => $job,
        'unions' => $classes->unions,
        'classes' => $classes->classes,
    ];
}
