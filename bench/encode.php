<?php

/**
 * Microseconds that PHP takes from a body, on stdin, to the serialized job.
 *
 * php encode.php FOLDER    FOLDER has phptg/bot-api
 */

declare(strict_types=1);

namespace App\Jobs;

use Phptg\BotApi\Type\Update\Update;

final class ProcessTelegramUpdateJob
{
    public function __construct(
        public readonly string $botId,
        public readonly Update $update,
    ) {}
}

spl_autoload_register(function (string $class) use ($argv) {
    require $argv[1].'/src/'.strtr(substr($class, strlen('Phptg\\BotApi\\')), '\\', '/').'.php';
});
date_default_timezone_set('Europe/Moscow');
$body = stream_get_contents(STDIN);

$run = function (int $updates) use ($body) {
    for ($i = 0; $i < $updates; $i++) {
        serialize(new ProcessTelegramUpdateJob('7000000001', Update::fromJson($body)));
    }
};
$run(200);
$start = hrtime(true);
$run(2000);
echo (hrtime(true) - $start) / 2000 / 1000;
