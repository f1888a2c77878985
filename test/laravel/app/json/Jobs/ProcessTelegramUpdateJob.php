<?php

declare(strict_types=1);

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;

/** TGOOK_JOB_FORMAT=json: the job parses the update itself. */
final class ProcessTelegramUpdateJob implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;
    use WritesReceived;

    public function __construct(
        public readonly string $botId,
        public readonly string $update,
    ) {}

    public function handle(): void
    {
        $this->writeReceived($this->botId);
    }
}
