<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use DateTimeImmutable;
use Throwable;

/**
 * Decoded JSON that fits the class facts, and serialize() of what phptg makes of it, written from the facts alone as
 * tgook writes it. No two values are the same, booleans aside, and the two variants take different branches.
 */
final class Samples
{
    private int $counter = 0;

    /** @param  0|1  $variant */
    public function __construct(private readonly ClassFacts $facts, private readonly int $variant) {}

    /**
     * Has phptg make an object of every class, full and bare, and holds its serialize() against the facts.
     *
     * @throws Problem `schema`
     */
    public static function prove(ClassFacts $facts): void
    {
        $variants = [new self($facts, 0), new self($facts, 1)];
        foreach (array_keys($facts->classes) as $class) {
            foreach ($variants as $samples) {
                foreach ([1, 0] as $levels) {
                    $json = $samples->object($class, $levels);
                    try {
                        $made = serialize($facts->factory->create($json, null, $class));
                    } catch (Throwable $thrown) {
                        throw ClassFacts::unknown($class, Problem::describe($thrown), $thrown);
                    }
                    if ($made !== $samples->serializedObject($class, $json)) {
                        throw ClassFacts::unknown($class, 'its serialize() is not what its constructor promises');
                    }
                }
            }
        }
    }

    /** @param  int  $levels  so many levels of objects have their optional properties too, and lists an element */
    public function object(string $class, int $levels): array
    {
        $json = [];
        foreach ($this->facts->classes[$class] as ['key' => $key, 'optional' => $optional, 'type' => $type]) {
            if ($key !== null && ($levels > 0 || ! $optional)) {
                $json[$key] = $this->value($type, $levels - 1);
            }
        }

        return $json;
    }

    private function value(array $type, int $levels): mixed
    {
        $number = ++$this->counter * 2 + $this->variant;

        return match ($type['kind']) {
            'string' => "probe $number é",
            'int', 'date' => 1_700_000_000 + $number,
            'float' => $number + 0.5,
            'bool' => $this->variant === 0,
            'true' => true,
            'until-date' => $this->variant === 0 ? 1_700_000_000 + $number : 0,
            'object' => $this->object($type['class'], $levels),
            'list' => $levels < 0 ? [] : [$this->value($type['of'], $levels)],
            'union' => $this->oneOf($type['union'], $levels),
            'rich-text' => $levels < 0 || $this->variant === 1
                ? "probe $number"
                : ["probe $number", $this->oneOf($type['union'], -1)],
            'maybe-inaccessible-message' => $this->variant === 0
                ? $this->object($type['message'], $levels)
                : ['date' => 0] + $this->object($type['inaccessible'], $levels),
        };
    }

    private function oneOf(string $union, int $levels): array
    {
        ['key' => $key, 'map' => $map] = $this->facts->unions[$union];
        $name = $this->variant === 0 ? array_key_first($map) : array_key_last($map);

        return [$key => $name] + $this->object($map[$name], $levels);
    }

    private function serializedObject(string $class, array $json): string
    {
        $text = '';
        foreach ($this->facts->classes[$class] as ['name' => $name, 'key' => $key, 'type' => $type]) {
            $text .= serialize($name).$this->serialized($type, $key === null ? null : $json[$key] ?? null);
        }

        return sprintf('O:%d:"%s":%d:{%s}', strlen($class), $class, count($this->facts->classes[$class]), $text);
    }

    private function serialized(array $type, mixed $json): string
    {
        if ($json === null) {
            return 'N;';
        }

        return match ($type['kind']) {
            'string', 'int', 'float', 'bool', 'true' => serialize($json),
            'date', 'until-date' => serialize($json === 0 ? false : (new DateTimeImmutable)->setTimestamp($json)),
            'object' => $this->serializedObject($type['class'], $json),
            'list' => $this->serializedList($type['of'], $json),
            'union' => $this->serializedObject($this->chosen($type['union'], $json), $json),
            'rich-text' => match (true) {
                is_string($json) => serialize($json),
                array_is_list($json) => $this->serializedList($type, $json),
                default => $this->serializedObject($this->chosen($type['union'], $json), $json),
            },
            'maybe-inaccessible-message' => $this->serializedObject(
                $type[$json['date'] === 0 ? 'inaccessible' : 'message'],
                $json,
            ),
        };
    }

    private function serializedList(array $of, array $json): string
    {
        $text = '';
        foreach ($json as $index => $item) {
            $text .= serialize($index).$this->serialized($of, $item);
        }

        return sprintf('a:%d:{%s}', count($json), $text);
    }

    private function chosen(string $union, array $json): string
    {
        ['key' => $key, 'map' => $map] = $this->facts->unions[$union];

        return $map[$json[$key]];
    }
}
