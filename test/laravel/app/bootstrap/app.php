<?php

use Illuminate\Foundation\Application;
use Laravel\Horizon\Console\WorkCommand;
use Laravel\Horizon\HorizonServiceProvider;
use Symfony\Component\Console\Input\InputOption;

require __DIR__.'/autoload.php';

// All that Laravel writes goes here: the checkout stays clean, and runs side by side do not meet.
$scratch = getenv('TGOOK_TEST_SCRATCH') ?: sys_get_temp_dir().'/tgook-laravel-app';
@mkdir("$scratch/bootstrap/cache", recursive: true);
@mkdir("$scratch/storage", recursive: true);

$app = Application::configure(dirname(__DIR__))
    ->withProviders(getenv('TGOOK_TEST_HORIZON') ? [HorizonServiceProvider::class] : [])
    ->withExceptions()
    ->create()
    ->useBootstrapPath("$scratch/bootstrap")
    ->useStoragePath("$scratch/storage");

// Laravel 12.72 reads this option in every worker, and the horizon:work of Horizon 5.29 does not declare it.
$app->afterResolving(WorkCommand::class, function (WorkCommand $command) {
    if (! $command->getDefinition()->hasOption('stop-when-empty-for')) {
        $command->addOption('stop-when-empty-for', mode: InputOption::VALUE_OPTIONAL, default: 0);
    }
});

// What an app has of a framework: its configuration, and handlers, which here write what they get.
if ($framework = getenv('TGOOK_TEST_FRAMEWORK')) {
    $app->booted(fn (Application $app) => require __DIR__."/../frameworks/$framework.php");
}

return $app;
