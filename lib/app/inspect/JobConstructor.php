<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use Illuminate\Contracts\Queue\ShouldBeEncrypted;
use ReflectionClass;
use ReflectionNamedType;
use ReflectionParameter;
use ReflectionUnionType;
use Throwable;

/** Which parameters of the job's constructor are the bot's id, the update, and the time it was received. */
final class JobConstructor
{
    /** Names of a parameter, what is surest first. */
    private const BOT = ['/^bot_?id$/i', '/bot/i'];

    private const UPDATE = ['/^update$/i', '/update|body|payload|json|data|raw/i'];

    private const TIME = ['/^timestamp$/i', '/(?i:timestamp|time$|(?<!up)date)|(^|_)at$|[a-z]At$/'];

    /** Spelled as it is declared. */
    public readonly string $class;

    /** @var 'object'|'json'|'legacy' */
    public readonly string $format;

    /** @var array<'bot'|'update'|'time', string> parameter by role; the bot and the time may be left out */
    private readonly array $roles;

    /** @throws Problem `no-job`, `job` */
    public function __construct(string $class)
    {
        if (! class_exists($class)) {
            throw new Problem('no-job', "the app has no class $class: make it as 'tgook job' prints it, "
                .'or set TGOOK_JOB_CLASS to the one it has');
        }
        $reflection = new ReflectionClass($class);
        $this->class = $reflection->getName();
        if (! $reflection->isInstantiable()) {
            throw $this->problem('it cannot be made with new: it is abstract, or its constructor is not public');
        }
        $encrypted = $reflection->getDefaultProperties()['shouldBeEncrypted'] ?? false;
        if ($encrypted || is_subclass_of($class, ShouldBeEncrypted::class)) {
            throw $this->problem('it is ShouldBeEncrypted, and tgook has no key: it can only make jobs that are not');
        }
        $parameters = $reflection->getConstructor()?->getParameters() ?? [];
        $typed = self::find($parameters, fn ($parameter) => in_array(ClassFacts::ROOT, self::types($parameter), true));
        $roles = $typed ? self::rolesBesidesUpdate($parameters, $typed) : self::rolesByName($parameters);
        $this->roles = array_map(fn ($parameter) => $parameter->name, array_filter($roles));
        $this->format = $typed ? 'object' : (isset($this->roles['time']) ? 'legacy' : 'json');
        $this->requireAllFilled($parameters);
        if (! $typed && self::types($roles['update']) === ['mixed']) {
            throw $this->problem("its \${$this->roles['update']} has no type: give it ".ClassFacts::ROOT.', or string');
        }
    }

    /**
     * A job, made by its own constructor.
     *
     * @param  string|object  $update  the body's text, or phptg's Update in the format object
     *
     * @throws Problem `job`
     */
    public function make(string $bot, string|object $update, int $time): object
    {
        $values = ['bot' => $bot, 'update' => $update, 'time' => $time];
        $arguments = [];
        foreach ($this->roles as $role => $parameter) {
            $arguments[$parameter] = $values[$role];
        }
        try {
            return new $this->class(...$arguments);
        } catch (Throwable $thrown) {
            throw $this->problem('its constructor threw '.Problem::describe($thrown), $thrown);
        }
    }

    public function problem(string $reason, ?Throwable $previous = null): Problem
    {
        return new Problem('job', "tgook cannot make the job {$this->class}: $reason", $previous);
    }

    /** @param  list<ReflectionParameter>  $parameters */
    private static function rolesBesidesUpdate(array $parameters, ReflectionParameter $update): array
    {
        $text = array_filter($parameters, fn ($parameter) => $parameter !== $update && self::takesText($parameter));
        $required = array_filter($text, fn ($parameter) => ! $parameter->isOptional());

        return [
            'bot' => self::named(self::BOT, $required) ?? (reset($required) ?: self::named(self::BOT, $text)),
            'update' => $update,
        ];
    }

    /** @param  list<ReflectionParameter>  $parameters */
    private static function rolesByName(array $parameters): array
    {
        $text = array_filter($parameters, self::takesText(...));
        $integers = array_filter($parameters, fn ($parameter) => in_array('int', self::types($parameter), true));
        $update = self::named(self::UPDATE, array_filter($text, fn ($parameter) => ! preg_match(self::BOT[0], $parameter->name)));

        return [
            'bot' => self::named(self::BOT, array_filter($text, fn ($parameter) => $parameter !== $update)),
            'update' => $update,
            'time' => self::named(self::TIME, $integers),
        ];
    }

    /** @param  list<ReflectionParameter>  $parameters */
    private function requireAllFilled(array $parameters): void
    {
        if (! isset($this->roles['update'])) {
            throw $this->problem('its constructor takes no update: give it a parameter of the type '
                .ClassFacts::ROOT.', or a string $update');
        }
        foreach ($parameters as $parameter) {
            if ($parameter->isOptional() || in_array($parameter->name, $this->roles, true)) {
                continue;
            }
            $name = "\${$parameter->name}";
            if (! isset($this->roles['bot']) && preg_match('/bot/i', $name)) {
                throw $this->problem("its constructor's $name takes no string, as a bot's id is for tgook: make it one");
            }
            throw $this->problem("its constructor has a required parameter $name that tgook cannot fill: "
                .(isset($this->roles['bot']) ? 'give it a default' : 'give it a default, or make it string $botId'));
        }
    }

    /**
     * @param  list<string>  $patterns
     * @param  iterable<ReflectionParameter>  $parameters
     */
    private static function named(array $patterns, iterable $parameters): ?ReflectionParameter
    {
        foreach ($patterns as $pattern) {
            $found = self::find($parameters, fn ($parameter) => preg_match($pattern, $parameter->name) === 1);
            if ($found !== null) {
                return $found;
            }
        }

        return null;
    }

    /**
     * The first that fits; one with a default only where no other does.
     *
     * @param  iterable<ReflectionParameter>  $parameters
     */
    private static function find(iterable $parameters, callable $fits): ?ReflectionParameter
    {
        $fallback = null;
        foreach ($parameters as $parameter) {
            if ($fits($parameter)) {
                if (! $parameter->isOptional()) {
                    return $parameter;
                }
                $fallback ??= $parameter;
            }
        }

        return $fallback;
    }

    private static function takesText(ReflectionParameter $parameter): bool
    {
        return array_intersect(self::types($parameter), ['string', 'mixed']) !== [];
    }

    /** @return list<string> */
    private static function types(ReflectionParameter $parameter): array
    {
        $type = $parameter->getType();
        $types = $type instanceof ReflectionUnionType ? $type->getTypes() : [$type];

        return array_map(fn ($type) => match (true) {
            $type === null => 'mixed',
            $type instanceof ReflectionNamedType => $type->getName(),
            default => 'intersection',
        }, $types);
    }
}
