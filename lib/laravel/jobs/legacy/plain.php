<?php

declare(strict_types=1);

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;

/**
 * TGOOK_JOB_FORMAT=legacy: the update as Telegram sent it, and the time of its arrival in Unix seconds.
 * Your code goes into handle(); the names and types of the properties are what tgook writes.
 */
final class ProcessTelegramUpdate implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;

    public function __construct(
        public readonly string $bot_id,
        public readonly string $update,
        public readonly int $timestamp,
    ) {}

    public function handle(): void
    {
        $update = json_decode($this->update, true, flags: JSON_THROW_ON_ERROR);

        // $update['message']['text'] ?? null
    }
}
