<?php

declare(strict_types=1);

namespace App\Jobs;

use HybridGram\Core\Config\BotConfig;
use HybridGram\Core\UpdateMode\WebhookAsyncUpdateMode;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;
use Phptg\BotApi\Type\Update\Update;
use RuntimeException;

/**
 * TGOOK_JOB_FORMAT=object: hands the update to the bot's routes.
 * $botId, the end of the webhook URL, is the bot_id of one of the bots in config/hybridgram.php.
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
        $bot = BotConfig::getBotConfig($this->botId)
            ?? throw new RuntimeException("config/hybridgram.php has no bot with the bot_id {$this->botId}.");

        (new WebhookAsyncUpdateMode($bot))->run($this->update);
    }
}
