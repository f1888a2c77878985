<?php

return [
    'default' => 'stderr',
];
