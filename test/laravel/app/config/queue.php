<?php

return [
    'default' => 'redis',
    'failed' => ['driver' => 'null'],
];
