<?php

use App\Handled;
use Telegram\Bot\BotsManager;
use Telegram\Bot\Commands\Command;
use Telegram\Bot\Events\UpdateEvent;

$start = new class extends Command
{
    protected string $name = 'start';

    protected string $pattern = '{word}';

    public function handle(): void
    {
        Handled::write('command', $this->telegram->getAccessToken(), $this->argument('word'));
    }
};

config([
    'telegram.bots' => ['main' => ['token' => 'token of main'], 'second' => ['token' => 'token of second']],
    'telegram.commands' => [$start::class],
]);

$app->afterResolving(BotsManager::class, function (BotsManager $telegram): void {
    foreach (['main', 'second'] as $name) {
        $telegram->bot($name)->on('message.text', function (UpdateEvent $event): void {
            ['message' => $message] = $event->update->all();
            if (! isset($message['entities'])) {
                Handled::write('text', $event->telegram->getAccessToken(), $message['text']);
            }
        });
    }
});
