<?php

declare(strict_types=1);

namespace App;

/** What a handler got, as one line of JSON in the file that TGOOK_TEST_RECEIVED names. */
final class Handled
{
    public static function write(string $handler, string $bot, string $text): void
    {
        $line = json_encode(compact('handler', 'bot', 'text'), JSON_THROW_ON_ERROR);
        file_put_contents(getenv('TGOOK_TEST_RECEIVED'), "$line\n", FILE_APPEND | LOCK_EX);
    }
}
