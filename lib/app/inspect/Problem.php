<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use RuntimeException;
use Throwable;

/** Why the app cannot be read or served. The message is one line that names the way out. */
final class Problem extends RuntimeException
{
    /**
     * @param  'no-app'|'no-laravel'|'no-phptg'|'no-job'|'config'|'job'|'schema'|'app'|'exit'  $kind  `exit`: what the app printed may say why
     */
    public function __construct(public readonly string $kind, string $message, ?Throwable $previous = null)
    {
        parent::__construct($message, previous: $previous);
    }

    /** What the app's own code threw. */
    public static function inApp(Throwable $thrown): self
    {
        return new self('app', self::describe($thrown).' ('.$thrown->getFile().':'.$thrown->getLine().')', $thrown);
    }

    /** Class and first line of the message. */
    public static function describe(Throwable $thrown): string
    {
        return $thrown::class.': '.strtok(trim($thrown->getMessage())."\n", "\r\n");
    }
}
