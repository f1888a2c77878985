<?php

use App\Handled;
use Illuminate\Support\Facades\Bus;

// Without a framework handle() has nothing that could be seen from outside: this sees each job that went through it.
Bus::pipeThrough([function (object $job, Closure $next): void {
    $next($job);
    $text = is_string($job->update)
        ? json_decode($job->update, true, flags: JSON_THROW_ON_ERROR)['message']['text']
        : $job->update->message->text;
    Handled::write((new ReflectionObject($job))->getFileName(), $job->botId ?? $job->bot_id, $text);
}]);
