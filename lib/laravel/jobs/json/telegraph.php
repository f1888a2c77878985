<?php

declare(strict_types=1);

namespace App\Jobs;

use DefStudio\Telegraph\Controllers\WebhookController;
use DefStudio\Telegraph\Models\TelegraphBot;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Http\Request;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;
use RuntimeException;
use Symfony\Component\HttpKernel\Exception\NotFoundHttpException;

/**
 * TGOOK_JOB_FORMAT=json: hands the update to the webhook handler of config/telegraph.php.
 * $botId, the end of the webhook URL, is the bot's id in the table telegraph_bots.
 */
final class ProcessTelegramUpdateJob implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;

    public function __construct(
        public readonly string $botId,
        public readonly string $update,
    ) {}

    public function handle(WebhookController $webhook): void
    {
        $bot = TelegraphBot::query()->find($this->botId)
            ?? throw new RuntimeException("The table telegraph_bots has no bot with the id {$this->botId}.");
        $server = ['CONTENT_TYPE' => 'application/json'];

        try {
            $webhook->handle(Request::create('/', 'POST', server: $server, content: $this->update), $bot->token);
        } catch (NotFoundHttpException) {
            // Telegraph's answer to a chat that it does not know; another try would end alike.
        }
    }
}
