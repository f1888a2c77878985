<?php

/**
 * Writes a stand-in for phptg/bot-api where it is not installed, from class facts: the types, as unserialize() needs
 * them, with constructors; and a factory that makes them of decoded JSON, which takes any value for right.
 *
 * php generate-classes.php FACTS OUTDIR    OUTDIR becomes the folder of the namespace Phptg\BotApi
 */

declare(strict_types=1);

const ROOT_NAMESPACE = 'Phptg\\BotApi\\';
const PARSING = ROOT_NAMESPACE.'ParseResult\\';
const PROCESSORS = PARSING.'ValueProcessor\\';

const PROCESS_METHODS = [
    'StringValue' => 'return $value;',
    'IntegerValue' => 'return $value;',
    'FloatValue' => 'return $value;',
    'BooleanValue' => 'return $value;',
    'TrueValue' => 'return $value;',
    'DateValue' => 'return (new \\DateTimeImmutable)->setTimestamp($value);',
    'ChatMemberUntilDateValue' => 'return $value === 0 ? false : (new \\DateTimeImmutable)->setTimestamp($value);',
    'ArrayMap' => 'return array_map(fn ($item) => (new $this->className)->process($item, $key, $factory), $value);',
    'ArrayOfObjectsValue' => 'return array_map(fn ($item) => $factory->create($item, $key, $this->className), $value);',
    'ArrayOfArraysOfObjectsValue' => '$row = new ArrayOfObjectsValue($this->className);
        return array_map(fn ($item) => $row->process($item, $key, $factory), $value);',
    'MaybeInaccessibleMessageValue' => '$class = $value["date"] === 0 ? "InaccessibleMessage" : "Message";
        return $factory->create($value, $key, "Phptg\\\\BotApi\\\\Type\\\\$class");',
    'RichTextValue' => 'return match (true) {
            is_string($value) => $value,
            array_is_list($value) => array_map(fn ($item) => $this->process($item, $key, $factory), $value),
            default => $factory->create($value, $key, self::CLASS_MAP[$value["type"]]),
        };',
];

[, $factsFile, $outDir] = $argv;
define('OUTDIR', $outDir);
$facts = json_decode(file_get_contents($factsFile), true, flags: JSON_THROW_ON_ERROR);

foreach ($facts['classes'] as $class => $properties) {
    writeClass($class, typeSource($properties, $facts, $class === $facts['root']));
}
foreach (PROCESS_METHODS as $name => $process) {
    writeClass(PROCESSORS.$name, processorSource($process, $facts['unions'][substr($name, 0, -5)]['map'] ?? []));
}
foreach (array_diff_key($facts['unions'], ['RichText' => true]) as $name => ['key' => $key, 'map' => $map]) {
    writeClass(PROCESSORS."{$name}Value", unionSource($key, $map));
}
writeClass(PROCESSORS.'ValueProcessorInterface', 'interface %s {}');
writeClass(PROCESSORS.'InterfaceValue', 'abstract class %s implements ValueProcessorInterface {}');
writeClass(PARSING.'Param', 'final class %s {
    public function __construct(public string $key, public string|object $type, public bool $optional) {}
}');
writeClass(PARSING.'ObjectFactory', 'final class %s {
    public function create(array $value, ?string $key, string $class): object
    {
        $arguments = [];
        foreach ($this->getConstructorParameters($class) as $name => $param) {
            $given = $value[$param->key] ?? null;
            $arguments[$name] = match (true) {
                $given === null => null,
                is_string($param->type) => $this->create($given, $param->key, $param->type),
                default => $param->type->process($given, $param->key, $this),
            };
        }
        return new $class(...$arguments);
    }

    private function getConstructorParameters(string $class): array
    {
        $params = [];
        foreach ((new \\ReflectionMethod($class, "__construct"))->getParameters() as $parameter) {
            $processor = ($parameter->getAttributes()[0] ?? null)?->newInstance();
            $key = strtolower(preg_replace("/[A-Z]/", "_$0", $parameter->name));
            $params[$parameter->name] =
                new Param($key, $processor ?? $parameter->getType()->getName(), $parameter->isOptional());
        }
        return $params;
    }
}');

