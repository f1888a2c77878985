<?php

use App\Handled;
use Composer\InstalledVersions;
use DefStudio\Telegraph\Handlers\WebhookHandler;
use DefStudio\Telegraph\Models\TelegraphBot;
use Illuminate\Support\Stringable;

config([
    'database.default' => 'sqlite',
    'database.connections.sqlite' => ['driver' => 'sqlite', 'database' => ':memory:'],
]);
foreach (['bots', 'chats'] as $table) {
    $package = InstalledVersions::getInstallPath('defstudio/telegraph');
    (require "$package/database/migrations/create_telegraph_{$table}_table.php")->up();
}
foreach (['main', 'second'] as $name) {
    TelegraphBot::query()->create(['token' => "token of $name", 'name' => $name])
        ->chats()->create(['chat_id' => '1001', 'name' => 'known']);
}

config(['telegraph.webhook.handler' => get_class(new class extends WebhookHandler
{
    public function start(string $word): void
    {
        Handled::write('command', $this->bot->name, $word);
    }

    protected function handleChatMessage(Stringable $text): void
    {
        Handled::write('text', $this->bot->name, (string) $text);
    }
})]);
