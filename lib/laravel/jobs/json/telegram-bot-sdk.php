<?php

declare(strict_types=1);

namespace App\Jobs;

use GuzzleHttp\Psr7\Request;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;
use Telegram\Bot\BotsManager;

/**
 * TGOOK_JOB_FORMAT=json: hands the update to the bot's commands and event listeners.
 * $botId, the end of the webhook URL, is the bot's name in config/telegram.php.
 */
final class ProcessTelegramUpdateJob implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;

    public function __construct(
        public readonly string $botId,
        public readonly string $update,
    ) {}

    public function handle(BotsManager $telegram): void
    {
        $request = new Request('POST', '/', body: $this->update);
        $update = $telegram->bot($this->botId)->commandsHandler(true, $request);

        // Updates without a command are yours: $update->message?->text
    }
}
