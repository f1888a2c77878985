<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use Phptg\BotApi\ParseResult\ObjectFactory;
use Phptg\BotApi\ParseResult\ValueProcessor\InterfaceValue;
use ReflectionClass;
use ReflectionClassConstant;
use ReflectionMethod;
use ReflectionProperty;
use Throwable;

/**
 * What the installed phptg/bot-api makes of an update's JSON: the classes reachable from Update, each property with
 * its name in serialize(), its key in the JSON and its type. phptg's own factory is asked what it would do; what
 * this class does not know is a problem, never a guess.
 */
final class ClassFacts
{
    public const ROOT = 'Phptg\\BotApi\\Type\\Update\\Update';

    private const PROCESSORS = 'Phptg\\BotApi\\ParseResult\\ValueProcessor\\';

    /** @var array<class-string, list<array{name: string, key: ?string, optional: bool, type: array}>> breadth first */
    public array $classes = [];

    /** @var array<string, array{key: string, map: array<string, class-string>}> by name */
    public array $unions = [];

    public readonly ObjectFactory $factory;

    private readonly ReflectionMethod $parametersOf;

    /** @var list<class-string> met, but not read yet */
    private array $pending = [self::ROOT];

    /** @throws Problem `no-phptg`, `schema` */
    public function __construct()
    {
        if (! class_exists(self::ROOT)) {
            throw new Problem('no-phptg', 'phptg/bot-api is not installed in '.getcwd()
                .': composer require phptg/bot-api, or use TGOOK_JOB_FORMAT=json');
        }
        try {
            $this->factory = new ObjectFactory;
            $this->parametersOf = new ReflectionMethod($this->factory, 'getConstructorParameters');
        } catch (Throwable $thrown) {
            throw self::unknown('its ObjectFactory', Problem::describe($thrown), $thrown);
        }
        while ($class = array_shift($this->pending)) {
            $this->classes[$class] ??= $this->propertiesOf($class);
        }
        ksort($this->unions);
    }

    private function propertiesOf(string $class): array
    {
        try {
            $parameters = $this->parametersOf->invoke($this->factory, $class);
        } catch (Throwable $thrown) {
            throw self::unknown($class, Problem::describe($thrown), $thrown);
        }
        $facts = [];
        foreach ((new ReflectionClass($class))->getProperties() as $property) {
            if ($property->isStatic()) {
                continue;
            }
            $name = $property->getName();
            $parameter = $parameters[$name] ?? null;
            if ($parameter === null && (! $property->hasDefaultValue() || $property->getDefaultValue() !== null)) {
                throw self::unknown("$class::\$$name", 'neither filled from the JSON nor null');
            }
            $facts[] = [
                'name' => self::serializedName($property),
                'key' => $parameter?->key,
                'optional' => $parameter?->optional ?? true,
                'type' => $parameter ? $this->typeOf($parameter->type, "$class::\$$name") : ['kind' => 'null'],
            ];
        }

        return $facts;
    }

    private static function serializedName(ReflectionProperty $property): string
    {
        return match (true) {
            $property->isPrivate() => "\0{$property->class}\0{$property->name}",
            $property->isProtected() => "\0*\0{$property->name}",
            default => $property->name,
        };
    }

    /** @param  string|object  $type  a class, or one of phptg's value processors */
    private function typeOf(string|object $type, string $place): array
    {
        if (is_string($type)) {
            return $this->object($type);
        }
        if ($type instanceof InterfaceValue) {
            return ['kind' => 'union', 'union' => $this->union($type, $type->getTypeKey(), $type->getClassMap())];
        }
        $processor = str_replace(self::PROCESSORS, '', $type::class);

        return match ($processor) {
            'StringValue' => ['kind' => 'string'],
            'IntegerValue' => ['kind' => 'int'],
            'FloatValue' => ['kind' => 'float'],
            'BooleanValue' => ['kind' => 'bool'],
            'TrueValue' => ['kind' => 'true'],
            'DateValue' => ['kind' => 'date'],
            'ChatMemberUntilDateValue' => ['kind' => 'until-date'],
            'ObjectValue' => $this->object($this->className($type)),
            'ArrayMap' => self::listOf($this->typeOf(new ($this->className($type)), $place)),
            'ArrayOfObjectsValue' => self::listOf($this->object($this->className($type))),
            'ArrayOfArraysOfObjectsValue' => self::listOf(self::listOf($this->object($this->className($type)))),
            'RichTextValue' => [
                'kind' => 'rich-text',
                'union' => $this->union($type, 'type', (new ReflectionClassConstant($type, 'CLASS_MAP'))->getValue()),
            ],
            'MaybeInaccessibleMessageValue' => [
                'kind' => 'maybe-inaccessible-message',
                'message' => $this->object('Phptg\\BotApi\\Type\\Message')['class'],
                'inaccessible' => $this->object('Phptg\\BotApi\\Type\\InaccessibleMessage')['class'],
            ],
            default => throw self::unknown($place, "its value processor $processor"),
        };
    }

    private static function listOf(array $type): array
    {
        return ['kind' => 'list', 'of' => $type];
    }

    private function object(string $class): array
    {
        $this->pending[] = $class;

        return ['kind' => 'object', 'class' => $class];
    }

    /** @return string the union's name: that of the processor, without its ending */
    private function union(object $processor, string $key, array $map): string
    {
        $name = preg_replace('/^.*\\\\|Value$/', '', $processor::class);
        $this->unions[$name] = ['key' => $key, 'map' => $map];
        array_push($this->pending, ...array_values($map));

        return $name;
    }

    private function className(object $processor): string
    {
        return (new ReflectionProperty($processor, 'className'))->getValue($processor);
    }

    public static function unknown(string $place, string $what, ?Throwable $previous = null): Problem
    {
        return new Problem('schema', "this version of phptg/bot-api is not known to tgook: $place: $what. "
            .'Use TGOOK_JOB_FORMAT=json, or a version that tgook ships', $previous);
    }
}
