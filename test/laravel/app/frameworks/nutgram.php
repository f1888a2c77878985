<?php

use App\Handled;
use SergiX44\Nutgram\Nutgram;

config(['nutgram.token' => '1:main', 'nutgram.routes' => false]);

$app->afterResolving(Nutgram::class, function (Nutgram $bot): void {
    // Middlewares are in force only where the job lets Nutgram run; the count grows where a job leaves its data behind.
    $bot->middleware(function (Nutgram $bot, callable $next): void {
        $bot->set('jobs', $bot->get('jobs', 0) + 1);
        $next($bot);
    });
    $write = fn (string $handler, string $text) => Handled::write(
        $handler,
        "{$bot->getBotId()}, data of {$bot->get('jobs')} job",
        $text,
    );
    $bot->onCommand('start {word}', fn (Nutgram $bot, string $word) => $write('command', $word));
    $bot->onText('[^/].*', fn (Nutgram $bot) => $write('text', $bot->message()->text));
});
