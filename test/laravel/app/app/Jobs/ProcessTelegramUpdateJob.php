<?php

declare(strict_types=1);

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;
use Phptg\BotApi\Type\Update\Update;

/** TGOOK_JOB_FORMAT=object: the job's shape is the one that HybridGram publishes into an app. */
final class ProcessTelegramUpdateJob implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;
    use WritesReceived;

    public function __construct(
        public readonly string $botId,
        public readonly Update $update,
    ) {}

    public function handle(): void
    {
        $this->writeReceived($this->botId);
    }
}
