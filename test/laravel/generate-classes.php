<?php

/**
 * Writes the classes that class facts describe, a file each, as far as unserialize() needs them: names,
 * properties in their order, types. They stand in for phptg/bot-api where it is not installed.
 *
 * php generate-classes.php FACTS OUTDIR    OUTDIR becomes the folder of the namespace Phptg\BotApi
 */

declare(strict_types=1);

const ROOT_NAMESPACE = 'Phptg\\BotApi\\';

[, $factsFile, $outDir] = $argv;
$facts = json_decode(file_get_contents($factsFile), true, flags: JSON_THROW_ON_ERROR);

foreach ($facts['classes'] as $class => $properties) {
    $path = $outDir.'/'.strtr(substr($class, strlen(ROOT_NAMESPACE)), '\\', '/').'.php';
    if (! is_dir(dirname($path))) {
        mkdir(dirname($path), recursive: true);
    }
    file_put_contents($path, classSource($class, $properties, $facts));
}

function classSource(string $class, array $properties, array $facts): string
{
    $cut = strrpos($class, '\\');
    $isRoot = $class === $facts['root'];
    $source = '<?php namespace '.substr($class, 0, $cut).";\n";
    $source .= ($isRoot ? 'final class ' : 'final readonly class ').substr($class, $cut + 1)." {\n";
    foreach ($properties as ['name' => $name, 'optional' => $optional, 'type' => $type]) {
        if ($name[0] === "\0") {
            $source .= '    private mixed $'.substr($name, strrpos($name, "\0") + 1)." = null;\n";
        } else {
            $types = [...typesOf($type, $facts['unions']), ...($optional ? ['null'] : [])];
            $source .= ($isRoot ? '    public readonly ' : '    public ').implode('|', $types)." \$$name;\n";
        }
    }

    return "$source}\n";
}

/** @return list<string> */
function typesOf(array $type, array $unions): array
{
    $ofUnion = fn () => array_map(fn ($class) => "\\$class", array_values($unions[$type['union']]['map']));

    return match ($type['kind']) {
        'string', 'int', 'float', 'bool', 'true' => [$type['kind']],
        'date' => ['\\DateTimeImmutable'],
        'until-date' => ['\\DateTimeImmutable', 'false'],
        'object' => ["\\{$type['class']}"],
        'list' => ['array'],
        'union' => $ofUnion(),
        'rich-text' => ['string', 'array', ...$ofUnion()],
        'maybe-inaccessible-message' => ["\\{$type['message']}", "\\{$type['inaccessible']}"],
    };
}
