<?php

// What a queue worker uses of the packages that composer.json replaces.

namespace Symfony\Component\Clock {
    // Carbon's FactoryImmutable implements it.
    interface ClockInterface extends \Psr\Clock\ClockInterface
    {
        public function sleep(float|int $seconds): void;

        public function withTimeZone(\DateTimeZone|string $timezone): static;
    }
}

namespace {
    // PHP 8.5 has them; symfony/polyfill-php85 gives them to older ones.
    if (! function_exists('array_first')) {
        function array_first(array $array): mixed
        {
            return $array === [] ? null : $array[array_key_first($array)];
        }
    }

    if (! function_exists('array_last')) {
        function array_last(array $array): mixed
        {
            return $array === [] ? null : $array[array_key_last($array)];
        }
    }
}
