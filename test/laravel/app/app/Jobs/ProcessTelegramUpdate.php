<?php

declare(strict_types=1);

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;

/** TGOOK_JOB_FORMAT=legacy: the job of the first public release. */
class ProcessTelegramUpdate implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;
    use WritesReceived;

    public function __construct(
        public string $bot_id,
        public string $update,
        public int $timestamp,
    ) {}

    public function handle(): void
    {
        $this->writeReceived($this->bot_id, ['timestamp' => $this->timestamp]);
    }
}
