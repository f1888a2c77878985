<?php

/**
 * Reads by PHP's own reflection what tgook must know of a Laravel app, and boots none of the app's providers.
 *
 *     php inspect.php FOLDER JOB-CLASS CONNECTION WANT
 *
 * CONNECTION is a name in config/queue.php, or empty; WANT is any of config,job,schema with commas between.
 * One JSON document goes to file descriptor 3, whole or not at all; stdout and stderr are the app's. What it
 * holds is told where each part is made (inspect/). A problem is {"error": {"code", "message"}}, exit code 1.
 *
 * This file alone must be readable for every PHP 7, so that an old one can be told.
 */

if (PHP_VERSION_ID < 80200) {
    file_put_contents('php://fd/3', json_encode(array('error' => array(
        'code' => 'php-version',
        'message' => 'PHP '.PHP_VERSION.' ('.PHP_BINARY.') is too old: tgook reads apps with PHP 8.2 or newer',
    ))));
    exit(1);
}

require __DIR__.'/inspect/main.php';
