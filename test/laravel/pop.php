<?php

/**
 * Are these bytes alive in PHP? Reads a line of JSON for each job on stdin, {"expect": serialized} or
 * {"command": serialized, in base64}, and writes one for each: {"ok", "classes", "reserialized"}, or
 * {"ok": false, "error"}. ok: unserialize() took the bytes, making known classes only and leaving no property
 * uninitialized, and serialize() gave them back. reserialized: the sha1 of what it gave.
 */

declare(strict_types=1);

require __DIR__.'/app/bootstrap/autoload.php';

set_error_handler(fn ($level, $message) => throw new ErrorException($message, severity: $level));

$source = getenv('TGOOK_TEST_PHPTG').'/src/';
$allowed = [
    'App\\Jobs\\ProcessTelegramUpdateJob',
    'App\\Jobs\\ProcessTelegramUpdate',
    'DateTimeImmutable',
    ...array_map(
        fn ($file) => 'Phptg\\BotApi\\'.strtr(substr($file, strlen($source), -4), '/', '\\'),
        glob("$source{Type,Type/*}/*.php", GLOB_BRACE),
    ),
];

while (($line = fgets(STDIN)) !== false) {
    $input = json_decode($line, true, flags: JSON_THROW_ON_ERROR);
    $bytes = $input['expect'] ?? base64_decode($input['command'], true);
    try {
        $job = unserialize($bytes, ['allowed_classes' => $allowed]);
        $again = serialize($job);
        $classes = [];
        collectClasses($job, $classes);
        $answer = [
            'ok' => $again === $bytes,
            'classes' => array_keys($classes),
            'reserialized' => sha1($again),
        ];
    } catch (Throwable $error) {
        $answer = ['ok' => false, 'error' => $error::class.': '.$error->getMessage()];
    }
    echo json_encode($answer, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

function collectClasses(mixed $value, array &$classes): void
{
    if (is_array($value)) {
        foreach ($value as $item) {
            collectClasses($item, $classes);
        }
    } elseif ($value instanceof __PHP_Incomplete_Class) {
        $name = ((array) $value)['__PHP_Incomplete_Class_Name'];
        throw new UnexpectedValueException("not a class of a job: $name");
    } elseif (is_object($value)) {
        $classes[$value::class] = true;
        foreach ((new ReflectionObject($value))->getProperties() as $property) {
            // Throws where the bytes left a property out, since unserialize() calls no constructor.
            collectClasses($property->getValue($value), $classes);
        }
    }
}
