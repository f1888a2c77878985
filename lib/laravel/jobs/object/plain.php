<?php

declare(strict_types=1);

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;
use Phptg\BotApi\Type\Update\Update;

/**
 * TGOOK_JOB_FORMAT=object: an update of phptg/bot-api, and the end of the webhook URL that it came to, as $botId.
 * Your code goes into handle(); the names and types of the properties are what tgook writes.
 */
final class ProcessTelegramUpdateJob implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;

    public function __construct(
        public readonly string $botId,
        public readonly Update $update,
    ) {}

    public function handle(): void
    {
        // $this->update->message?->text
    }
}
