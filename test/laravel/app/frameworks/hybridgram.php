<?php

use HybridGram\Core\UpdateMode\UpdateModeEnum;

config(['hybridgram.bots' => array_map(fn (string $name) => [
    'bot_id' => $name,
    'bot_name' => $name,
    'token' => "token of $name",
    'update_mode' => UpdateModeEnum::WEBHOOK_ASYNC->value,
    'routes_file' => __DIR__.'/hybridgram-routes.php',
], ['main', 'second'])]);
