<?php

declare(strict_types=1);

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\SerializesModels;
use SergiX44\Nutgram\Nutgram;
use SergiX44\Nutgram\RunningMode\Webhook;

/**
 * TGOOK_JOB_FORMAT=json: hands the update to the handlers of routes/telegram.php.
 * nutgram/laravel has one bot, that of config/nutgram.php; with several, choose the instance here by $this->botId.
 */
final class ProcessTelegramUpdateJob implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue, Queueable, SerializesModels;

    public function __construct(
        public readonly string $botId,
        public readonly string $update,
    ) {}

    public function handle(Nutgram $bot): void
    {
        // Its mode in the console is polling; this one reads the update as the body of a webhook request.
        $bot->setRunningMode(new class($this->update) extends Webhook
        {
            public function __construct(private readonly string $update)
            {
                parent::__construct();
            }

            protected function input(): string
            {
                return $this->update;
            }
        });

        try {
            $bot->run();
        } finally {
            // The instance outlives the job, and what handlers keep in it with set() must not.
            $bot->clear();
        }
    }
}
