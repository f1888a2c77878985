<?php

return [
    'defaults' => [
        'supervisor-1' => [
            'connection' => 'redis',
            'queue' => [env('TELEGRAM_UPDATES_QUEUE_NAME', 'telegram_updates')],
            'balance' => false,
            'maxProcesses' => 1,
            'tries' => 1,
        ],
    ],
    'environments' => ['*' => ['supervisor-1' => []]],
];
