<?php

declare(strict_types=1);

namespace Tgook\Inspect;

/** The one document of this run. */
final class Report
{
    private const FILE = 'php://fd/3';

    private const JSON = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;

    private static bool $sent = false;

    public static function send(array $document): void
    {
        $json = json_encode($document, self::JSON);
        self::$sent = true;
        file_put_contents(self::FILE, $json);
    }

    public static function fail(Problem $problem): void
    {
        $error = ['code' => $problem->kind, 'message' => strtok($problem->getMessage(), "\r\n")];
        self::$sent = true;
        file_put_contents(self::FILE, json_encode(['error' => $error], self::JSON | JSON_INVALID_UTF8_SUBSTITUTE));
    }

    /** For an app that ends PHP: a fatal error, or exit(). */
    public static function failUnlessSent(): void
    {
        if (self::$sent) {
            return;
        }
        $error = error_get_last();
        $fatal = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR;
        self::fail(($error['type'] ?? 0) & $fatal
            ? new Problem('app', "{$error['message']} ({$error['file']}:{$error['line']})")
            : new Problem('exit', 'the app ended PHP, as exit() does'));
        exit(1);
    }
}
