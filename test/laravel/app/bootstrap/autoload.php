<?php

/**
 * Composer's autoloader, and the classes that this run is about:
 *
 * COMPOSER_VENDOR_DIR a vendor folder in place of the app's own: Laravel and a bot framework
 * TGOOK_TEST_JOB      a file with the job's class, in place of those in app/Jobs
 * TGOOK_TEST_PHPTG    a folder whose src/ is Phptg\BotApi: generated classes, or the real phptg/bot-api
 * TGOOK_TEST_HORIZON  a folder with laravel/horizon; without it the app has no Horizon
 * TGOOK_TEST_FORMAT   json: ProcessTelegramUpdateJob takes the update as text
 */
$loader = require (getenv('COMPOSER_VENDOR_DIR') ?: __DIR__.'/../vendor').'/autoload.php';
$loader->addPsr4('App\\', __DIR__.'/../app');

if ($job = getenv('TGOOK_TEST_JOB')) {
    $loader->addClassMap(['App\\Jobs\\ProcessTelegramUpdateJob' => $job, 'App\\Jobs\\ProcessTelegramUpdate' => $job]);
}
if ($phptg = getenv('TGOOK_TEST_PHPTG')) {
    $loader->addPsr4('Phptg\\BotApi\\', "$phptg/src");
}
if ($horizon = getenv('TGOOK_TEST_HORIZON')) {
    $loader->addPsr4('Laravel\\Horizon\\', "$horizon/src");
}
if (getenv('TGOOK_TEST_FORMAT') === 'json') {
    $loader->addPsr4('App\\', __DIR__.'/../json', prepend: true);
}
