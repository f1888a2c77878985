<?php

// Each file here holds only what differs from Laravel's own defaults, which it merges in.
return [
    'timezone' => env('APP_TIMEZONE', 'UTC'),
];
