<?php

/**
 * Composer's autoloader, and the classes that this run is about:
 *
 * TGOOK_TEST_PHPTG    a folder whose src/ is Phptg\BotApi: generated classes, or the real phptg/bot-api
 * TGOOK_TEST_HORIZON  a folder with laravel/horizon; without it the app has no Horizon
 * TGOOK_TEST_FORMAT   json: ProcessTelegramUpdateJob takes the update as text
 */
$loader = require __DIR__.'/../vendor/autoload.php';

if ($phptg = getenv('TGOOK_TEST_PHPTG')) {
    $loader->addPsr4('Phptg\\BotApi\\', "$phptg/src");
}
if ($horizon = getenv('TGOOK_TEST_HORIZON')) {
    $loader->addPsr4('Laravel\\Horizon\\', "$horizon/src");
}
if (getenv('TGOOK_TEST_FORMAT') === 'json') {
    $loader->addPsr4('App\\', __DIR__.'/../json', prepend: true);
}