/** @param  string  $source  what stands below the namespace, with %s for the class's short name */
function writeClass(string $class, string $source): void
{
    $cut = strrpos($class, '\\');
    $path = OUTDIR.'/'.strtr(substr($class, strlen(ROOT_NAMESPACE)), '\\', '/').'.php';
    if (! is_dir(dirname($path))) {
        mkdir(dirname($path), recursive: true);
    }
    file_put_contents($path, sprintf("<?php namespace %s;\n$source\n", substr($class, 0, $cut), substr($class, $cut + 1)));
}

function typeSource(array $properties, array $facts, bool $isRoot): string
{
    $private = $parameters = '';
    foreach ($properties as ['name' => $name, 'optional' => $optional, 'type' => $type]) {
        if ($name[0] === "\0") {
            $private .= '    private mixed $'.substr($name, strrpos($name, "\0") + 1)." = null;\n";
        } else {
            $types = [...typesOf($type, $facts['unions']), ...($optional ? ['null'] : [])];
            $parameters .= '        '.attributeOf($type).($isRoot ? 'public readonly ' : 'public ')
                .implode('|', $types)." \$$name".($optional ? ' = null' : '').",\n";
        }
    }
    $rootMethods = ! $isRoot ? '' : '
    public static function fromJson(string $json): self
    {
        $decoded = json_decode($json, true, flags: JSON_THROW_ON_ERROR);
        $update = (new \\'.PARSING.'ObjectFactory)->create($decoded, null, self::class);
        $update->raw = $json;
        $update->rawDecoded = $decoded;
        return $update;
    }

    public function getRaw(): ?string
    {
        return $this->raw;
    }
';

    return ($isRoot ? 'final class' : 'final readonly class')
        ." %s {\n$private    public function __construct(\n$parameters    ) {}\n$rootMethods}";
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

function attributeOf(array $type): string
{
    if ($type['kind'] === 'object') {
        return '';
    }
    [$processor, $argument] = processorOf($type);

    return '#[\\'.PROCESSORS.$processor.($argument ? "(\\$argument::class)" : '').'] ';
}

/** @return array{string, ?string} the value processor's short name, and the class it is given */
function processorOf(array $type): array
{
    $of = $type['of'] ?? null;

    return match ($type['kind']) {
        'string' => ['StringValue', null],
        'int' => ['IntegerValue', null],
        'float' => ['FloatValue', null],
        'bool' => ['BooleanValue', null],
        'true' => ['TrueValue', null],
        'date' => ['DateValue', null],
        'until-date' => ['ChatMemberUntilDateValue', null],
        'union' => ["{$type['union']}Value", null],
        'rich-text' => ['RichTextValue', null],
        'maybe-inaccessible-message' => ['MaybeInaccessibleMessageValue', null],
        'list' => match (true) {
            $of['kind'] === 'object' => ['ArrayOfObjectsValue', $of['class']],
            $of['kind'] === 'list' => ['ArrayOfArraysOfObjectsValue', $of['of']['class']],
            default => ['ArrayMap', PROCESSORS.processorOf($of)[0]],
        },
    };
}

function processorSource(string $process, array $map): string
{
    return '#[\\Attribute] final class %s implements ValueProcessorInterface {
    private const CLASS_MAP = '.escaped($map).';
    public function __construct(private string $className = "") {}
    public function process(mixed $value, ?string $key, \\'.PARSING."ObjectFactory \$factory): mixed
    {
        $process
    }
}";
}

function unionSource(string $key, array $map): string
{
    return '#[\\Attribute] final class %s extends InterfaceValue {
    public function getTypeKey(): string { return '.escaped($key).'; }
    public function getClassMap(): array { return '.escaped($map).'; }
    public function process(mixed $value, ?string $key, \\'.PARSING.'ObjectFactory $factory): mixed
    {
        return $factory->create($value, $key, $this->getClassMap()[$value[$this->getTypeKey()]]);
    }
}';
}

/** For sprintf. */
function escaped(mixed $value): string
{
    return str_replace('%', '%%', var_export($value, true));
}
